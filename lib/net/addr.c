/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text forms of addresses and prefixes, and what can be said of an address alone. Called by the
 * control core and by readers of commands and files; workers only use the inline comparisons of the
 * header.
 */
#include "net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

int
ip_parse(const char *text, struct ip_addr *ret_addr)
{
	struct ip_addr a = { 0 };

	if (inet_pton(AF_INET, text, &a.v4) == 1)
		a.af = AF_INET;
	else if (inet_pton(AF_INET6, text, a.v6) == 1)
		a.af = AF_INET6;
	else
		return -EINVAL;
	*ret_addr = a;
	return 0;
}

/* One to three decimal digits, nothing else: strtoul() would take blanks, signs and octal. */
static int
prefix_len_parse(const char *text, unsigned int max)
{
	unsigned int len = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 3; i++)
		len = len * 10 + (unsigned int)(text[i] - '0');
	if (i == 0 || text[i] != '\0' || len > max)
		return -ERANGE;
	return (int)len;
}

int
ip_prefix_parse(const char *text, struct ip_prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	const size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);
	struct ip_prefix p = { 0 };
	char host[IP_STR_MAX];
	int len;

	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	if (ip_parse(host, &p.addr) < 0)
		return -EINVAL;
	len = (int)ip_bits(&p.addr);
	if (slash != NULL) {
		len = prefix_len_parse(slash + 1, ip_bits(&p.addr));
		if (len < 0)
			return len;
	}
	p.len = (uint8_t)len;
	*ret_prefix = p;
	return 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
mac_parse(const char *text, struct rte_ether_addr *ret_mac)
{
	struct rte_ether_addr mac;
	unsigned int i;
	int high, low;

	for (i = 0; i < RTE_ETHER_ADDR_LEN; i++) {
		/* A short text stops at its NUL: that is no digit, and no colon. */
		high = hex_digit(text[3 * i]);
		low = high < 0 ? -1 : hex_digit(text[3 * i + 1]);
		if (low < 0 || text[3 * i + 2] != (i + 1 < RTE_ETHER_ADDR_LEN ? ':' : '\0'))
			return -EINVAL;
		mac.addr_bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_mac = mac;
	return 0;
}

char *
ip_format(const struct ip_addr *addr, char *buf)
{
	if (addr->af == AF_INET)
		inet_ntop(AF_INET, &addr->v4, buf, IP_STR_MAX);
	else if (addr->af == AF_INET6)
		inet_ntop(AF_INET6, addr->v6, buf, IP_STR_MAX);
	else
		strcpy(buf, "none");
	return buf;
}

char *
ip_prefix_format(const struct ip_prefix *prefix, char *buf)
{
	size_t n;

	ip_format(&prefix->addr, buf);
	n = strlen(buf);
	if (ip_is_set(&prefix->addr))
		snprintf(buf + n, PREFIX_STR_MAX - n, "/%u", prefix->len);
	return buf;
}

char *
mac_format(const struct rte_ether_addr *mac, char *buf)
{
	const uint8_t *b = mac->addr_bytes;

	snprintf(buf, MAC_STR_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
			b[5]);
	return buf;
}

/* The bytes of the address itself. */
static const uint8_t *
ip_bytes(const struct ip_addr *a)
{
	return a->v6; /* the union starts with either */
}

bool
ip_is_any(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	return ip_is_set(a) && memcmp(ip_bytes(a), zero, ip_bits(a) / 8) == 0;
}

bool
ip_is_multicast(const struct ip_addr *a)
{
	if (a->af == AF_INET)
		return (ip_bytes(a)[0] & 0xf0) == 0xe0;
	return a->af == AF_INET6 && a->v6[0] == 0xff;
}

bool
ip_is_link_local(const struct ip_addr *a)
{
	if (a->af == AF_INET)
		return ip_bytes(a)[0] == 169 && ip_bytes(a)[1] == 254;
	return a->af == AF_INET6 && a->v6[0] == 0xfe && (a->v6[1] & 0xc0) == 0x80;
}

bool
ip_is_loopback(const struct ip_addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->af == AF_INET)
		return ip_bytes(a)[0] == 127;
	return a->af == AF_INET6 && memcmp(a->v6, one, sizeof(one)) == 0;
}

bool
ip_is_broadcast(const struct ip_addr *a, const struct ip_prefix *on)
{
	uint32_t host_bits;

	if (a->af != AF_INET)
		return false;
	if (a->v4 == RTE_BE32(0xffffffff))
		return true;
	/* /31 and /32 have no broadcast address (RFC 3021). */
	if (on == NULL || on->addr.af != AF_INET || on->len > 30)
		return false;
	host_bits = UINT32_MAX >> on->len;
	return ip_prefix_contains(on, a) && (rte_be_to_cpu_32(a->v4) & host_bits) == host_bits;
}

/* Byte i of the mask of a length. */
static uint8_t
mask_byte(unsigned int len, unsigned int i)
{
	if (len >= 8 * (i + 1))
		return 0xff;
	if (len <= 8 * i)
		return 0;
	return (uint8_t)(0xff00 >> (len - 8 * i));
}

void
ip_prefix_mask(struct ip_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < ip_bits(&prefix->addr) / 8; i++)
		prefix->addr.v6[i] &= mask_byte(prefix->len, i);
}

bool
ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr)
{
	unsigned int i;

	if (!ip_is_set(addr) || prefix->addr.af != addr->af)
		return false;
	for (i = 0; 8 * i < prefix->len; i++)
		if (((ip_bytes(&prefix->addr)[i] ^ ip_bytes(addr)[i]) &
				    mask_byte(prefix->len, i)) != 0)
			return false;
	return true;
}

bool
ip_prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

int
ip_mask_len(const struct ip_addr *mask)
{
	unsigned int i, len = 0;

	while (len < ip_bits(mask) && (ip_bytes(mask)[len / 8] & (0x80 >> len % 8)) != 0)
		len++;
	for (i = 0; i < ip_bits(mask) / 8; i++)
		if (ip_bytes(mask)[i] != mask_byte(len, i))
			return -EINVAL;
	return (int)len;
}
