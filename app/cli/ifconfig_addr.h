/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses and masks as the programs of FreeBSD take them. */
#ifndef CLI_IFCONFIG_ADDR_H
#define CLI_IFCONFIG_ADDR_H

#include "base/err.h"
#include "net/addr.h"

/** A mask: 255.255.0.0, 0xffff0000. 0 or -EINVAL with @p err. */
int mask_parse(const char *text, uint8_t *ret_len, struct err *err);
/** A net as route(8) takes it: 10.2.0.0/16, 10.2/16, 10/8, 2001:db8::/32, default, a host. @p af 0: either; *ret_host: no length was given. */
int net_parse(const char *text, int af, struct ip_prefix *ret_prefix, bool *ret_host,
		struct err *err);
/**
 * An address, or a link-local one of IPv6 with the port it is on: fe80::1%wan0. 0, or -EINVAL.
 * @param ret_zone
 *   "wan0", or "" where there is no %. IFACE_NAME_MAX bytes.
 */
int scoped_parse(const char *text, struct ip_addr *ret_addr, char *ret_zone);
/** The same of ADDR/LEN: fe80::1%wan0/64. -ERANGE: the length. */
int scoped_prefix_parse(const char *text, struct ip_prefix *ret_prefix, char *ret_zone);
/** The length that an IPv4 address without mask had in the days of classes. */
uint8_t class_len(const struct ip_addr *addr);

#endif
