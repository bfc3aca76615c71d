/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of reasons for which a packet is dropped. One list gives the enum, the counters, what
 * the CLI shows and the reference page. X(symbol, name in the CLI, sentence, source).
 */
#ifndef NET_DROP_H
#define NET_DROP_H

/* clang-format off */
#define DROP_LIST(X)                                                                               \
	/* receive and parse */                                                                    \
	X(RUNT, "runt", "shorter than an Ethernet or IP header", "RFC 894, RFC 791")               \
	X(MULTISEG, "multi-segment", "larger than one buffer of the pool", "")                     \
	X(NOT_FOR_US, "not-for-us", "unicast Ethernet destination that is not the port's", "")     \
	X(ETHERTYPE, "ethertype", "neither IPv4, IPv6 nor ARP", "")                                \
	X(IP_VERSION, "ip-version", "version field disagrees with the EtherType", "RFC 791, 8200") \
	X(IP_HEADER, "ip-header", "header length or total length wrong", "RFC 791, RFC 8200")      \
	X(IP_CHECKSUM, "ip-checksum", "IPv4 header checksum wrong", "RFC 1812, 5.2.2")             \
	X(IP_SOURCE, "ip-source", "source is a group, loopback or no host", "RFC 1812, 5.3.7")     \
	X(IP_DESTINATION, "ip-destination", "destination is loopback or not routable", "RFC 1812") \
	X(IF_DOWN, "interface-down", "received on an interface that is down", "")                  \
	X(IF_MONITOR, "monitor", "interface is in monitor mode", "ifconfig(8)")                    \
	/* route */                                                                                \
	X(NO_ROUTE, "no-route", "no route to the destination", "RFC 1812, 5.2.7.1")                \
	X(BLACKHOLE, "blackhole", "the route is a blackhole", "route(8)")                          \
	X(REJECT, "reject", "the route rejects", "route(8)")                                       \
	X(TTL, "ttl-exceeded", "TTL or hop limit used up", "RFC 1812, 5.3.1")                      \
	X(TOO_BIG, "too-big", "larger than the MTU and not to be fragmented", "RFC 1191, 8201")    \
	X(MULTICAST, "multicast", "multicast or broadcast is not forwarded", "")                   \
	X(OUT_IF_DOWN, "out-interface-down", "the outgoing interface is not up and running", "")   \
	/* ESP in */                                                                               \
	X(ESP_SHORT, "esp-short", "too short for ESP, or not a multiple of the block", "RFC 4303") \
	X(NO_SA, "no-sa-in", "no SA for this SPI and destination", "RFC 4301, 5.2")                \
	X(SA_NO_IF, "sa-no-interface", "no interface claims the SA (reqid, ends, mode)", "")       \
	X(SA_SOURCE, "sa-source", "outer source is not the tunnel's remote end", "RFC 4301, 5.2")  \
	X(SA_NATT, "sa-encapsulation", "ESP in UDP without NAT-T SA, or the reverse", "RFC 3948")  \
	X(SA_DEAD, "sa-dead", "hard lifetime passed", "RFC 4301, 4.4.2.1")                         \
	X(AUTH, "auth-failed", "integrity check failed", "RFC 4303, 3.4.4")                        \
	X(REPLAY, "replay", "sequence number seen before or left of the window", "RFC 4303, 3.4.3")\
	X(PADDING, "esp-padding", "padding or next header wrong after decryption", "RFC 4303")     \
	X(INNER_HEADER, "inner-header", "decrypted packet is not a valid IP packet", "RFC 4301")   \
	X(INNER_ECN, "inner-ecn", "congestion marked outside, not ECN-capable inside", "RFC 6040") \
	X(DUMMY, "dummy", "traffic flow confidentiality dummy packet", "RFC 4303, 2.6")            \
	X(OUTER_FRAGMENT, "outer-fragment", "ESP arrived as a fragment", "RFC 4303, 3.4.1")        \
	/* ESP out */                                                                              \
	X(NO_SA_OUT, "no-sa-out", "no outbound SA for the interface", "RFC 4301, 5.1")             \
	X(SEQ_EXHAUSTED, "seq-exhausted", "sequence numbers of the SA used up", "RFC 4303, 3.3.3") \
	X(TUNNEL_NO_ROUTE, "tunnel-no-route", "no route to the tunnel's remote end", "")           \
	X(TUNNEL_LOOP, "tunnel-loop", "encapsulated twice by the same interface", "if_ipsec(4)")   \
	X(HEADROOM, "headroom", "no room in the buffer for the headers", "")                       \
	X(CRYPTO, "crypto-error", "the crypto device reported an error", "")                       \
	X(CRYPTO_FULL, "crypto-full", "queue or op pool of the crypto device, or jobs for other workers, are full", "")         \
	/* transmit, rings, control */                                                             \
	X(TX_FULL, "tx-full", "transmit queue is full", "")                                        \
	X(RING_FULL, "ring-full", "ring to another worker is full", "")                            \
	X(PUNT_FULL, "punt-full", "ring to the control core is full", "")                          \
	X(VEC_FULL, "vector-full", "a vector of the frame is full", "")                            \
	X(NO_MBUF, "no-mbuf", "the buffer pool is empty", "")                                      \
	X(NEIGH_PENDING, "neighbour-queue-full", "too many packets wait for this neighbour", "")   \
	X(NEIGH_FAILED, "neighbour-failed", "the neighbour did not answer", "RFC 826, RFC 4861")   \
	X(LOCAL_PROTO, "local-protocol", "for us, and no service takes it", "RFC 1812, 5.2.7.1")   \
	X(ARP_INVALID, "arp-invalid", "malformed ARP", "RFC 826")                                  \
	X(ND_INVALID, "nd-invalid", "malformed neighbour discovery", "RFC 4861, 7.1")              \
	X(ICMP_INVALID, "icmp-invalid", "malformed ICMP or ICMPv6", "RFC 792, RFC 4443")           \
	X(STOPPING, "stopping", "in flight when the program stopped", "")
/* clang-format on */

enum drop_reason {
	DROP_NONE, /* not dropped */
#define X(symbol, name, sentence, source) DROP_##symbol,
	DROP_LIST(X)
#undef X
			DROP_REASONS
};

/** Name as the CLI shows it ("no-sa-in"), sentence and source; "" beyond the list. */
const char *drop_name(enum drop_reason reason);
const char *drop_sentence(enum drop_reason reason);
const char *drop_source(enum drop_reason reason);

#endif
