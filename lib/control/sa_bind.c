/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which interface an SA serves (if_ipsec(4): ends, reqid and mode tunnel or any), which way, and which SA an interface sends with.
 *
 * The first claim gives an SA its direction and its session, and both stay with it: an SA whose interface is changed away keeps its
 * numbers and can be claimed again the same way, never the other. Workers see sa->iface and row->sa_out; an SA is published to
 * them with the interface already in it, and leaves row->sa_out before it is removed.
 */
#include <errno.h>

#include "base/log.h"
#include "control/ctl.h"

#define PATH_MTU_DEFAULT 1500

static bool
is_usable(const struct sa_ctl *sa)
{
	return sa->state == SA_MATURE || sa->state == SA_DYING;
}

static void
iface_set(struct sa_ctl *sa, uint16_t index)
{
	sa->iface = index;
	if (sa->sa != NULL)
		__atomic_store_n(&sa->sa->iface, index, __ATOMIC_RELEASE);
}

/* The interface takes the SA: 1, it does not want it: 0, or -errno. */
static int
claim(struct ctl *ctl, struct iface *ifp, struct sa_ctl *sa, enum sa_dir dir, struct err *err)
{
	struct ctl_sa_note *note = &ctl->note[sa->id];
	int rc;

	if (sa->prm.mode == SA_MODE_TRANSPORT || !is_usable(sa))
		return 0;
	if (sa->dir != SA_DIR_NONE && sa->dir != dir)
		return 0;
	if (sa->sa == NULL) {
		rc = sa_open(sa, dir, ctl->nb_workers, err);
		if (rc != 0)
			return rc;
		sa->dir = dir;
	}
	if (note->unclaimed && dir == SA_DIR_OUT)
		sadb_unpublish(ctl->sadb, sa);
	note->unclaimed = false;
	iface_set(sa, ifp->index);
	if (dir == SA_DIR_IN && !note->published) {
		rc = sadb_publish(ctl->sadb, sa, err);
		if (rc != 0) {
			iface_set(sa, 0);
			return rc;
		}
		note->published = true;
	}
	return 1;
}

/* Nobody's: workers know it by that, so that its packets are dropped by name. */
static void
unclaimed_publish(struct ctl *ctl, struct sa_ctl *sa)
{
	if (sa->sa != NULL)
		return;
	sadb_publish_unclaimed(ctl->sadb, sa);
	ctl->note[sa->id].unclaimed = true;
}

static void refresh_with(struct ctl *ctl, struct iface *ifp, struct sa_ctl *sa);

int
sa_bind(struct ctl *ctl, struct sa_ctl *sa, struct err *err)
{
	enum sa_dir dir = SA_DIR_NONE;
	struct iface *ifp;
	int rc;

	ifp = ipsec_if_claim(ctl->ifaces, &sa->prm.src, &sa->prm.dst, sa->prm.reqid, &dir);
	rc = ifp == NULL ? 0 : iface_prepare(ctl->ifaces, err);
	if (ifp != NULL && rc == 0)
		rc = claim(ctl, ifp, sa, dir, err);
	if (rc == 0)
		unclaimed_publish(ctl, sa);
	if (rc <= 0)
		return rc;
	sa_rekey_pair(ctl, sa);
	if (dir == SA_DIR_IN)
		return 0;
	/* the one in use is the best of all the others */
	if (ifp->sa_out != NULL)
		sa = sa_rekey_better(ctl, ifp, ifp->sa_out->ctl, sa);
	refresh_with(ctl, ifp, sa);
	return iface_publish(ctl->ifaces, ifp, err);
}

void
sa_unbind(struct ctl *ctl, struct sa_ctl *sa)
{
	struct iface *ifp = iface_at(ctl->ifaces, sa->iface);
	struct err err = { 0 };

	if (ifp == NULL)
		return;
	sa->iface = 0; /* what devices hold of it still belongs to the interface */
	if (sa->dir != SA_DIR_OUT || ifp->sa_out != sa->sa)
		return;
	sa_bind_refresh(ctl, ifp);
	if (iface_publish(ctl->ifaces, ifp, &err) != 0)
		log_error("%s", err.msg);
}

void
sa_bind_iface(struct ctl *ctl, struct iface *ifp)
{
	struct err err = { 0 };
	struct sa_ctl *sa, *iter = NULL;

	if (!ip_is_set(&ifp->local))
		return;
	while ((sa = sadb_next_of(ctl->sadb, &ifp->local, &ifp->remote, ifp->reqid, &iter)) != NULL)
		if (claim(ctl, ifp, sa, SA_DIR_OUT, &err) < 0)
			log_error("%s: %s", ifp->name, err.msg);
	iter = NULL;
	while ((sa = sadb_next_of(ctl->sadb, &ifp->remote, &ifp->local, ifp->reqid, &iter)) != NULL)
		if (claim(ctl, ifp, sa, SA_DIR_IN, &err) < 0)
			log_error("%s: %s", ifp->name, err.msg);
	sa_rekey_pair_all(ctl, ifp);
}

void
sa_unbind_iface(struct ctl *ctl, struct iface *ifp, const struct ip_addr *local,
		const struct ip_addr *remote, uint32_t reqid)
{
	struct sa_ctl *sa, *iter = NULL;

	if (!ip_is_set(local))
		return;
	while ((sa = sadb_next_of(ctl->sadb, local, remote, reqid, &iter)) != NULL)
		if (sa->iface == ifp->index)
			iface_set(sa, 0);
	iter = NULL;
	while ((sa = sadb_next_of(ctl->sadb, remote, local, reqid, &iter)) != NULL)
		if (sa->iface == ifp->index)
			iface_set(sa, 0);
	ifp->sa_out = NULL;
}

enum sa_fit
sa_out_fit(const struct ctl *ctl, const struct iface *ifp, const struct sa_ctl *sa)
{
	if (sa->iface != ifp->index || sa->dir != SA_DIR_OUT)
		return SA_FIT_OTHER;
	if (!is_usable(sa))
		return SA_FIT_STATE;
	return ctl->note[sa->id].exhausted ? SA_FIT_SPENT : SA_FIT_GOOD;
}

/* MTU of the port that the outer packets leave by. */
static uint16_t
path_mtu(struct ctl *ctl, const struct iface *ifp)
{
	const struct iface *port = NULL;
	const struct neigh *n;

	switch (nh_kind(ifp->outer_nh)) {
	case NH_NEIGH:
		n = ctl->neighs->record[nh_index(ifp->outer_nh)];
		port = n == NULL ? NULL : iface_at(ctl->ifaces, n->iface);
		break;
	case NH_ATTACHED:
	case NH_IPSEC:
		port = iface_at(ctl->ifaces, (uint16_t)nh_index(ifp->outer_nh));
		break;
	default:
		break;
	}
	return port == NULL || port == ifp ? PATH_MTU_DEFAULT : port->mtu;
}

/*
 * The longest inner packet whose ESP packet fits: outer header, ESP header (8), IV, then inner packet, padding and two bytes of
 * trailer in whole blocks, ICV (RFC 4303, 2).
 */
static uint16_t
mtu_exact(uint16_t path, const struct outer *outer, const struct sa *sa)
{
	const unsigned int block = RTE_MAX(sa->block_len, 4);
	const unsigned int around = outer->len + 8u + sa->iv_len + sa->icv_len;
	unsigned int room = path > around ? path - around : 0;

	room -= room % block;
	room = RTE_MAX(room, IPSEC_MTU_MIN + 2u) - 2;
	return (uint16_t)RTE_MIN(room, (unsigned int)IPSEC_MTU_MAX);
}

static void
refresh_with(struct ctl *ctl, struct iface *ifp, struct sa_ctl *sa)
{
	struct outer_params prm = {
		.local = ifp->local,
		.remote = ifp->remote,
		.ttl = (uint8_t)ctl->sysctl[SYSCTL_TTL],
		.df = (enum outer_df)ctl->sysctl[SYSCTL_DFBIT],
		.ecn = (enum outer_ecn)ctl->sysctl[SYSCTL_ECN],
	};
	const struct outer old = ifp->outer;

	memset(&ifp->outer, 0, sizeof(ifp->outer));
	if (ip_is_set(&ifp->local)) {
		if (sa != NULL) {
			prm.natt_sport = sa->prm.natt_sport;
			prm.natt_dport = sa->prm.natt_dport;
		} else if (old.udp) {
			/* between two SAs: what is in a device still is for the same tunnel */
			const struct rte_udp_hdr *udp = old.af == AF_INET ? &old.udp4 : &old.udp6;

			prm.natt_sport = rte_be_to_cpu_16(udp->src_port);
			prm.natt_dport = rte_be_to_cpu_16(udp->dst_port);
		}
		outer_init(&ifp->outer, &prm);
	}
	if (!outer_same_tunnel(&old, &ifp->outer))
		ifp->tunnel = ++ctl->tunnel_serial;
	ifp->sa_out = sa == NULL ? NULL : sa->sa;
	if (ifp->mtu_auto)
		ifp->mtu = sa == NULL ? IPSEC_MTU_DEFAULT
				      : mtu_exact(path_mtu(ctl, ifp), &ifp->outer, sa->sa);
}

void
sa_bind_refresh(struct ctl *ctl, struct iface *ifp)
{
	refresh_with(ctl, ifp, ip_is_set(&ifp->local) ? sa_rekey_choose(ctl, ifp) : NULL);
}
