/* SPDX-License-Identifier: BSD-3-Clause */
/* The traffic source as the control core sees it: callbacks put in place, frames shaped, lanes started and stopped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>

#include "net/pkt.h"
#include "source_priv.h"

/* fd00:0:0:1::9 and fd0a::, whose last four bytes are set per packet */
#define IP6_SOURCE "\xfd\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x09"
#define IP6_DESTINATION "\xfd\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0"
#define STRIDE_EXTRA 160 /* what encapsulation adds at most */
#define PREPARED_BYTES (512u << 10)
#define PREPARED_MIN 256u
#define PREPARED_MAX 65536u
#define PREPARED_PER_TUNNEL 4

static const unsigned int imix_bytes[SOURCE_SHAPES] = { 64, 594, 1400 };
static const uint8_t imix_pattern[SOURCE_PATTERN] = { 0, 1, 0, 0, 1, 0, 2, 0, 1, 0, 0, 1 };

static int
stamps_register(struct bench_source *s, struct err *err)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "ipsecif_bench_stamp", .size = sizeof(uint64_t), .align = sizeof(uint64_t)
	};
	static const struct rte_mbuf_dynflag flag = { .name = "ipsecif_bench_stamped" };
	int bit;

	s->stamp_offset = rte_mbuf_dynfield_register(&field);
	bit = rte_mbuf_dynflag_register(&flag);
	if (s->stamp_offset < 0 || bit < 0)
		return err_set(err, ENOMEM, "time stamps: no room in the packet buffers");
	s->stamp_flag = UINT64_C(1) << bit;
	return 0;
}

static int
queue_create(struct bench_source *s, uint16_t q, struct err *err)
{
	struct source_queue *queue = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*queue));

	if (queue == NULL)
		return err_set(err, ENOMEM, "source: out of memory");
	memset(queue, 0, sizeof(*queue));
	s->queue[q] = queue;
	queue->source = s;
	queue->hist = calloc(1, sizeof(*queue->hist));
	if (queue->hist == NULL)
		return err_set(err, ENOMEM, "source: out of memory");
	if (q < s->nb_rxq[0])
		queue->cb[0] = rte_eth_add_rx_callback(s->port[0], q, source_inside_rx, queue);
	if (q < s->nb_rxq[1])
		queue->cb[1] = rte_eth_add_rx_callback(s->port[1], q, source_outside_rx, queue);
	if (q < s->nb_txq[0])
		queue->cb[2] = rte_eth_add_tx_callback(s->port[0], q, source_sink_tx, queue);
	if (q < s->nb_txq[1])
		queue->cb[3] = rte_eth_add_tx_callback(s->port[1], q, source_sink_tx, queue);
	return 0;
}

int
source_create(struct bench_source *s, const struct bench_args *args, struct rte_mempool *pool,
		const uint16_t port[2], struct err *err)
{
	struct rte_eth_dev_info info;
	uint16_t q, nb = 0;
	unsigned int p;
	int rc;

	*s = (struct bench_source){ .args = args, .pool = pool };
	rc = stamps_register(s, err);
	for (p = 0; p < 2 && rc == 0; p++) {
		s->port[p] = port[p];
		rc = rte_eth_dev_info_get(port[p], &info);
		if (rc != 0)
			return err_set(err, -rc, "port %u: says nothing about itself", port[p]);
		s->nb_rxq[p] = info.nb_rx_queues;
		s->nb_txq[p] = info.nb_tx_queues;
		nb = RTE_MAX(nb, info.nb_rx_queues);
		nb = RTE_MAX(nb, info.nb_tx_queues);
	}
	if (nb > WORKER_MAX)
		return err_set(err, ENOSPC, "source: %u queues are too many (%u)", nb, WORKER_MAX);
	for (q = 0; q < nb && rc == 0; q++)
		rc = queue_create(s, q, err);
	return rc;
}

static void
prepared_free(struct source_prepared *p)
{
	if (p->frame != NULL)
		munmap(p->frame, (size_t)p->room * p->stride);
	free(p->len);
	free(p->list);
	*p = (struct source_prepared){ 0 };
}

/* The workers have stopped, so nobody is in a callback. */
void
source_destroy(struct bench_source *s)
{
	unsigned int q;

	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++) {
		struct source_queue *queue = s->queue[q];

		if (queue->cb[0] != NULL)
			rte_eth_remove_rx_callback(s->port[0], (uint16_t)q, queue->cb[0]);
		if (queue->cb[1] != NULL)
			rte_eth_remove_rx_callback(s->port[1], (uint16_t)q, queue->cb[1]);
		if (queue->cb[2] != NULL)
			rte_eth_remove_tx_callback(s->port[0], (uint16_t)q, queue->cb[2]);
		if (queue->cb[3] != NULL)
			rte_eth_remove_tx_callback(s->port[1], (uint16_t)q, queue->cb[3]);
		free(queue->hist);
		free(queue);
		s->queue[q] = NULL;
	}
	prepared_free(&s->prepared);
}

static void
udp_fill(struct rte_udp_hdr *udp, unsigned int len)
{
	*udp = (struct rte_udp_hdr){ .src_port = RTE_BE16(1024),
		.dst_port = RTE_BE16(9),
		.dgram_len = rte_cpu_to_be_16((uint16_t)len) };
}

static void
shape_fill(struct source_shape *shape, unsigned int len, bool ip6)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)shape->head;
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_ipv6_hdr *h6 = (struct rte_ipv6_hdr *)(eth + 1);

	*shape = (struct source_shape){ .len = (uint16_t)len };
	len -= (unsigned int)sizeof(*eth);
	*eth = (struct rte_ether_hdr){ .dst_addr = { { 2, 0, 0, 0, 0, 1 } },
		.src_addr = { { 2, 0, 0, 0, 0, 9 } },
		.ether_type = ip6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) : RTE_BE16(RTE_ETHER_TYPE_IPV4) };
	if (ip6) {
		*h6 = (struct rte_ipv6_hdr){ .vtc_flow = RTE_BE32(0x60000000),
			.payload_len = rte_cpu_to_be_16((uint16_t)(len - sizeof(*h6))),
			.proto = IPPROTO_UDP,
			.hop_limits = 64 };
		memcpy(&h6->src_addr, IP6_SOURCE, sizeof(h6->src_addr));
		memcpy(&h6->dst_addr, IP6_DESTINATION, sizeof(h6->dst_addr));
		shape->dst_offset = sizeof(*eth) + offsetof(struct rte_ipv6_hdr, dst_addr) + 12;
		if (sizeof(*eth) + sizeof(*h6) + sizeof(struct rte_udp_hdr) <= SOURCE_HEAD)
			udp_fill((struct rte_udp_hdr *)(h6 + 1), len - (unsigned int)sizeof(*h6));
		return;
	}
	*ip4 = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16((uint16_t)len),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = rte_cpu_to_be_32(RTE_IPV4(10, 1, 0, 9)) };
	shape->dst_offset = sizeof(*eth) + offsetof(struct rte_ipv4_hdr, dst_addr);
	shape->sum = rte_raw_cksum(ip4, sizeof(*ip4));
	udp_fill((struct rte_udp_hdr *)(ip4 + 1), len - (unsigned int)sizeof(*ip4));
}

static uint32_t
common_divisor(uint32_t a, uint32_t b)
{
	return b == 0 ? a : common_divisor(b, a % b);
}

void
source_shape(struct bench_source *s, uint32_t flow_base)
{
	const struct bench_args *a = s->args;
	uint32_t step = (uint32_t)(0.618 * a->tunnels) | 1;
	unsigned int i, q;

	for (i = 0; i < SOURCE_SHAPES; i++)
		shape_fill(&s->shape[i],
				a->frame_bytes == BENCH_IMIX ? imix_bytes[i] : a->frame_bytes,
				a->inner == 6);
	for (i = 0; i < SOURCE_PATTERN; i++)
		s->pattern[i] = imix_pattern[i];
	/* Each tunnel in turn, but not the neighbour next: what the caches hold is not helped by order. */
	while (common_divisor(step, a->tunnels) != 1)
		step++;
	s->flow_step = a->tunnels == 1 ? 1 : step;
	s->flow_base = flow_base;
	s->burst = a->burst;
	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++) {
		s->queue[q]->inside.flow = q * 7919u % a->tunnels;
		s->queue[q]->inside.phase = 0;
	}
}

int
source_prepare_begin(struct bench_source *s, struct err *err)
{
	const struct bench_args *a = s->args;
	const unsigned int largest = a->frame_bytes == BENCH_IMIX ? imix_bytes[SOURCE_SHAPES - 1]
								  : a->frame_bytes;
	struct source_prepared *p = &s->prepared;
	uint32_t room;

	prepared_free(p);
	p->stride = RTE_ALIGN_CEIL(largest + STRIDE_EXTRA, RTE_CACHE_LINE_SIZE);
	room = RTE_MAX(PREPARED_BYTES / p->stride, PREPARED_MIN);
	room = RTE_MIN(room, PREPARED_MAX);
	p->room = RTE_MAX(room, a->tunnels * PREPARED_PER_TUNNEL);
	p->len = calloc(p->room, sizeof(*p->len));
	p->list = calloc(p->room, sizeof(*p->list));
	p->frame = mmap(NULL, (size_t)p->room * p->stride, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p->frame == MAP_FAILED)
		p->frame = NULL;
	if (p->len == NULL || p->list == NULL || p->frame == NULL) {
		prepared_free(p);
		return err_set(err, ENOMEM, "source: no memory for packets to come in");
	}
	madvise(p->frame, (size_t)p->room * p->stride, MADV_HUGEPAGE);
	s->preparing = true;
	return 0;
}

/* As RSS over the outer addresses would: the sender's differs from tunnel to tunnel. */
static unsigned int
queue_of(const uint8_t *frame, unsigned int nb)
{
	const struct rte_ether_hdr *eth = (const struct rte_ether_hdr *)frame;
	const struct rte_ipv4_hdr *ip4 = (const struct rte_ipv4_hdr *)(eth + 1);
	const struct rte_ipv6_hdr *ip6 = (const struct rte_ipv6_hdr *)(eth + 1);
	uint32_t source = ip4->src_addr;

	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		memcpy(&source, ip6_src(ip6) + 12, sizeof(source));
	return (unsigned int)((uint64_t)(rte_be_to_cpu_32(source) * 2654435761u) * nb >> 32);
}

int
source_prepare_end(struct bench_source *s, struct err *err)
{
	struct source_prepared *p = &s->prepared;
	uint32_t i, n = 0;
	unsigned int q;

	s->preparing = false;
	if (p->nb < p->room)
		return err_set(err, EIO,
				"source: of %u packets to come in %u were made (show drops says "
				"why)",
				p->room, p->nb);
	for (q = 0; q < s->nb_rxq[1]; q++) {
		struct source_lane *lane = &s->queue[q]->outside;
		const uint32_t first = n;

		for (i = 0; i < p->nb; i++)
			if (queue_of(p->frame + (size_t)i * p->stride, s->nb_rxq[1]) == q)
				p->list[n++] = i;
		lane->list = &p->list[first];
		lane->nb_list = n - first;
	}
	return 0;
}

static void
lane_start(struct source_lane *lane, uint64_t packets, double pps)
{
	lane->spent = lane->done = false;
	lane->next = 0;
	lane->from = 0;
	lane->due = 0;
	lane->left = packets;
	lane->given = lane->missed = lane->no_buffer = 0;
	lane->step = pps == 0 ? 0 : (uint64_t)((double)rte_get_tsc_hz() * 65536 / pps);
	__atomic_store_n(&lane->on, true, __ATOMIC_RELEASE);
}

void
source_start(struct bench_source *s, bool inside, bool outside, uint64_t packets, double pps)
{
	/* What is prepared is made by one worker, in order. */
	const unsigned int nb_inside = !inside ? 0 : s->preparing ? 1 : s->nb_rxq[0];
	unsigned int q, lanes = nb_inside;
	uint64_t share, rest;

	for (q = 0; outside && q < s->nb_rxq[1]; q++)
		lanes += s->queue[q]->outside.nb_list != 0;
	if (lanes == 0)
		return;
	share = packets == UINT64_MAX ? packets : packets / lanes;
	rest = packets == UINT64_MAX ? 0 : packets % lanes;
	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++) {
		s->queue[q]->active = s->queue[q]->active_from = 0;
		s->queue[q]->outside.spent = s->queue[q]->outside.done = false;
		if (outside && q < s->nb_rxq[1] && s->queue[q]->outside.nb_list != 0) {
			lane_start(&s->queue[q]->outside, share + rest, pps / lanes);
			rest = 0;
		}
		if (q < nb_inside) {
			lane_start(&s->queue[q]->inside, share + rest, pps / lanes);
			rest = 0;
		}
	}
}

void
source_stop(struct bench_source *s)
{
	unsigned int q;

	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++) {
		__atomic_store_n(&s->queue[q]->inside.on, false, __ATOMIC_RELEASE);
		__atomic_store_n(&s->queue[q]->outside.on, false, __ATOMIC_RELEASE);
	}
}

bool
source_has_rounds(const struct bench_source *s)
{
	return s->prepared.nb != 0 && (s->args->replay_window != 0 || s->args->esn);
}

bool
source_is_spent(const struct bench_source *s)
{
	unsigned int q, lanes = 0;

	for (q = 0; q < s->nb_rxq[1]; q++) {
		const struct source_lane *lane = &s->queue[q]->outside;

		if (!lane->on)
			continue;
		lanes++;
		if (!__atomic_load_n(&lane->spent, __ATOMIC_ACQUIRE))
			return false;
	}
	return lanes != 0;
}

void
source_rewind(struct bench_source *s)
{
	unsigned int q;

	for (q = 0; q < s->nb_rxq[1]; q++) {
		struct source_lane *in = &s->queue[q]->inside, *out = &s->queue[q]->outside;

		if (!out->on || out->done)
			continue;
		out->next = 0;
		out->from = out->due = 0;
		in->from = in->due = 0;
		__atomic_store_n(&out->spent, false, __ATOMIC_RELEASE);
	}
}

bool
source_is_done(const struct bench_source *s)
{
	unsigned int q;

	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++) {
		const struct source_lane *in = &s->queue[q]->inside, *out = &s->queue[q]->outside;

		if ((in->on && !__atomic_load_n(&in->done, __ATOMIC_ACQUIRE)) ||
				(out->on && !__atomic_load_n(&out->done, __ATOMIC_ACQUIRE)))
			return false;
	}
	return true;
}

uint64_t
source_missed(const struct bench_source *s)
{
	uint64_t n = 0;
	unsigned int q;

	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++)
		n += s->queue[q]->inside.missed + s->queue[q]->inside.no_buffer +
				s->queue[q]->outside.missed + s->queue[q]->outside.no_buffer;
	return n;
}

uint64_t
source_active(const struct bench_source *s)
{
	const uint64_t now = rte_rdtsc();
	uint64_t sum = 0;
	unsigned int q, lanes = 0;

	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++) {
		const struct source_queue *queue = s->queue[q];
		const uint64_t from = __atomic_load_n(&queue->active_from, __ATOMIC_RELAXED);

		if (!queue->outside.on)
			continue;
		lanes++;
		sum += queue->active + (from == 0 || from > now ? 0 : now - from);
	}
	return lanes == 0 ? now : sum / lanes;
}

void
source_hist_clear(struct bench_source *s)
{
	unsigned int q;

	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++)
		hist_clear(s->queue[q]->hist);
}

void
source_hist(const struct bench_source *s, struct hist *ret)
{
	unsigned int q;

	hist_clear(ret);
	for (q = 0; q < WORKER_MAX && s->queue[q] != NULL; q++)
		hist_merge(ret, s->queue[q]->hist);
}
