/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of interfaces and the table of all that are ours. The same address may be on several interfaces (unnumbered tunnels).
 * Routes of addresses are control's.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_jhash.h>

#include "iface/iface.h"
#include "iface/table.h"

#define LOCAL_BUCKETS 16384
#define ADDRS_MAX 1024 /* of one interface: a bound against runaway scripts */

struct local {
	struct local *next;
	struct ip_addr addr;
	uint16_t iface;
};

struct iface_addrs {
	struct local *head[LOCAL_BUCKETS];
};

static uint32_t
local_bucket(const struct ip_addr *addr)
{
	return rte_jhash_32b((const uint32_t *)addr, sizeof(*addr) / 4, 0) % LOCAL_BUCKETS;
}

int
iface_addrs_create(struct iface_table *t, struct err *err)
{
	t->locals = calloc(1, sizeof(*t->locals));
	if (t->locals == NULL)
		return err_set(err, ENOMEM, "interfaces: out of memory, %zu bytes",
				sizeof(*t->locals));
	return 0;
}

void
iface_addrs_destroy(struct iface_table *t)
{
	free(t->locals);
	t->locals = NULL;
}

struct iface *
iface_of_local(const struct iface_table *t, const struct ip_addr *addr)
{
	const struct local *l;

	for (l = t->locals->head[local_bucket(addr)]; l != NULL; l = l->next)
		if (ip_equal(&l->addr, addr))
			return t->record[l->iface];
	return NULL;
}

static int
addr_check(const struct iface *ifp, const struct iface_addr *addr, struct err *err)
{
	const struct ip_addr *a = &addr->prefix.addr;
	uint16_t i;

	if (a->af != AF_INET && a->af != AF_INET6)
		return err_set(err, EAFNOSUPPORT, "%s: neither an IPv4 nor an IPv6 address",
				ifp->name);
	if (addr->prefix.len > ip_bits(a))
		return err_set(err, EINVAL, "%s: prefix length %u is too long (0 to %u)", ifp->name,
				addr->prefix.len, ip_bits(a));
	if (ip_is_any(a) || ip_is_multicast(a) || ip_is_broadcast(a, NULL) || ip_is_loopback(a))
		return err_set(err, EINVAL, "%s: address %s is not one of a host", ifp->name,
				ip_str(a));
	if (ip_is_set(&addr->peer) && addr->peer.af != a->af)
		return err_set(err, EINVAL, "%s: address %s and destination %s mix IPv4 and IPv6",
				ifp->name, ip_str(a), ip_str(&addr->peer));
	if (ip_is_set(&addr->peer) && ifp->kind != IFACE_IPSEC)
		return err_set(err, EINVAL,
				"%s: destination %s on a port (only ipsec interfaces have one)",
				ifp->name, ip_str(&addr->peer));
	if (ip_is_set(&addr->peer) && (ip_is_any(&addr->peer) || ip_is_multicast(&addr->peer)))
		return err_set(err, EINVAL, "%s: destination %s is not one of a host", ifp->name,
				ip_str(&addr->peer));
	for (i = 0; i < ifp->nb_addrs; i++)
		if (ip_equal(&ifp->addrs[i].prefix.addr, a))
			return err_set(err, EEXIST, "%s: address %s is already there", ifp->name,
					ip_str(a));
	if (ifp->nb_addrs >= ADDRS_MAX)
		return err_set(err, ENOSPC, "%s: too many addresses, %u (at most %d)", ifp->name,
				ifp->nb_addrs + 1u, ADDRS_MAX);
	return 0;
}

int
iface_addr_add(struct iface_table *t, struct iface *ifp, const struct iface_addr *addr,
		struct err *err)
{
	struct iface_addr *addrs;
	struct local *l;
	uint32_t b;
	int rc;

	rc = addr_check(ifp, addr, err);
	if (rc != 0)
		return rc;
	addrs = realloc(ifp->addrs, (ifp->nb_addrs + 1u) * sizeof(*addrs));
	if (addrs != NULL)
		ifp->addrs = addrs;
	l = malloc(sizeof(*l));
	if (addrs == NULL || l == NULL) {
		free(l);
		return err_set(err, ENOMEM, "%s: out of memory", ifp->name);
	}
	addrs[ifp->nb_addrs++] = *addr;
	b = local_bucket(&addr->prefix.addr);
	l->addr = addr->prefix.addr;
	l->iface = ifp->index;
	l->next = t->locals->head[b];
	t->locals->head[b] = l;
	if (ifp->kind == IFACE_IPSEC)
		ifp->flags |= IFACE_UP;
	return 0;
}

int
iface_addr_remove(struct iface_table *t, struct iface *ifp, const struct ip_addr *addr,
		struct iface_addr *ret_old, struct err *err)
{
	struct local **link, *l;
	struct iface_addr old;
	uint16_t i;

	for (i = 0; i < ifp->nb_addrs; i++)
		if (ip_equal(&ifp->addrs[i].prefix.addr, addr))
			break;
	if (i == ifp->nb_addrs)
		return err_set(err, EADDRNOTAVAIL, "%s: address %s is not there", ifp->name,
				ip_str(addr));
	old = ifp->addrs[i];
	memmove(&ifp->addrs[i], &ifp->addrs[i + 1],
			(ifp->nb_addrs - i - 1u) * sizeof(ifp->addrs[0]));
	ifp->nb_addrs--;
	link = &t->locals->head[local_bucket(&old.prefix.addr)];
	while (!ip_equal(&(*link)->addr, &old.prefix.addr) || (*link)->iface != ifp->index)
		link = &(*link)->next;
	l = *link;
	*link = l->next;
	free(l);
	if (ret_old != NULL)
		*ret_old = old;
	return 0;
}

const struct iface_addr *
iface_first_addr(const struct iface *ifp, int af)
{
	const struct iface_addr *link_local = NULL;
	uint16_t i;

	for (i = 0; i < ifp->nb_addrs; i++) {
		if (ifp->addrs[i].prefix.addr.af != af)
			continue;
		if (!ip_is_link_local(&ifp->addrs[i].prefix.addr))
			return &ifp->addrs[i];
		if (link_local == NULL)
			link_local = &ifp->addrs[i];
	}
	return link_local;
}
