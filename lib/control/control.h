/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything an operator or a program can do to dpdk-ipsecif: the one API behind the CLI, the JSON file, the control socket and the
 * tests (ADR 8). Every rule and every message lives behind it.
 *
 * All functions are called on the control core only (ctl_assert_thread()). Setters return 0, also when nothing changes, or -errno
 * with one sentence in @p err; a refused change leaves no trace. They check, prepare, publish, retire, in that order.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/model.h"
#include "control/events.h"
#include "datapath/dataplane.h"
#include "iface/ipsec_if.h"
#include "iface/port_if.h"
#include "ipsec/engine.h"
#include "ipsec/sa.h"
#include "ipsec/sa_choice.h"
#include "ipsec/sa_progress.h"
#include "ipsec/sadb.h"
#include "route/rib.h"

struct ctl;
struct resolve;
struct event_base;

struct ctl_args {
	const unsigned int *worker_lcores; /* the only lcore itself where there is but one */
	unsigned int nb_workers;
	unsigned int nb_mbufs;    /* 0: chosen from ports and workers */
	uint16_t mbuf_data_bytes; /* 0: for the largest port MTU of 1500 */
	const struct port_ops *port_ops;
	const struct engine_ops *const *
			engines; /* in order of preference; opened here. crypto.engine picks among them */
	unsigned int nb_engines;
	struct rte_mempool *pool; /* NULL: made here */
};

/** Make the empty gateway: rcu_init(), tables, dataplane (not started), no port. After rte_eal_init(). NULL with @p err. */
struct ctl *ctl_create(const struct ctl_args *args, struct err *err);
void ctl_destroy(struct ctl *ctl);
/** Abort (RTE_VERIFY) when the caller is not the thread that called ctl_create(). */
void ctl_assert_thread(void);

struct dataplane *ctl_dataplane(struct ctl *ctl);
struct iface_table *ctl_ifaces(struct ctl *ctl);
struct neigh_table *ctl_neighs(struct ctl *ctl);
struct rib *ctl_rib(struct ctl *ctl);
struct fib_table *ctl_fibs(struct ctl *ctl);
struct sadb *ctl_sadb(struct ctl *ctl);
struct resolve *ctl_resolve(struct ctl *ctl);

/** Periodic work: punted packets, RCU, resolve. Every millisecond or faster; returns quickly. */
void ctl_poll(struct ctl *ctl);
/** Once a second: lifetimes, ageing. Called by ctl_poll() as time passes. */

/**
 * Between these, what depends on many objects (outer routes of tunnels, gateways) is worked out once, at the end, instead of after
 * each call. They nest.
 */
void ctl_batch_begin(struct ctl *ctl);
void ctl_batch_end(struct ctl *ctl);
/**
 * Between these many SAs may come, with pauses in which others do something else: of each kind of warning only some are logged, the
 * rest is counted. ctl_batch_begin() does it too. They nest.
 */
void ctl_many_begin(struct ctl *ctl);
void ctl_many_end(struct ctl *ctl);

/* --- interfaces: names as in ifconfig(8) --- */

/** Open a port and enter it. Before the workers start. */
int ctl_port_add(struct ctl *ctl, const struct cfg_port *port, struct err *err);

/** "ipsecN" or "ipsec" (lowest free). The name goes to @p ret_name (IFACE_NAME_MAX bytes, may be NULL). */
int ctl_if_create(struct ctl *ctl, const char *name, char *ret_name, struct err *err);
int ctl_if_destroy(struct ctl *ctl, const char *name, struct err *err);
/** @p af: AF_INET or AF_INET6 as typed before `tunnel`, 0: not typed. */
int ctl_if_set_tunnel(struct ctl *ctl, const char *name, int af, const struct ip_addr *local,
		const struct ip_addr *remote, struct err *err);
int ctl_if_delete_tunnel(struct ctl *ctl, const char *name, struct err *err);
int ctl_if_add_address(
		struct ctl *ctl, const char *name, const struct iface_addr *addr, struct err *err);
/** @p addr NULL: the first of family @p af. */
int ctl_if_remove_address(struct ctl *ctl, const char *name, int af, const struct ip_addr *addr,
		struct err *err);
/** IFACE_UP or IFACE_MONITOR, on or off. */
int ctl_if_set_flag(
		struct ctl *ctl, const char *name, enum iface_flag flag, bool on, struct err *err);
/** 0: automatic (`mtu auto`, ipsec interfaces only). */
int ctl_if_set_mtu(struct ctl *ctl, const char *name, uint32_t mtu_bytes, struct err *err);
int ctl_if_set_reqid(struct ctl *ctl, const char *name, uint32_t reqid, struct err *err);
int ctl_if_set_fib(struct ctl *ctl, const char *name, uint32_t fib, struct err *err);
int ctl_if_set_tunnelfib(struct ctl *ctl, const char *name, uint32_t fib, struct err *err);
/** "": none. At most IFACE_DESCR_MAX - 1 bytes. */
int ctl_if_set_description(struct ctl *ctl, const char *name, const char *text, struct err *err);

/* --- routes: route(8) --- */

struct ctl_route {
	struct ip_prefix prefix;
	uint16_t fib;
	enum rib_kind kind;
	struct ip_addr gateway;         /* RIB_GATEWAY */
	char interface[IFACE_NAME_MAX]; /* RIB_INTERFACE; the port of a link-local gateway, "": not said */
};
int ctl_route_add(struct ctl *ctl, const struct ctl_route *route, struct err *err);
int ctl_route_change(struct ctl *ctl, const struct ctl_route *route, struct err *err);
int ctl_route_delete(
		struct ctl *ctl, uint16_t fib, const struct ip_prefix *prefix, struct err *err);
/** The same, but only where it leads to what @p route says: FreeBSD's `route delete DEST GATEWAY` (ESRCH). */
int ctl_route_delete_to(struct ctl *ctl, const struct ctl_route *route, struct err *err);
/** Longest match for an address; -ESRCH ("not in table") when there is none. */
int ctl_route_get(struct ctl *ctl, uint16_t fib, const struct ip_addr *addr,
		struct rib_route *ret_route, struct err *err);

/* --- neighbours: arp(8), ndp(8) --- */

int ctl_neigh_add(struct ctl *ctl, const char *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac, struct err *err);
int ctl_neigh_delete(struct ctl *ctl, const struct ip_addr *addr, struct err *err);
/** That of one port alone: link-local addresses may be on several. */
int ctl_neigh_delete_on(
		struct ctl *ctl, const char *port, const struct ip_addr *addr, struct err *err);

/* --- SAs: setkey(8) --- */

/** Add a MATURE SA. -EEXIST, -EINVAL, -ENOTSUP (no device can do it: the message says which and why). @p ret_warning: "" or what is unwise (256 bytes, may be NULL). */
int ctl_sa_add(struct ctl *ctl, const struct sa_params *prm, char *ret_warning, struct err *err);
/** The same, going on from what an SA with this SPI, destination and these keys had got to (GETAE, NEWSA). -ERANGE as well. */
int ctl_sa_add_state(struct ctl *ctl, const struct sa_params *prm, const struct sa_progress *state,
		char *ret_warning, struct err *err);
/** What it has got to: sequence number, replay window, lifetimes used. */
void ctl_sa_get_state(struct ctl *ctl, const struct sa_ctl *sa, struct sa_progress *ret_state);
/** What a LARVAL SA is to be, and where its SPI may come from. */
struct ctl_getspi {
	struct ip_addr src, dst;
	uint32_t reqid;
	enum sa_mode mode;
	uint32_t spi_min, spi_max; /* both 0: net.key.spi_minval to net.key.spi_maxval */
	uint32_t seq;              /* of the ACQUIRE it answers, 0: none */
};
/**
 * Take a free SPI at random and hold it by a LARVAL SA, which ctl_sa_update() completes within net.key.larval_lifetime seconds, or it is
 * gone. -EEXIST: none is free; -EINVAL (range, ends), -EAFNOSUPPORT, -EADDRNOTAVAIL.
 */
int ctl_sa_getspi(
		struct ctl *ctl, const struct ctl_getspi *want, uint32_t *ret_spi, struct err *err);
/**
 * A LARVAL SA becomes MATURE as @p prm says (ends, SPI, reqid and mode are those it was made with); of a MATURE or DYING one the
 * lifetimes are replaced, and it is MATURE. -ESRCH: there is none such; else as ctl_sa_add(), and -EINVAL for what can not change any
 * more.
 */
int ctl_sa_update(struct ctl *ctl, const struct sa_params *prm, char *ret_warning, struct err *err);
/** -ESRCH. The pointer is borrowed until the next call into control. */
int ctl_sa_get(struct ctl *ctl, const struct ip_addr *src, const struct ip_addr *dst, uint32_t spi,
		struct sa_ctl **ret_sa, struct err *err);
int ctl_sa_delete(struct ctl *ctl, const struct ip_addr *src, const struct ip_addr *dst,
		uint32_t spi, struct err *err);
/** All between two ends; @return number deleted. */
int ctl_sa_delete_all(struct ctl *ctl, const struct ip_addr *src, const struct ip_addr *dst,
		struct err *err);
/** @return number deleted. */
int ctl_sa_flush(struct ctl *ctl);

/** The SAs that an interface might send with, oldest first, and why it does or does not: the choice of the datapath's own SA. */
void ctl_if_foreach_sa_out(struct ctl *ctl, const struct iface *ifp,
		void (*cb)(const struct sa_ctl *sa, enum sa_verdict verdict, void *arg), void *arg);

/**
 * crypto.engine: "auto" (the first in order of preference that can), or the name of one. For SAs added from now on. -EINVAL.
 */
int ctl_set_engine(struct ctl *ctl, const char *name, struct err *err);
/** As set. */
const char *ctl_engine_name(const struct ctl *ctl);

/* --- policies: four per ipsec interface with a tunnel (if_ipsec(4)) --- */

struct ctl_policy {
	uint32_t id;
	bool out, ip6;
	struct ip_addr src, dst; /* of the tunnel, in the policy's direction */
	uint32_t reqid;
	uint16_t iface;
	char interface[IFACE_NAME_MAX];
};
/** Policy @p i (0 to 3) of an interface. false: it has none. */
bool ctl_policy_at(struct ctl *ctl, const struct iface *ifp, unsigned int i,
		struct ctl_policy *ret_policy);
void ctl_policy_foreach(
		struct ctl *ctl, void (*cb)(const struct ctl_policy *policy, void *arg), void *arg);
/** `spdflush`: those of interfaces stay, and there are no others. Announced. */
void ctl_policy_flush(struct ctl *ctl);

/* --- events: what happens to SAs and policies, to whoever listens --- */

struct events *ctl_events(struct ctl *ctl);

/* --- sysctl --- */

struct ctl_sysctl {
	const char *name;
	const char *description;
	int64_t value, minimum, maximum, initial;
	const char *const *words; /* names of the values from the minimum on, NULL: numbers */
};
/** -ENOENT unknown, -EINVAL out of range. */
int ctl_sysctl_set(struct ctl *ctl, const char *name, int64_t value, struct err *err);
/** The same as it is typed: a number, or one of the names of the values. */
int ctl_sysctl_set_text(struct ctl *ctl, const char *name, const char *text, struct err *err);
int ctl_sysctl_get(struct ctl *ctl, const char *name, int64_t *ret_value, struct err *err);
/** i from 0 until false. @p ctl NULL: names and ranges alone, each at its initial value. */
bool ctl_sysctl_at(struct ctl *ctl, unsigned int i, struct ctl_sysctl *ret_sysctl);

/* --- counters --- */

struct ctl_sa_counts {
	uint64_t packets, bytes, auth_failed, replayed, errors;
	uint64_t created_s;  /* wall clock as it is set now */
	uint64_t age_s;      /* since then, however the wall clock was set meanwhile */
	uint64_t last_use_s; /* wall clock as it is set now, 0: not in this run */
	uint64_t seq;        /* the highest number sent, or received and good */
};
void ctl_sa_counts(struct ctl *ctl, const struct sa_ctl *sa, struct ctl_sa_counts *ret_counts);
struct ctl_if_counts {
	uint64_t ipackets, ibytes, ierrors, idrops, opackets, obytes, oerrors, odrops;
};
void ctl_if_counts(struct ctl *ctl, const struct iface *ifp, struct ctl_if_counts *ret_counts);
/** Device counters of a port. */
int ctl_port_stats(struct ctl *ctl, const struct iface *ifp, struct port_stats *ret_stats);
int ctl_port_link(struct ctl *ctl, const struct iface *ifp, bool *ret_up, uint32_t *ret_mbps);
/** `clear counters`: interfaces, SAs' statistics excluded (they carry lifetimes), drops, workers. */
void ctl_clear_counters(struct ctl *ctl);
/** Why there: "fastest", "hardware", "ipsec_mb does not run it", "crypto.engine was cryptodev". */
void ctl_sa_why(struct ctl *ctl, const struct sa_ctl *sa, char *buf, unsigned int size);
/** Where an SA runs, for `show crypto`: "cryptodev crypto_aesni_gcm0". */
void ctl_sa_where(struct ctl *ctl, const struct sa_ctl *sa, char *buf, unsigned int size);

/* --- whole configurations --- */

/**
 * Make what runs what the file says: the difference is worked out and applied. Ports can only be added before the workers start;
 * later a change of ports is refused. On a mistake everything that was changed is put back, and @p errors says what was wrong.
 * @return 0 or -errno.
 */
int ctl_apply(struct ctl *ctl, const struct cfg *cfg, struct cfg_errors *errors);
/**
 * The same, but it goes back by itself after @p seconds unless ctl_confirm() is called. Going back means: interfaces, addresses, routes,
 * neighbours and settings as they were before, whatever was changed meanwhile; SAs that it added go, those that it removed or changed
 * come back, others stay as they are then. Till then ctl_apply() and a second one are refused with -EBUSY. @p what names it.
 */
int ctl_apply_unless(struct ctl *ctl, const struct cfg *cfg, const char *what, uint32_t seconds,
		struct cfg_errors *errors);
/** Keep it. -ENOENT: no load waits. */
int ctl_confirm(struct ctl *ctl, struct err *err);
/** Go back now. -ENOENT. */
int ctl_confirm_back(struct ctl *ctl, struct err *err);
struct ctl_pending_info {
	const char *what; /* borrowed until the next call into control */
	uint32_t seconds_left;
};
/** Does a load wait for ctl_confirm()? */
bool ctl_confirm_info(const struct ctl *ctl, struct ctl_pending_info *ret_info);
/** What runs, as a configuration. NULL with @p err. Caller frees with cfg_free(). */
struct cfg *ctl_snapshot(struct ctl *ctl, struct err *err);
/** What apply would do, a line each ("+ ipsec ipsec7", "~ sa ...", "- route ..."). Keys never appear. */
int ctl_diff(struct ctl *ctl, const struct cfg *cfg, void (*line)(const char *text, void *arg),
		void *arg, struct cfg_errors *errors);
/** Names in the JSON file to sa_params: algorithm look-up, key lengths; used by apply and `-n`. */
int ctl_sa_params(const struct cfg_sa *sa, struct sa_params *ret_prm, struct err *err);
/** All that can be checked of a configuration without devices: cfg_check() and every rule of the setters. @return Number of mistakes. */
unsigned int ctl_check(const struct cfg *cfg, struct cfg_errors *errors);
/** Read a file and check it as ctl_check() does, also what is right of a file with mistakes: all of them at once. NULL when there is one. */
struct cfg *ctl_read_file(const char *path, struct cfg_errors *errors);

/* --- what SAs have got to, across restarts --- */

/**
 * Keep a state file, whatever configurations say (`--state`): it is read now, SAs that are added from now on go on from it, and it is
 * written at ctl_start(), while the workers run, and at ctl_stop(). What can not be read is logged. Before ctl_apply().
 */
int ctl_state_fix(struct ctl *ctl, const char *file, struct err *err);
/** Write a state file once (`save -state`). */
int ctl_state_save(struct ctl *ctl, const char *path, struct err *err);
struct ctl_state_info {
	const char *file; /* that is kept; "": none */
	uint64_t saved_s; /* wall clock as it is set now; 0: not in this run */
	uint64_t ago_s;   /* since then */
	bool failing;     /* it could not be written last time */
	unsigned int carried, fresh,
			left; /* SAs: went on from it; began anew; are in it and not here */
};
void ctl_state_info(struct ctl *ctl, struct ctl_state_info *ret_info);

/* --- start and stop --- */

int ctl_start(struct ctl *ctl, struct err *err);
void ctl_stop(struct ctl *ctl);
bool ctl_is_started(const struct ctl *ctl);

#endif
