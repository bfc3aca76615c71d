/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of control: struct ctl and what its files need of each other. Nothing outside lib/control includes it.
 * control.c makes and drives it, ctl_iface.c, ctl_addr.c, ctl_route.c, ctl_sa.c and ctl_sysctl.c are the setters, sa_bind.c
 * says which interface an SA serves, show.c counts, apply.c and snapshot.c do whole configurations.
 */
#ifndef CONTROL_CTL_H
#define CONTROL_CTL_H

#include <sys/queue.h>

#include "control/control.h"
#include "control/resolve.h"

/** A static route in the list of the interface it leads to, so that the interface takes its routes along when it goes. */
struct ctl_route_link {
	LIST_ENTRY(ctl_route_link) next;
	struct rib_route *route;
};
LIST_HEAD(ctl_route_list, ctl_route_link);

/** What control remembers of an SA beside struct sa_ctl; index: its id. 0 ends a chain. */
struct ctl_sa_note {
	bool published;   /* inbound, in the workers' table */
	bool unclaimed;   /* in the workers' table as one that no interface claims */
	bool exhausted;   /* outbound: no sequence number is left, or nearly none */
	bool ended;       /* outbound: none is left */
	bool near_end;    /* outbound: 80 % are used */
	bool paired;      /* has a partner, or had one */
	bool proven;      /* outbound: the other end has the pair (sa_rekey.c) */
	bool waits;       /* in the list of those that are to be proven */
	uint32_t partner; /* id of the SA of the other direction, 0: none */
	uint32_t wait_next, wait_prev;
	uint64_t seq_before; /* near_end: the number a second ago */
	bool timed;          /* in the list of those with lifetimes, or LARVAL */
	uint32_t seq;        /* of the ACQUIRE it answers, 0: none */
	uint32_t timed_next, timed_prev;
	uint64_t reserved; /* outbound: what the state file says, nothing higher may be sent before it says more */
	uint32_t twin_next; /* next of the same fingerprint bucket; counter-mode SAs only */
	struct sa_ctl *sa;  /* NULL: id not in use */
};

#define CTL_TWIN_BUCKETS 16384
#define CTL_BATCH_WARNINGS 16 /* of a kind in one batch */

/** Values of sysctls, in the order of ctl_sysctl.c's table. */
enum ctl_sysctl_id {
	SYSCTL_PREFERRED_OLDSA,
	SYSCTL_REKEY,
	SYSCTL_REKEY_TIMEOUT,
	SYSCTL_DFBIT,
	SYSCTL_ECN,
	SYSCTL_TTL,
	SYSCTL_BLOCKACQ_COUNT,
	SYSCTL_BLOCKACQ_LIFETIME,
	SYSCTL_LARVAL_LIFETIME,
	SYSCTL_SPI_MINVAL,
	SYSCTL_SPI_MAXVAL,
	SYSCTL_SPI_TRYCNT,
	SYSCTL_STAGE_CYCLES,
	SYSCTL_SPREAD,
	SYSCTL_IDLE,
	SYSCTL_IDLE_MAX_US,
	SYSCTL_COUNT
};

struct ctl_state;
struct ctl_pending;

struct ctl {
	/* all [C] */
	struct dataplane *dp;
	struct iface_table *ifaces;
	struct neigh_table *neighs;
	struct rib *rib;
	struct fib_table *fibs;
	struct sadb *sadb;
	struct resolve *resolve;
	struct rte_mempool *pool;
	bool own_pool;
	bool started;
	unsigned int nb_workers;
	unsigned int batch;         /* depth of ctl_batch_begin() */
	unsigned int many;          /* depth of ctl_many_begin() */
	uint16_t tunnel_serial;     /* of the last tunnel made: iface_row.tunnel */
	uint32_t batch_warnings[2]; /* about SAs in this batch: unwise ones, shared keys */

	const struct port_ops *port_ops;
	struct cfg_port *port
			[PORT_MAX]; /* by ethdev port: as it was asked for, without addresses; NULL: none */

	struct engine *engine[ENGINE_MAX]; /* in order of preference, all open */
	unsigned int nb_engines;
	char engine_wanted[16]; /* crypto.engine: "auto" or a name */

	int64_t sysctl[SYSCTL_COUNT];

	struct ctl_sa_note *note; /* SA_MAX of them */
	uint32_t *twin;           /* CTL_TWIN_BUCKETS heads: ids of SAs by fingerprint */
	uint32_t timed;           /* head of the list of SAs with lifetimes */
	uint32_t waiting;         /* head of the list of SAs to be proven */
	uint32_t next_sequence;   /* id of the SA whose sequence number is looked at next */

	struct ctl_state *state; /* ctl_state.c's */
	struct sa_ctl *aside;    /* SAs that a transaction has put aside, linked by sa_ctl.aside */
	struct ctl_pending
			*pending; /* transaction.c's: a load that waits for `confirm`; NULL: none */

	struct ctl_route_list *
			routes; /* IFACE_MAX lists: static routes by interface; [0]: those that drop; by gateway: resolve's */
	struct events *events;
	struct acquire *acquire;

	uint64_t next_tick_ms, next_second_ms, next_reclaim_ms;
};

/* control.c */
/** Outside a batch: work out what routes and tunnels resolve to. Each setter that changes routes or tunnels ends with it. */
void ctl_settle(struct ctl *ctl);
/** The interface of that name, or NULL with ENXIO: "ipsec7: interface does not exist". */
struct iface *ctl_iface(struct ctl *ctl, const char *name, struct err *err);
/** The same, and it must be an ipsec interface (EINVAL). */
struct iface *ctl_ipsec(struct ctl *ctl, const char *name, struct err *err);

/* ctl_addr.c: routes that addresses bring */
int ctl_addr_add(
		struct ctl *ctl, struct iface *ifp, const struct iface_addr *addr, struct err *err);
void ctl_addr_routes_remove(struct ctl *ctl, const struct iface *ifp, const struct iface_addr *addr,
		uint16_t fib);
int ctl_addr_routes_add(struct ctl *ctl, const struct iface *ifp, const struct iface_addr *addr,
		struct err *err);
/** An address came or went: RUNNING of the tunnels that start there. */
void ctl_addr_event(struct ctl *ctl, const struct ip_addr *addr);
/** All addresses of an interface that goes. */
void ctl_addr_flush(struct ctl *ctl, struct iface *ifp);

/* ctl_route.c */
/** All static routes that lead to an interface that goes, directly or by a gateway behind it. */
void ctl_route_flush(struct ctl *ctl, const struct iface *ifp);
void ctl_route_list_free(struct ctl_route_list *list);

/* sa_bind.c */
/** An SA was added: let the interface claim it that wants it, if any. 0 or -errno: then it serves none. */
int sa_bind(struct ctl *ctl, struct sa_ctl *sa, struct err *err);
/** It serves no interface any more. The caller has called iface_prepare(). */
void sa_unbind(struct ctl *ctl, struct sa_ctl *sa);
/** A tunnel or reqid was set: claim the SAs that match it. Publishes nothing. */
void sa_bind_iface(struct ctl *ctl, struct iface *ifp);
/** The interface lets go of the SAs of this tunnel. Publishes nothing. */
void sa_unbind_iface(struct ctl *ctl, struct iface *ifp, const struct ip_addr *local,
		const struct ip_addr *remote, uint32_t reqid);
/** Could an interface send with an SA of its ends and reqid? explain says it in words. */
enum sa_fit {
	SA_FIT_GOOD,
	SA_FIT_SPENT, /* it could, and has no sequence numbers left */
	SA_FIT_STATE, /* not MATURE or DYING */
	SA_FIT_OTHER  /* not claimed by it for the way out (mode, direction) */
};
enum sa_fit sa_out_fit(const struct ctl *ctl, const struct iface *ifp, const struct sa_ctl *sa);
/** Choose the outbound SA among all and make the outer header and the automatic MTU anew. Publishes nothing. */
void sa_bind_refresh(struct ctl *ctl, struct iface *ifp);

/* sa_rekey.c */
/** As net.key.preferred_oldsa and net.key.rekey say. */
enum sa_prefer sa_prefer(const struct ctl *ctl);
/** An SA has just been claimed: is it the other half of the newest one of the other direction? */
void sa_rekey_pair(struct ctl *ctl, const struct sa_ctl *sa);
/** An interface has claimed SAs that were there before it. */
void sa_rekey_pair_all(struct ctl *ctl, const struct iface *ifp);
/** The SA goes. */
void sa_rekey_leave(struct ctl *ctl, const struct sa_ctl *sa);
/** The SA that an interface is to send with; NULL: none is usable. What is not proven is looked at from now on. */
struct sa_ctl *sa_rekey_choose(struct ctl *ctl, const struct iface *ifp);
/** The same of two. */
struct sa_ctl *sa_rekey_better(
		struct ctl *ctl, const struct iface *ifp, struct sa_ctl *now, struct sa_ctl *sa);
/** Has something come for those that wait? Ten times a second. */
void sa_rekey_poll(struct ctl *ctl);

/* ctl_sa.c */
/** Enter a new SA into what control remembers, and take it out. Lists of those that time does something to, of equal keys. */
void ctl_sa_note_enter(struct ctl *ctl, struct sa_ctl *sa);
void ctl_sa_note_leave(struct ctl *ctl, struct sa_ctl *sa);
/** Its lifetimes are other ones. */
void ctl_sa_note_timed(struct ctl *ctl, struct sa_ctl *sa);
/** All that is legal but unwise, told and logged. */
void ctl_sa_warn(struct ctl *ctl, const struct sa_params *prm, char *ret_warning);
void ctl_sa_state_set(struct sa_ctl *sa, enum sa_state state);
/** Out of the interface's row first, then out of every table. Announces nothing. */
void ctl_sa_drop(struct ctl *ctl, struct sa_ctl *sa);
/** An SA that has begun to serve: is it what packets waited for? */
void ctl_sa_serves(struct ctl *ctl, const struct sa_ctl *sa);
/** Lifetimes. Once a second. */
void ctl_sa_second(struct ctl *ctl, uint64_t now_ms);

/* larval.c */
/** Is it LARVAL? Then it goes when its time is over. */
bool larval_second(struct ctl *ctl, struct sa_ctl *sa, uint64_t now_ms);

/* announce.c: make events of what happens. An SA that goes is announced while it is still there */
void announce_sa(struct ctl *ctl, enum ipsec_event_kind kind, const struct sa_ctl *sa);
void announce_expire(struct ctl *ctl, const struct sa_ctl *sa, bool is_hard, enum ipsec_expire why);
void announce_flush(struct ctl *ctl, uint32_t n);
#define CTL_IF_POLICIES 4
/** @return Number of policies of an interface: 4, or 0 without a tunnel. */
unsigned int policies_of(struct ctl *ctl, const struct iface *ifp,
		struct ctl_policy ret_policies[CTL_IF_POLICIES]);
void announce_policies(struct ctl *ctl, enum ipsec_event_kind kind,
		const struct ctl_policy *policies, unsigned int n);
/** Those of the interface as it is now are new; those it had before are gone. */
void announce_policies_change(struct ctl *ctl, const struct iface *ifp,
		const struct ctl_policy *before, unsigned int nb_before);

/* acquire.c: packets that wait for an SA */
struct acquire *acquire_create(struct err *err);
void acquire_destroy(struct acquire *a);
/** What workers have rung about. Each poll. */
void acquire_poll(struct ctl *ctl, uint64_t now_ms);
/** Once a second: what is forgotten. */
void acquire_second(struct ctl *ctl, uint64_t now_ms);
/** The interface is new, has another tunnel or reqid, or an outbound SA: nobody waits there. */
void acquire_forget(struct ctl *ctl, uint16_t iface);

/* sa_aside.c */
/**
 * Take an SA out of all tables, so that nobody uses it, but keep it with session, numbers and counters: the way back can not fail for want of
 * memory. 0 or -ENOMEM.
 */
int ctl_sa_put_aside(struct ctl *ctl, struct sa_ctl *sa, struct err *err);
/** One that is put aside, or NULL. */
struct sa_ctl *ctl_sa_aside_find(struct ctl *ctl, const struct ip_addr *dst, uint32_t spi);
/** As it was. -EEXIST. */
int ctl_sa_take_back(struct ctl *ctl, struct sa_ctl *sa, struct err *err);
/** There is no way back any more: they are retired. */
void ctl_sa_aside_end(struct ctl *ctl);

/* ctl_state.c */
int ctl_state_create(struct ctl *ctl, struct err *err);
void ctl_state_destroy(struct ctl *ctl);
/** What a configuration says about the state file; "": none. 0 or -errno: it can not be written. */
int ctl_set_state(struct ctl *ctl, const char *file, uint32_t seconds, struct err *err);
/** As set by ctl_set_state(). */
const char *ctl_state_wanted(const struct ctl *ctl, uint32_t *ret_seconds);
/** An SA was added, no interface has claimed it yet: let it go on from the state file, if that has it. */
void ctl_state_carry(struct ctl *ctl, struct sa_ctl *sa);
/** Once a second. */
void ctl_state_second(struct ctl *ctl, uint64_t now_ms);
/** Before the workers start, and when they have stopped. */
void ctl_state_start(struct ctl *ctl);
void ctl_state_stop(struct ctl *ctl);

/* state_time.c */
struct cfg_state;
struct cfg_state_sa;
/** When a state file was saved, on clock_mono_ms() of this run. What there is to know of it before anybody trusts it is logged. */
uint64_t state_time_of(const char *file, const struct cfg_state *from);
/** When an SA of such a file was made and first used. @p hard_s: its hard lifetime, 0: none. */
void state_time_sa(const struct cfg_state *from, uint64_t from_ms, const struct cfg_state_sa *sa,
		uint64_t hard_s, struct sa_progress *ret);
/** The other way round, into what will be written: the moment, and the ages of an SA then. */
void state_time_put(struct cfg_state *to);
void state_time_put_sa(struct cfg_state_sa *to, const struct sa_progress *p);

/* ctl_sysctl.c */
void ctl_sysctl_init(struct ctl *ctl);
/** The tunables of the datapath that the sysctls say. */
struct dp_tunables ctl_tunables(const struct ctl *ctl);

/* ctl_engine.c */
int ctl_engines_open(struct ctl *ctl, const struct ctl_args *args, struct err *err);
void ctl_engines_close(struct ctl *ctl);
/** The engine that will run such an SA, by crypto.engine. NULL with ENOTSUP and the engine's reason. */
struct engine *ctl_engine_for(struct ctl *ctl, const struct sa_params *prm, struct err *err);
/** Does crypto.engine name one? */
bool ctl_engine_is_forced(const struct ctl *ctl);

#endif
