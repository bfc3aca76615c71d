/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP addresses and prefixes of both families as values, their text forms, and comparisons.
 * Bytes are in network order throughout. No name look-ups here.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <rte_byteorder.h>
#include <rte_ether.h>

#define IP_STR_MAX INET6_ADDRSTRLEN
#define PREFIX_STR_MAX (INET6_ADDRSTRLEN + 4)
#define MAC_STR_MAX 18

/** An address of either family, network byte order. Unused bytes are zero, so memcmp() compares. */
struct ip_addr {
	uint8_t af; /* AF_INET, AF_INET6, or 0: no address */
	uint8_t pad[3];
	union {
		rte_be32_t v4;
		uint8_t v6[16];
	};
};
static_assert(sizeof(struct ip_addr) == 20, "hash keys are made of it");

struct ip_prefix {
	struct ip_addr addr;
	uint8_t len; /* bits, 0 to 32 or 128 */
};

/**
 * Parse what inet_pton(3) takes: dotted quad or IPv6. Nothing else (no names, no octal).
 * @return 0, or -EINVAL with @p ret_addr untouched.
 */
int ip_parse(const char *text, struct ip_addr *ret_addr);
/**
 * Parse ADDR/LEN or ADDR (a host: 32 or 128). Bits beyond LEN are kept.
 * @return 0, -EINVAL (address), -ERANGE (length).
 */
int ip_prefix_parse(const char *text, struct ip_prefix *ret_prefix);
/** 0 or -EINVAL; aa:bb:cc:dd:ee:ff only. */
int mac_parse(const char *text, struct rte_ether_addr *ret_mac);

/**
 * Into @p buf of at least IP_STR_MAX, PREFIX_STR_MAX, MAC_STR_MAX bytes; returns @p buf. "none"
 * where af is 0.
 */
char *ip_format(const struct ip_addr *addr, char *buf);
char *ip_prefix_format(const struct ip_prefix *prefix, char *buf);
char *mac_format(const struct rte_ether_addr *mac, char *buf);

/* Text that lives until the end of the enclosing block, so that two fit in one call. */
#define ip_str(addr) ip_format((addr), (char[IP_STR_MAX]){ 0 })
#define prefix_str(prefix) ip_prefix_format((prefix), (char[PREFIX_STR_MAX]){ 0 })
#define mac_str(mac) mac_format((mac), (char[MAC_STR_MAX]){ 0 })

static inline bool
ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool
ip_is_set(const struct ip_addr *a)
{
	return a->af != 0;
}

static inline unsigned int
ip_bits(const struct ip_addr *a)
{
	return a->af == AF_INET ? 32 : 128;
}

static inline struct ip_addr
ip_from_v4(rte_be32_t v4)
{
	struct ip_addr a = { .af = AF_INET };

	a.v4 = v4;
	return a;
}

static inline struct ip_addr
ip_from_v6(const uint8_t v6[16])
{
	struct ip_addr a = { .af = AF_INET6 };

	memcpy(a.v6, v6, 16);
	return a;
}

/** 0.0.0.0 or :: */
bool ip_is_any(const struct ip_addr *a);
bool ip_is_multicast(const struct ip_addr *a);
/** fe80::/10 or 169.254.0.0/16 */
bool ip_is_link_local(const struct ip_addr *a);
/** 127.0.0.0/8 or ::1 */
bool ip_is_loopback(const struct ip_addr *a);
/** 255.255.255.255, or IPv4 broadcast of @p on when that is not NULL. */
bool ip_is_broadcast(const struct ip_addr *a, const struct ip_prefix *on);
/** Clear the bits beyond the length. */
void ip_prefix_mask(struct ip_prefix *prefix);
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr);
bool ip_prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b);
/** A contiguous netmask as a length, or -EINVAL (255.0.255.0). */
int ip_mask_len(const struct ip_addr *mask);

#endif
