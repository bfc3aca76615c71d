/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Masks and nets in the forms that ifconfig(8) and route(8) take and inet_pton(3) does not.
 */
#include "cli/ifconfig_addr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

int
mask_parse(const char *text, uint8_t *ret_len, struct err *err)
{
	struct ip_addr mask;
	uint64_t v;
	int len = -EINVAL;

	if (ip_parse(text, &mask) == 0) {
		if (mask.af == AF_INET)
			len = ip_mask_len(&mask);
	} else if (cli_number(text, UINT32_MAX, &v) == 0) {
		mask = ip_from_v4(rte_cpu_to_be_32((uint32_t)v));
		len = ip_mask_len(&mask);
	}
	if (len < 0)
		return err_set(err, EINVAL,
				"netmask: %.40s is not a contiguous mask (as 255.255.0.0 or "
				"0xffff0000)",
				text);
	*ret_len = (uint8_t)len;
	return 0;
}

int
scoped_prefix_parse(const char *text, struct ip_prefix *ret_prefix, char *ret_zone)
{
	const char *percent = strchr(text, '%');
	const size_t n = percent == NULL ? strlen(text) : (size_t)(percent - text);
	const size_t zone_len = percent == NULL ? 0 : strcspn(percent + 1, "/");
	char buf[PREFIX_STR_MAX + 8];
	int rc;

	if (n >= IP_STR_MAX + 4 || zone_len >= IFACE_NAME_MAX ||
			(percent != NULL && (zone_len == 0 || strlen(percent + 1 + zone_len) > 4)))
		return -EINVAL;
	snprintf(buf, sizeof(buf), "%.*s%s", (int)n, text,
			percent == NULL ? "" : percent + 1 + zone_len);
	rc = ip_prefix_parse(buf, ret_prefix);
	if (rc != 0)
		return rc;
	if (percent != NULL &&
			(ret_prefix->addr.af != AF_INET6 || !ip_is_link_local(&ret_prefix->addr)))
		return -EINVAL;
	snprintf(ret_zone, IFACE_NAME_MAX, "%.*s", (int)zone_len,
			percent == NULL ? "" : percent + 1);
	return 0;
}

int
scoped_parse(const char *text, struct ip_addr *ret_addr, char *ret_zone)
{
	struct ip_prefix p;

	if (strchr(text, '/') != NULL || scoped_prefix_parse(text, &p, ret_zone) != 0)
		return -EINVAL;
	*ret_addr = p.addr;
	return 0;
}

uint8_t
class_len(const struct ip_addr *addr)
{
	uint8_t first = (uint8_t)(rte_be_to_cpu_32(addr->v4) >> 24);

	return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/* 10/8 and 10.2/16: the missing bytes are 0. */
static void
net_complete(const char *text, char *buf, size_t size)
{
	const char *slash = strchr(text, '/');
	unsigned int dots = 0;
	const char *p;

	snprintf(buf, size, "%s", text);
	if (slash == NULL || strchr(text, ':') != NULL)
		return;
	for (p = text; p < slash; p++)
		dots += *p == '.';
	if (dots < 3)
		snprintf(buf, size, "%.*s%s%s", (int)(slash - text), text, &".0.0.0"[2 * dots],
				slash);
}

int
net_parse(const char *text, int af, struct ip_prefix *ret_prefix, bool *ret_host, struct err *err)
{
	char buf[PREFIX_STR_MAX + 8];

	*ret_host = false;
	if (strcmp(text, "default") == 0) {
		memset(ret_prefix, 0, sizeof(*ret_prefix));
		ret_prefix->addr.af = (uint8_t)(af == 0 ? AF_INET : af);
		return 0;
	}
	if (strlen(text) > PREFIX_STR_MAX)
		return err_set(err, EINVAL, "%.40s...: not an address or net", text);
	net_complete(text, buf, sizeof(buf));
	switch (ip_prefix_parse(buf, ret_prefix)) {
	case 0:
		break;
	case -ERANGE:
		return err_set(err, EINVAL,
				"%s: prefix length out of range (0 to 32, IPv6 0 to 128)", text);
	default:
		return err_set(err, EINVAL,
				"%s: not an address or net (as 10.2.0.0/16, 2001:db8::1, default)",
				text);
	}
	if (af != 0 && ret_prefix->addr.af != af)
		return err_set(err, EAFNOSUPPORT, "%s: not an %s address", text,
				af == AF_INET ? "IPv4" : "IPv6");
	*ret_host = strchr(text, '/') == NULL;
	return 0;
}
