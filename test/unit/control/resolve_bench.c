/* SPDX-License-Identifier: BSD-3-Clause */
/* See resolve_bench.h. */
#include "resolve_bench.h"

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "base/rcu.h"

struct bench b;

/* --- the datapath that remembers --- */

bool
dp_inject(struct dataplane *dp, struct rte_mbuf *m)
{
	assert_int_equal(pkt_meta(m)->verdict, DROP_NONE);
	assert_int_equal(pkt_meta(m)->punt, PUNT_NONE);
	if (b.room == 0 || b.nb_packets == SENT_MAX)
		return false;
	b.room--;
	b.packet[b.nb_packets++] = m;
	return true;
}

bool
dp_inject_frame(struct dataplane *dp, uint16_t port_id, struct rte_mbuf *m)
{
	if (b.room == 0 || b.nb_frames == SENT_MAX)
		return false;
	b.room--;
	b.frame_port[b.nb_frames] = port_id;
	b.frame[b.nb_frames++] = m;
	return true;
}

void
dp_control_drop(struct dataplane *dp, enum drop_reason reason)
{
	assert_in_range(reason, DROP_NONE + 1, DROP_REASONS - 1);
	b.drops[reason]++;
}

static void
outer_changed(struct iface *ifp, void *arg)
{
	assert_ptr_equal(arg, &b);
	b.nb_changed++;
}

/* --- set up --- */

int
bench_group_up(void **state)
{
	char *argv[] = { (char[]){ "resolve" }, (char[]){ "--no-huge" }, (char[]){ "-m" },
		(char[]){ "512" }, (char[]){ "--no-pci" }, (char[]){ "--no-shconf" },
		(char[]){ "--no-telemetry" }, (char[]){ "-l" }, (char[]){ "0" },
		(char[]){ "--log-level=4" }, NULL };

	if (rte_eal_init((int)RTE_DIM(argv) - 1, argv) < 0 || rcu_init(1, NULL) != 0)
		return -1;
	b.pool = rte_pktmbuf_pool_create(
			"resolve", 16383, 0, PKT_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	return b.pool == NULL ? -1 : 0;
}

int
bench_group_down(void **state)
{
	rte_mempool_free(b.pool);
	rcu_fini();
	return rte_eal_cleanup();
}

static struct iface *
port_add(const char *name, uint16_t port_id, const char *mac)
{
	const struct port_info info = { .port_id = port_id, .mtu = 1500, .mac = MAC(mac) };
	struct iface *ifp = port_if_create(b.ifaces, name, &info, NULL);

	assert_non_null(ifp);
	assert_int_equal(iface_publish(b.ifaces, ifp, NULL), 0);
	return ifp;
}

int
bench_up(void **state)
{
	struct resolve_args args = { .outer_changed = outer_changed, .arg = &b };
	struct err err = { 0 };

	b.ifaces = iface_table_create(1, NULL);
	b.neighs = neigh_table_create(NULL);
	b.fibs = calloc(1, sizeof(*b.fibs));
	b.rib = rib_create(b.fibs, NULL);
	args.ifaces = b.ifaces;
	args.neighs = b.neighs;
	args.fibs = b.fibs;
	args.rib = b.rib;
	args.pool = b.pool;
	b.r = resolve_create(&args, &err);
	assert_non_null(b.r);
	b.lan = port_add("lan0", 0, "02:00:00:00:00:01");
	b.wan = port_add("wan0", 1, "02:00:00:00:00:02");
	bench_address(b.lan, "10.0.0.1/24");
	bench_address(b.lan, "2001:db8::1/64");
	bench_address(b.lan, "fe80::1/64");
	bench_address(b.wan, "192.168.0.3/24");
	bench_address(b.wan, "2001:db8:1::3/64");
	b.room = SENT_MAX;
	b.nb_changed = 0;
	memset(b.drops, 0, sizeof(b.drops));
	b.free_before = rte_mempool_avail_count(b.pool);
	resolve_tick(b.r, T0);
	return 0;
}

int
bench_down(void **state)
{
	resolve_destroy(b.r);
	bench_forget();
	assert_int_equal(rte_mempool_avail_count(b.pool), b.free_before);
	rib_destroy(b.rib);
	fib_table_fini(b.fibs);
	free(b.fibs);
	neigh_table_destroy(b.neighs);
	iface_table_destroy(b.ifaces);
	rcu_reclaim();
	return 0;
}

void
bench_forget(void)
{
	while (b.nb_packets > 0)
		rte_pktmbuf_free(b.packet[--b.nb_packets]);
	while (b.nb_frames > 0)
		rte_pktmbuf_free(b.frame[--b.nb_frames]);
}

uint64_t
bench_drops(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < DROP_REASONS; i++)
		sum += b.drops[i];
	return sum;
}

struct ip_addr
A(const char *text) {
	struct ip_addr a;

	assert_int_equal(ip_parse(text, &a), 0);
	return a;
}

struct ip_prefix
P(const char *text) {
	struct ip_prefix p;

	assert_int_equal(ip_prefix_parse(text, &p), 0);
	return p;
}

struct rte_ether_addr
MAC(const char *text) {
	struct rte_ether_addr mac;

	assert_int_equal(mac_parse(text, &mac), 0);
	return mac;
}

static void
route_add(const struct iface *ifp, struct ip_prefix prefix, enum rib_source source, uint32_t nh)
{
	const struct rib_spec spec = { .fib = ifp->fib,
		.prefix = prefix,
		.source = source,
		.kind = RIB_INTERFACE,
		.iface = ifp->index,
		.nh = nh };
	struct err err = { 0 };

	if (rib_insert(b.rib, &spec, &err) == NULL)
		fail_msg("%s", err.msg);
}

void
bench_address(struct iface *ifp, const char *prefix)
{
	const struct iface_addr addr = { .prefix = P(prefix) };
	struct ip_prefix host = addr.prefix;

	assert_int_equal(iface_addr_add(b.ifaces, ifp, &addr, NULL), 0);
	host.len = (uint8_t)ip_bits(&host.addr);
	route_add(ifp, host, RIB_LOCAL, nh_make(NH_LOCAL, ifp->index));
	route_add(ifp, addr.prefix, RIB_CONNECTED,
			nh_make(ifp->kind == IFACE_PORT ? NH_ATTACHED : NH_IPSEC, ifp->index));
}

struct rib_route *
bench_static(const char *prefix, enum rib_kind kind, const char *gateway, const struct iface *ifp)
{
	struct rib_spec spec = { .prefix = P(prefix), .source = RIB_STATIC, .kind = kind };
	struct rib_route *route;

	if (kind == RIB_GATEWAY)
		spec.gateway = A(gateway);
	if (kind == RIB_INTERFACE) {
		spec.iface = ifp->index;
		spec.nh = nh_make(ifp->kind == IFACE_PORT ? NH_ATTACHED : NH_IPSEC, ifp->index);
	}
	if (kind == RIB_BLACKHOLE)
		spec.nh = nh_make(NH_BLACKHOLE, 0);
	route = rib_insert(b.rib, &spec, NULL);
	assert_non_null(route);
	resolve_dirty(b.r);
	return route;
}

/* --- packets --- */

static struct rte_mbuf *
packet(const struct iface *in, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(b.pool);

	assert_non_null(m);
	memset(pkt_meta(m), 0, sizeof(struct pkt_meta));
	pkt_meta(m)->iface = in == NULL ? 0 : in->index;
	memset(rte_pktmbuf_append(m, len), 0, len);
	return m;
}

struct rte_mbuf *
udp_packet(const char *src, const char *dst, uint16_t dport, const struct iface *in)
{
	const struct ip_addr s = A(src), d = A(dst);
	const bool ip6 = s.af == AF_INET6;
	const uint16_t l3 = ip6 ? 40 : 20;
	struct rte_mbuf *m = packet(in, (uint16_t)(l3 + 8 + 20));
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, l3);
	struct rte_ipv4_hdr *ip4 = pkt_ip4(m);
	struct rte_ipv6_hdr *ip = pkt_ip6(m);

	udp->src_port = rte_cpu_to_be_16(1000);
	udp->dst_port = rte_cpu_to_be_16(dport);
	udp->dgram_len = rte_cpu_to_be_16(28);
	if (ip6) {
		pkt_meta(m)->flags = PKT_IP6;
		ip->vtc_flow = rte_cpu_to_be_32(6u << 28);
		ip->payload_len = rte_cpu_to_be_16(28);
		ip->proto = IPPROTO_UDP;
		ip->hop_limits = 9;
		memcpy(&ip->src_addr, s.v6, 16);
		memcpy(&ip->dst_addr, d.v6, 16);
		return m;
	}
	ip4->version_ihl = 0x45;
	ip4->total_length = rte_cpu_to_be_16(48);
	ip4->time_to_live = 9;
	ip4->next_proto_id = IPPROTO_UDP;
	ip4->src_addr = s.v4;
	ip4->dst_addr = d.v4;
	ip4->hdr_checksum = rte_ipv4_cksum(ip4);
	return m;
}

void
punt(struct rte_mbuf *m, enum punt_reason why, uint64_t now_ms)
{
	pkt_meta(m)->punt = (uint8_t)why;
	resolve_packet(b.r, m, now_ms);
}

void
punt_neigh(const struct iface *out, const char *dst, uint64_t now_ms)
{
	const bool v6 = strchr(dst, ':') != NULL;
	struct rte_mbuf *m = udp_packet(v6 ? "2001:db8:9::9" : "172.16.9.9", dst, 7, b.wan);

	pkt_meta(m)->nh = nh_make(NH_ATTACHED, out->index);
	punt(m, PUNT_NEIGH, now_ms);
}

void
punt_arp(const struct iface *port, uint16_t op, const char *sender_mac, const char *sender,
		const char *target, uint64_t now_ms)
{
	struct rte_mbuf *m = packet(port, 46); /* with Ethernet's padding */
	struct rte_arp_hdr *arp = rte_pktmbuf_mtod(m, struct rte_arp_hdr *);

	arp->arp_hardware = rte_cpu_to_be_16(1);
	arp->arp_protocol = rte_cpu_to_be_16(0x0800);
	arp->arp_hlen = 6;
	arp->arp_plen = 4;
	arp->arp_opcode = rte_cpu_to_be_16(op);
	arp->arp_data.arp_sha = MAC(sender_mac);
	arp->arp_data.arp_sip = A(sender).v4;
	arp->arp_data.arp_tip = A(target).v4;
	punt(m, PUNT_ARP, now_ms);
}

/* NS (135) or NA (136); the option is there when @p mac is. */
static struct rte_mbuf *
nd_message(const struct iface *port, uint8_t type, uint32_t flags, const char *mac, const char *src,
		const char *dst, const char *target)
{
	const uint16_t len = (uint16_t)(24 + (mac != NULL ? 8 : 0));
	struct rte_mbuf *m = packet(port, (uint16_t)(40 + len));
	struct rte_ipv6_hdr *ip = pkt_ip6(m);
	uint8_t *icmp = (uint8_t *)(ip + 1);
	const struct rte_ether_addr l2 = mac != NULL ? MAC(mac) : (struct rte_ether_addr){ 0 };
	uint16_t sum;

	pkt_meta(m)->flags = PKT_IP6;
	ip->vtc_flow = rte_cpu_to_be_32(6u << 28);
	ip->payload_len = rte_cpu_to_be_16(len);
	ip->proto = IPPROTO_ICMPV6;
	ip->hop_limits = 255;
	memcpy(&ip->src_addr, A(src).v6, 16);
	memcpy(&ip->dst_addr, A(dst).v6, 16);
	icmp[0] = type;
	icmp[4] = (uint8_t)(flags >> 24);
	memcpy(icmp + 8, A(target).v6, 16);
	if (mac != NULL) {
		icmp[24] = type == 135 ? 1 : 2;
		icmp[25] = 1;
		memcpy(icmp + 26, &l2, 6);
	}
	sum = rte_ipv6_udptcp_cksum(ip, icmp);
	memcpy(icmp + 2, &sum, 2);
	return m;
}

void
punt_ns(const struct iface *port, const char *mac, const char *src, const char *target,
		uint64_t now_ms)
{
	struct ip_addr group, t = A(target);

	nd_solicited_node(&t, &group);
	punt(nd_message(port, 135, 0, mac, src, ip_str(&group), target), PUNT_MULTICAST, now_ms);
}

void
punt_na(const struct iface *port, const char *mac, const char *target, bool solicited,
		bool override, uint64_t now_ms)
{
	const uint32_t flags = (solicited ? 1u << 30 : 0) | (override ? 1u << 29 : 0);

	punt(nd_message(port, 136, flags, mac, target, solicited ? "2001:db8::1" : "ff02::1",
			     target),
			solicited ? PUNT_LOCAL : PUNT_MULTICAST, now_ms);
}

/* --- what was sent --- */

static const void *
frame_payload(unsigned int i, uint16_t type, const char *dst_mac)
{
	const struct rte_ether_hdr *eth;
	const struct rte_ether_addr want = MAC(dst_mac);
	const struct iface *port;

	assert_true(i < b.nb_frames);
	eth = rte_pktmbuf_mtod(b.frame[i], const struct rte_ether_hdr *);
	port = port_if_find(b.ifaces, b.frame_port[i]);
	assert_int_equal(rte_be_to_cpu_16(eth->ether_type), type);
	assert_memory_equal(&eth->dst_addr, &want, 6);
	assert_memory_equal(&eth->src_addr, &port->mac, 6);
	return eth + 1;
}

const struct rte_arp_hdr *
arp_frame(unsigned int i, const char *dst_mac)
{
	const struct rte_arp_hdr *arp = frame_payload(i, 0x0806, dst_mac);

	assert_int_equal(rte_be_to_cpu_16(arp->arp_hardware), 1);
	assert_int_equal(rte_be_to_cpu_16(arp->arp_protocol), 0x0800);
	return arp;
}

const struct rte_ipv6_hdr *
nd_frame(unsigned int i, uint8_t type, const char *dst_mac)
{
	const struct rte_ipv6_hdr *ip = frame_payload(i, 0x86dd, dst_mac);

	assert_int_equal(ip->hop_limits, 255);
	assert_int_equal(ip->proto, IPPROTO_ICMPV6);
	assert_int_equal(rte_ipv6_udptcp_cksum_verify(ip, ip + 1), 0);
	assert_int_equal(*(const uint8_t *)(ip + 1), type);
	return ip;
}

const struct rte_ipv4_hdr *
icmp_packet(unsigned int i, uint8_t type, uint8_t code)
{
	const struct rte_ipv4_hdr *ip;
	const uint8_t *icmp;

	assert_true(i < b.nb_packets);
	ip = pkt_ip4(b.packet[i]);
	icmp = (const uint8_t *)(ip + 1);
	assert_int_equal(ip->next_proto_id, IPPROTO_ICMP);
	assert_int_equal(icmp[0], type);
	assert_int_equal(icmp[1], code);
	assert_true(pkt_meta(b.packet[i])->flags & PKT_ORIGINATED);
	return ip;
}

uint32_t
lookup(const char *addr)
{
	const struct ip_addr a = A(addr);
	struct fib *fib = fib_get(b.fibs, 0, NULL);

	return fib_lookup(fib, &a);
}
