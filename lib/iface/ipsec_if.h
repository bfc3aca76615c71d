/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * if_ipsec(4) itself: reqid, tunnel, RUNNING, policies, the choice of the outbound SA. The order of checks is FreeBSD's.
 * SAs are bound to interfaces by control; here is what an interface says about itself.
 */
#ifndef IFACE_IPSEC_IF_H
#define IFACE_IPSEC_IF_H

#include "iface/iface.h"

#define IPSEC_MTU_DEFAULT 1400
#define IPSEC_MTU_MIN 1280
#define IPSEC_MTU_MAX 8192
/** Automatic reqids start here, as IPSEC_MANUAL_REQID_MAX + 1 in FreeBSD. */
#define IPSEC_REQID_AUTO_MIN 16385

/**
 * Make ipsecN. @p name "ipsec": the lowest free N; "ipsecN": that one. MTU 1400, POINTOPOINT|MULTICAST, not UP, no tunnel, reqid 0.
 * NULL with @p err: EEXIST, EINVAL (not an ipsec name), ENOSPC.
 */
struct iface *ipsec_if_create(struct iface_table *t, const char *name, struct err *err);
void ipsec_if_destroy(struct iface_table *t, struct iface *ifp);

/**
 * May the tunnel be this? Families equal, neither end unspecified, both distinct, reqid (or the automatic one) usable.
 * -EAFNOSUPPORT, -EADDRNOTAVAIL, -EINVAL. Changes nothing.
 */
int ipsec_if_check_tunnel(const struct iface_table *t, const struct iface *ifp,
		const struct ip_addr *local, const struct ip_addr *remote, struct err *err);
/** Set the record (checked before): chooses a reqid where it is 0, makes policy ids, re-evaluates RUNNING. Publishes nothing. */
int ipsec_if_set_tunnel(struct iface_table *t, struct iface *ifp, const struct ip_addr *local,
		const struct ip_addr *remote, struct err *err);
void ipsec_if_delete_tunnel(struct iface_table *t, struct iface *ifp);
/** 0 (also when nothing changes), -EEXIST (another ipsec interface has it). 0 as reqid: chooses one if none is set. */
int ipsec_if_set_reqid(struct iface_table *t, struct iface *ifp, uint32_t reqid, struct err *err);
/** RUNNING as it should be now: tunnel set and its local address one of ours. @return true when it changed. */
bool ipsec_if_update_running(struct iface_table *t, struct iface *ifp);

/** The ipsec interfaces whose tunnel has this local end: *iter = NULL to start. For address events. */
struct iface *ipsec_if_next_local(
		const struct iface_table *t, const struct ip_addr *local, struct iface **iter);
/** The interface that claims an SA: out (src local, dst remote) or in (src remote, dst local), and reqid. NULL: none. */
struct iface *ipsec_if_claim(const struct iface_table *t, const struct ip_addr *src,
		const struct ip_addr *dst, uint32_t reqid, enum sa_dir *ret_dir);

#endif
