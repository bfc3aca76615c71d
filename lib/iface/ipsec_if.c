/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * if_ipsec(4): names and numbers of the interfaces, reqids, tunnels, policies, RUNNING. What an interface says about itself and
 * what is unique among them; SAs are bound to them by control.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_jhash.h>

#include "iface/ipsec_if.h"
#include "iface/table.h"

#define UNIT_MAX 32767 /* FreeBSD's IF_MAXUNIT */
#define BUCKETS 16384

struct iface_tunnels {
	uint16_t reqid_head[BUCKETS];
	uint16_t reqid_next[IFACE_MAX];
	/* by local end; doubly linked, since 10,000 tunnels may start at one address */
	uint16_t local_head[BUCKETS];
	uint16_t local_next[IFACE_MAX];
	uint16_t local_prev[IFACE_MAX];
	uint64_t unit_used[(UNIT_MAX + 1) / 64];
	uint32_t unit_hint;  /* no free number is below */
	uint32_t last_reqid; /* last one given automatically; never given twice before it wraps */
	uint32_t last_policy;
};

int
iface_tunnels_create(struct iface_table *t, struct err *err)
{
	t->tunnels = calloc(1, sizeof(*t->tunnels));
	if (t->tunnels == NULL)
		return err_set(err, ENOMEM, "interfaces: out of memory, %zu bytes",
				sizeof(*t->tunnels));
	t->tunnels->last_reqid = IPSEC_REQID_AUTO_MIN - 1;
	return 0;
}

void
iface_tunnels_destroy(struct iface_table *t)
{
	free(t->tunnels);
	t->tunnels = NULL;
}

int
ipsec_if_unit(const char *name)
{
	unsigned long unit;
	char *end;

	if (strncmp(name, "ipsec", 5) != 0 || name[5] < '0' || name[5] > '9')
		return -1;
	if (name[5] == '0' && name[6] != '\0')
		return -1;
	unit = strtoul(name + 5, &end, 10);
	return *end == '\0' && unit <= UNIT_MAX ? (int)unit : -1;
}

/* --- chains --- */

static uint32_t
reqid_bucket(uint32_t reqid)
{
	return rte_jhash_1word(reqid, 0) % BUCKETS;
}

static struct iface *
reqid_find(const struct iface_table *t, uint32_t reqid)
{
	uint16_t i;

	for (i = t->tunnels->reqid_head[reqid_bucket(reqid)]; i != 0; i = t->tunnels->reqid_next[i])
		if (t->record[i]->reqid == reqid)
			return t->record[i];
	return NULL;
}

static void
reqid_enter(struct iface_table *t, struct iface *ifp, uint32_t reqid)
{
	uint16_t *head = &t->tunnels->reqid_head[reqid_bucket(reqid)];

	ifp->reqid = reqid;
	t->tunnels->reqid_next[ifp->index] = *head;
	*head = ifp->index;
}

static void
reqid_leave(struct iface_table *t, struct iface *ifp)
{
	uint16_t *link = &t->tunnels->reqid_head[reqid_bucket(ifp->reqid)];

	if (ifp->reqid == 0)
		return;
	while (*link != ifp->index)
		link = &t->tunnels->reqid_next[*link];
	*link = t->tunnels->reqid_next[ifp->index];
	ifp->reqid = 0;
}

/* One that no interface has, 0 if there is none: rising, as in FreeBSD, so that an old one does not come back soon. */
static uint32_t
reqid_choose(struct iface_table *t)
{
	uint32_t tries;

	for (tries = 0; tries <= IFACE_MAX; tries++) {
		t->tunnels->last_reqid = t->tunnels->last_reqid < UINT32_MAX
				? t->tunnels->last_reqid + 1
				: IPSEC_REQID_AUTO_MIN;
		if (reqid_find(t, t->tunnels->last_reqid) == NULL)
			return t->tunnels->last_reqid;
	}
	return 0;
}

static int
reqid_init(struct iface_table *t, struct iface *ifp, struct err *err)
{
	uint32_t reqid;

	if (ifp->reqid != 0)
		return 0;
	reqid = reqid_choose(t);
	if (reqid == 0)
		return err_set(err, EEXIST, "%s: no reqid is free", ifp->name);
	reqid_enter(t, ifp, reqid);
	return 0;
}

static uint32_t
local_bucket(const struct ip_addr *addr)
{
	return rte_jhash_32b((const uint32_t *)addr, sizeof(*addr) / 4, 0) % BUCKETS;
}

static void
local_enter(struct iface_table *t, struct iface *ifp)
{
	struct iface_tunnels *tun = t->tunnels;
	uint16_t *head = &tun->local_head[local_bucket(&ifp->local)];

	tun->local_next[ifp->index] = *head;
	tun->local_prev[ifp->index] = 0;
	if (*head != 0)
		tun->local_prev[*head] = ifp->index;
	*head = ifp->index;
}

static void
local_leave(struct iface_table *t, struct iface *ifp)
{
	struct iface_tunnels *tun = t->tunnels;
	const uint16_t next = tun->local_next[ifp->index], prev = tun->local_prev[ifp->index];

	if (next != 0)
		tun->local_prev[next] = prev;
	if (prev != 0)
		tun->local_next[prev] = next;
	else
		tun->local_head[local_bucket(&ifp->local)] = next;
}

struct iface *
ipsec_if_next_local(const struct iface_table *t, const struct ip_addr *local, struct iface **iter)
{
	uint16_t i = *iter == NULL ? t->tunnels->local_head[local_bucket(local)]
				   : t->tunnels->local_next[(*iter)->index];

	while (i != 0 && !ip_equal(&t->record[i]->local, local))
		i = t->tunnels->local_next[i];
	*iter = i == 0 ? NULL : t->record[i];
	return *iter;
}

/* --- create, destroy --- */

static int
unit_choose(struct iface_tunnels *tun)
{
	for (; tun->unit_hint <= UNIT_MAX; tun->unit_hint++)
		if ((tun->unit_used[tun->unit_hint / 64] & 1ULL << tun->unit_hint % 64) == 0)
			return (int)tun->unit_hint;
	return -1;
}

struct iface *
ipsec_if_create(struct iface_table *t, const char *name, struct err *err)
{
	struct iface_tunnels *tun = t->tunnels;
	char chosen[IFACE_NAME_MAX];
	struct iface *ifp;
	int unit;

	if (strcmp(name, "ipsec") == 0) {
		unit = unit_choose(tun);
		if (unit < 0) {
			err_set(err, ENOSPC, "ipsec: no number is free (0 to %d)", UNIT_MAX);
			return NULL;
		}
		snprintf(chosen, sizeof(chosen), "ipsec%u", (unsigned int)unit);
		name = chosen;
	}
	unit = ipsec_if_unit(name);
	if (unit < 0) {
		err_set(err, EINVAL,
				"%.32s: not the name of an ipsec interface (ipsec0 to ipsec%d)",
				name, UNIT_MAX);
		return NULL;
	}
	ifp = iface_create(t, name, IFACE_IPSEC, err);
	if (ifp == NULL)
		return NULL;
	ifp->flags = IFACE_POINTOPOINT | IFACE_MULTICAST;
	ifp->mtu = IPSEC_MTU_DEFAULT;
	tun->unit_used[unit / 64] |= 1ULL << unit % 64;
	return ifp;
}

void
ipsec_if_destroy(struct iface_table *t, struct iface *ifp)
{
	const unsigned int unit = (unsigned int)ipsec_if_unit(ifp->name);

	ipsec_if_delete_tunnel(t, ifp);
	reqid_leave(t, ifp);
	t->tunnels->unit_used[unit / 64] &= ~(1ULL << unit % 64);
	if (unit < t->tunnels->unit_hint)
		t->tunnels->unit_hint = unit;
	iface_destroy(t, ifp);
}

/* --- tunnel and reqid --- */

int
ipsec_if_check_tunnel(const struct iface_table *t, const struct iface *ifp,
		const struct ip_addr *local, const struct ip_addr *remote, struct err *err)
{
	if (ifp->kind != IFACE_IPSEC)
		return err_set(err, EINVAL, "%s: not an ipsec interface", ifp->name);
	if (local->af != remote->af)
		return err_set(err, EINVAL, "%s: tunnel %s -> %s mixes IPv4 and IPv6", ifp->name,
				ip_str(local), ip_str(remote));
	if (local->af != AF_INET && local->af != AF_INET6)
		return err_set(err, EAFNOSUPPORT, "%s: tunnel of neither IPv4 nor IPv6", ifp->name);
	if (ip_is_any(local) || ip_is_any(remote) || ip_equal(local, remote))
		return err_set(err, EADDRNOTAVAIL, "%s: tunnel %s -> %s needs two distinct hosts",
				ifp->name, ip_str(local), ip_str(remote));
	if (local->af == AF_INET6 && (ip_is_link_local(local) || ip_is_link_local(remote)))
		return err_set(err, EADDRNOTAVAIL,
				"%s: tunnel %s -> %s needs addresses that are valid beyond one "
				"link",
				ifp->name, ip_str(local), ip_str(remote));
	if (ip_is_multicast(local) || ip_is_multicast(remote) || ip_is_broadcast(remote, NULL))
		return err_set(err, EADDRNOTAVAIL,
				"%s: tunnel %s -> %s needs two hosts, not a group", ifp->name,
				ip_str(local), ip_str(remote));
	return 0;
}

/* Four policies, in and out, IPv4 and IPv6: new ones at each change, as in FreeBSD. */
static void
policies_renew(struct iface_table *t, struct iface *ifp)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(ifp->policy_id); i++) {
		if (++t->tunnels->last_policy == 0)
			t->tunnels->last_policy = 1;
		ifp->policy_id[i] = t->tunnels->last_policy;
	}
}

int
ipsec_if_set_tunnel(struct iface_table *t, struct iface *ifp, const struct ip_addr *local,
		const struct ip_addr *remote, struct err *err)
{
	const struct ip_addr new_local = *local, new_remote = *remote;

	if (ip_equal(&ifp->local, local) && ip_equal(&ifp->remote, remote))
		return 0;
	if (reqid_init(t, ifp, err) != 0)
		return -EEXIST;
	if (ip_is_set(&ifp->local))
		local_leave(t, ifp);
	ifp->local = new_local;
	ifp->remote = new_remote;
	local_enter(t, ifp);
	policies_renew(t, ifp);
	ipsec_if_update_running(t, ifp);
	return 0;
}

void
ipsec_if_delete_tunnel(struct iface_table *t, struct iface *ifp)
{
	if (!ip_is_set(&ifp->local))
		return;
	local_leave(t, ifp);
	memset(&ifp->local, 0, sizeof(ifp->local));
	memset(&ifp->remote, 0, sizeof(ifp->remote));
	memset(ifp->policy_id, 0, sizeof(ifp->policy_id));
	ifp->flags &= (uint8_t)~IFACE_RUNNING;
}

int
ipsec_if_set_reqid(struct iface_table *t, struct iface *ifp, uint32_t reqid, struct err *err)
{
	const struct iface *other;

	if (ifp->kind != IFACE_IPSEC)
		return err_set(err, EINVAL, "%s: not an ipsec interface", ifp->name);
	if (reqid == 0)
		return reqid_init(t, ifp, err);
	if (reqid == ifp->reqid)
		return 0;
	other = reqid_find(t, reqid);
	if (other != NULL)
		return err_set(err, EEXIST, "%s: reqid %u is that of %s", ifp->name, reqid,
				other->name);
	reqid_leave(t, ifp);
	reqid_enter(t, ifp, reqid);
	if (ip_is_set(&ifp->local))
		policies_renew(t, ifp);
	return 0;
}

bool
ipsec_if_update_running(struct iface_table *t, struct iface *ifp)
{
	const uint8_t was = ifp->flags;

	if (ip_is_set(&ifp->local) && iface_of_local(t, &ifp->local) != NULL)
		ifp->flags |= IFACE_RUNNING;
	else
		ifp->flags &= (uint8_t)~IFACE_RUNNING;
	return ifp->flags != was;
}

struct iface *
ipsec_if_claim(const struct iface_table *t, const struct ip_addr *src, const struct ip_addr *dst,
		uint32_t reqid, enum sa_dir *ret_dir)
{
	struct iface *ifp = reqid == 0 ? NULL : reqid_find(t, reqid);

	if (ifp == NULL || !ip_is_set(&ifp->local))
		return NULL;
	if (ip_equal(&ifp->local, src) && ip_equal(&ifp->remote, dst))
		*ret_dir = SA_DIR_OUT;
	else if (ip_equal(&ifp->local, dst) && ip_equal(&ifp->remote, src))
		*ret_dir = SA_DIR_IN;
	else
		return NULL;
	return ifp;
}
