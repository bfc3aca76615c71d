/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ifconfig(8) for ipsec interfaces and what both kinds have: create, destroy, tunnel, flags, MTU, reqid, FIBs, description. Order of
 * checks and error codes are FreeBSD's (sys/net/if_ipsec.c, if_clone.c). Addresses are in ctl_addr.c, ports in ctl_port.c.
 */
#include <errno.h>
#include <stdio.h>

#include "control/ctl.h"

#define PORT_MTU_MIN 576 /* what every IPv4 host takes (RFC 791, 3.2) */
#define PORT_MTU_MAX 16110

struct iface *
ctl_iface(struct ctl *ctl, const char *name, struct err *err)
{
	struct iface *ifp = iface_find(ctl->ifaces, name);

	if (ifp == NULL)
		err_set(err, ENXIO, "%.32s: interface does not exist", name);
	return ifp;
}

struct iface *
ctl_ipsec(struct ctl *ctl, const char *name, struct err *err)
{
	struct iface *ifp = ctl_iface(ctl, name, err);

	if (ifp == NULL || ifp->kind == IFACE_IPSEC)
		return ifp;
	err_set(err, EINVAL, "%s: not an ipsec interface", name);
	return NULL;
}

int
ctl_if_create(struct ctl *ctl, const char *name, char *ret_name, struct err *err)
{
	struct iface *ifp;
	struct err why = { 0 };

	ctl_assert_thread();
	if (iface_prepare(ctl->ifaces, err) != 0)
		return -ENOMEM;
	ifp = ipsec_if_create(ctl->ifaces, name, &why);
	if (ifp == NULL)
		return err_set(err, why.code, "%s", why.msg);
	iface_publish(ctl->ifaces, ifp, NULL); /* prepared */
	acquire_forget(ctl, ifp->index);
	if (ret_name != NULL)
		snprintf(ret_name, IFACE_NAME_MAX, "%s", ifp->name);
	return 0;
}

int
ctl_if_destroy(struct ctl *ctl, const char *name, struct err *err)
{
	struct ctl_policy before[CTL_IF_POLICIES];
	struct iface *ifp;

	ctl_assert_thread();
	ifp = ctl_iface(ctl, name, err);
	if (ifp == NULL)
		return -ENXIO;
	if (ifp->kind != IFACE_IPSEC)
		return err_set(err, EINVAL, "%s: a port can not be destroyed", name);
	/* no packet is routed here any more, no SA serves it; then the row goes */
	ctl_route_flush(ctl, ifp);
	ctl_addr_flush(ctl, ifp);
	sa_unbind_iface(ctl, ifp, &ifp->local, &ifp->remote, ifp->reqid);
	resolve_iface_gone(ctl->resolve, ifp);
	acquire_forget(ctl, ifp->index);
	announce_policies(ctl, IPSEC_EVENT_X_SPDDELETE, before, policies_of(ctl, ifp, before));
	ipsec_if_destroy(ctl->ifaces, ifp);
	ctl_settle(ctl);
	return 0;
}

/* --- tunnel --- */

/* The tunnel or reqid is another: outer header, SAs and outer route anew. Prepared by the caller. */
static int
tunnel_renew(struct ctl *ctl, struct iface *ifp, struct err *err)
{
	sa_bind_iface(ctl, ifp);
	sa_bind_refresh(ctl, ifp);
	acquire_forget(ctl, ifp->index);
	return iface_publish(ctl->ifaces, ifp, err);
}

int
ctl_if_set_tunnel(struct ctl *ctl, const char *name, int af, const struct ip_addr *local,
		const struct ip_addr *remote, struct err *err)
{
	struct ctl_policy before[CTL_IF_POLICIES];
	struct ip_addr old_local, old_remote;
	unsigned int nb_before;
	struct iface *ifp;
	int rc;

	ctl_assert_thread();
	ifp = ctl_ipsec(ctl, name, err);
	if (ifp == NULL)
		return iface_find(ctl->ifaces, name) == NULL ? -ENXIO : -EINVAL;
	if (af != 0 && local->af == remote->af && local->af != af)
		return err_set(err, EAFNOSUPPORT, "%s: tunnel %s -> %s is not %s", name,
				ip_str(local), ip_str(remote), af == AF_INET6 ? "inet6" : "inet");
	rc = ipsec_if_check_tunnel(ctl->ifaces, ifp, local, remote, err);
	if (rc != 0)
		return rc;
	if (ip_equal(&ifp->local, local) && ip_equal(&ifp->remote, remote))
		return 0; /* nothing changes, so no SA is disturbed */
	rc = iface_prepare(ctl->ifaces, err);
	if (rc != 0)
		return rc;
	nb_before = policies_of(ctl, ifp, before);
	old_local = ifp->local;
	old_remote = ifp->remote;
	rc = ipsec_if_set_tunnel(ctl->ifaces, ifp, local, remote, err);
	if (rc != 0)
		return rc;
	announce_policies_change(ctl, ifp, before, nb_before);
	sa_unbind_iface(ctl, ifp, &old_local, &old_remote, ifp->reqid);
	ifp->outer_nh = NH_NONE;
	rc = tunnel_renew(ctl, ifp, err);
	resolve_tunnel(ctl->resolve, ifp);
	ctl_settle(ctl);
	return rc;
}

int
ctl_if_delete_tunnel(struct ctl *ctl, const char *name, struct err *err)
{
	struct ctl_policy before[CTL_IF_POLICIES];
	unsigned int nb_before;
	struct iface *ifp;
	int rc;

	ctl_assert_thread();
	ifp = ctl_ipsec(ctl, name, err);
	if (ifp == NULL)
		return iface_find(ctl->ifaces, name) == NULL ? -ENXIO : -EINVAL;
	if (!ip_is_set(&ifp->local))
		return 0;
	rc = iface_prepare(ctl->ifaces, err);
	if (rc != 0)
		return rc;
	nb_before = policies_of(ctl, ifp, before);
	sa_unbind_iface(ctl, ifp, &ifp->local, &ifp->remote, ifp->reqid);
	ipsec_if_delete_tunnel(ctl->ifaces, ifp);
	announce_policies_change(ctl, ifp, before, nb_before);
	ifp->outer_nh = NH_NONE;
	rc = tunnel_renew(ctl, ifp, err);
	resolve_tunnel(ctl->resolve, ifp);
	ctl_settle(ctl);
	return rc;
}

int
ctl_if_set_reqid(struct ctl *ctl, const char *name, uint32_t reqid, struct err *err)
{
	struct ctl_policy before[CTL_IF_POLICIES];
	unsigned int nb_before;
	struct iface *ifp;
	uint32_t old;
	int rc;

	ctl_assert_thread();
	ifp = ctl_ipsec(ctl, name, err);
	if (ifp == NULL)
		return iface_find(ctl->ifaces, name) == NULL ? -ENXIO : -EINVAL;
	rc = iface_prepare(ctl->ifaces, err);
	if (rc != 0)
		return rc;
	old = ifp->reqid;
	nb_before = policies_of(ctl, ifp, before);
	rc = ipsec_if_set_reqid(ctl->ifaces, ifp, reqid, err);
	if (rc != 0 || ifp->reqid == old)
		return rc;
	announce_policies_change(ctl, ifp, before, nb_before);
	sa_unbind_iface(ctl, ifp, &ifp->local, &ifp->remote, old);
	return tunnel_renew(ctl, ifp, err);
}

/* --- flags, MTU, FIBs, description --- */

int
ctl_if_set_flag(struct ctl *ctl, const char *name, enum iface_flag flag, bool on, struct err *err)
{
	struct iface *ifp;
	uint8_t flags;
	int rc;

	ctl_assert_thread();
	ifp = ctl_iface(ctl, name, err);
	if (ifp == NULL)
		return -ENXIO;
	if (flag != IFACE_UP && flag != IFACE_MONITOR)
		return err_set(err, EINVAL, "%s: only up and monitor can be set", name);
	flags = (uint8_t)(on ? ifp->flags | flag : ifp->flags & ~flag);
	if (flags == ifp->flags)
		return 0;
	rc = iface_prepare(ctl->ifaces, err);
	if (rc != 0)
		return rc;
	ifp->flags = flags;
	return iface_publish(ctl->ifaces, ifp, err);
}

static int
mtu_check(const struct iface *ifp, uint32_t mtu, struct err *err)
{
	const bool ipsec = ifp->kind == IFACE_IPSEC;
	const uint32_t min = ipsec ? IPSEC_MTU_MIN : PORT_MTU_MIN;
	const uint32_t max = ipsec ? IPSEC_MTU_MAX : PORT_MTU_MAX;

	if (mtu == 0 && !ipsec)
		return err_set(err, EINVAL, "%s: only ipsec interfaces have an automatic mtu",
				ifp->name);
	if (mtu != 0 && mtu < min)
		return err_set(err, EINVAL, "%s: mtu %u bytes is below the minimum (%u)", ifp->name,
				mtu, min);
	if (mtu > max)
		return err_set(err, EINVAL, "%s: mtu %u bytes is above the maximum (%u)", ifp->name,
				mtu, max);
	return 0;
}

/* The automatic MTUs of the tunnels over a port whose MTU has changed. */
static int
mtu_follow(struct ctl *ctl, struct err *err)
{
	struct iface *ifp;
	int rc = 0;

	for (ifp = iface_next(ctl->ifaces, NULL); ifp != NULL && rc == 0;
			ifp = iface_next(ctl->ifaces, ifp)) {
		if (ifp->kind != IFACE_IPSEC || !ifp->mtu_auto)
			continue;
		sa_bind_refresh(ctl, ifp);
		rc = iface_publish(ctl->ifaces, ifp, err);
	}
	return rc;
}

int
ctl_if_set_mtu(struct ctl *ctl, const char *name, uint32_t mtu_bytes, struct err *err)
{
	struct iface *ifp;
	int rc;

	ctl_assert_thread();
	ifp = ctl_iface(ctl, name, err);
	if (ifp == NULL)
		return -ENXIO;
	rc = mtu_check(ifp, mtu_bytes, err);
	if (rc != 0 || (mtu_bytes == ifp->mtu && !ifp->mtu_auto))
		return rc;
	rc = iface_prepare(ctl->ifaces, err);
	if (rc == 0 && ifp->kind == IFACE_PORT)
		rc = ctl->port_ops->set_mtu(ifp->port_id, (uint16_t)mtu_bytes, err);
	if (rc != 0)
		return rc;
	ifp->mtu_auto = mtu_bytes == 0;
	if (ifp->mtu_auto)
		sa_bind_refresh(ctl, ifp);
	else
		ifp->mtu = (uint16_t)mtu_bytes;
	rc = iface_publish(ctl->ifaces, ifp, err);
	if (rc == 0 && ifp->kind == IFACE_PORT)
		rc = mtu_follow(ctl, err);
	return rc;
}

static int
fib_check(struct ctl *ctl, const struct iface *ifp, const char *what, uint32_t fib, struct err *err)
{
	if (fib >= FIB_MAX)
		return err_set(err, EINVAL, "%s: %s %u does not exist (0 to %d)", ifp->name, what,
				fib, FIB_MAX - 1);
	return fib_get(ctl->fibs, fib, err) == NULL ? -ENOMEM : 0;
}

int
ctl_if_set_fib(struct ctl *ctl, const char *name, uint32_t fib, struct err *err)
{
	struct iface *ifp;
	uint16_t old, i;
	int rc;

	ctl_assert_thread();
	ifp = ctl_iface(ctl, name, err);
	if (ifp == NULL)
		return -ENXIO;
	if (fib == ifp->fib)
		return 0;
	rc = fib_check(ctl, ifp, "fib", fib, err);
	if (rc == 0)
		rc = iface_prepare(ctl->ifaces, err);
	if (rc != 0)
		return rc;
	/* the routes of its addresses move along: first there, then away here */
	old = ifp->fib;
	ifp->fib = (uint16_t)fib;
	for (i = 0; i < ifp->nb_addrs && rc == 0; i++)
		rc = ctl_addr_routes_add(ctl, ifp, &ifp->addrs[i], err);
	if (rc != 0) {
		ifp->fib = old;
		while (i-- > 0)
			ctl_addr_routes_remove(ctl, ifp, &ifp->addrs[i], (uint16_t)fib);
		return rc;
	}
	for (i = 0; i < ifp->nb_addrs; i++)
		ctl_addr_routes_remove(ctl, ifp, &ifp->addrs[i], old);
	rc = iface_publish(ctl->ifaces, ifp, err);
	resolve_dirty(ctl->resolve);
	ctl_settle(ctl);
	return rc;
}

int
ctl_if_set_tunnelfib(struct ctl *ctl, const char *name, uint32_t fib, struct err *err)
{
	struct iface *ifp;
	int rc;

	ctl_assert_thread();
	ifp = ctl_ipsec(ctl, name, err);
	if (ifp == NULL)
		return iface_find(ctl->ifaces, name) == NULL ? -ENXIO : -EINVAL;
	if (fib == ifp->tunnelfib)
		return 0;
	rc = fib_check(ctl, ifp, "tunnelfib", fib, err);
	if (rc == 0)
		rc = iface_prepare(ctl->ifaces, err);
	if (rc != 0)
		return rc;
	ifp->tunnelfib = (uint16_t)fib;
	rc = iface_publish(ctl->ifaces, ifp, err);
	resolve_tunnel(ctl->resolve, ifp);
	ctl_settle(ctl);
	return rc;
}

int
ctl_if_set_description(struct ctl *ctl, const char *name, const char *text, struct err *err)
{
	struct iface *ifp;
	size_t i, len = strlen(text);

	ctl_assert_thread();
	ifp = ctl_iface(ctl, name, err);
	if (ifp == NULL)
		return -ENXIO;
	if (len >= IFACE_DESCR_MAX)
		return err_set(err, ENAMETOOLONG,
				"%s: description is too long, %zu bytes (at most %d)", name, len,
				IFACE_DESCR_MAX - 1);
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return err_set(err, EINVAL,
					"%s: description has a control character, byte %zu", name,
					i + 1);
	memcpy(ifp->description, text, len + 1);
	return 0;
}
