/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control core's root: it makes the tables, engines and dataplane, starts and stops them, and does the periodic work. The
 * setters are in ctl_*.c; what a packet needs of the control core is in resolve.c.
 */
#include "control/control.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <rte_debug.h>
#include <rte_mbuf.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rcu.h"
#include "control/ctl.h"
#include "control/ctl_config.h"
#include "net/pkt.h"

#define TICK_MS 100
#define RECLAIM_MS 2
#define PUNT_BURST 32
#define EVENTS_PER_POLL 128 /* to all who listen */
#define PUNT_BURSTS_MAX \
	8 /* of one poll, so that a flood leaves the operator's commands their turn */

/* The thread that owns control. Two gateways in one process (tests) belong to the same thread. */
static pthread_t owner;
static unsigned int nb_owned;

void
ctl_assert_thread(void)
{
	RTE_VERIFY(nb_owned != 0 && pthread_equal(owner, pthread_self()));
}

/* The outer route of a tunnel has changed: resolve.c has set ifp->outer_nh. */
static void
outer_changed(struct iface *ifp, void *arg)
{
	struct ctl *ctl = arg;
	struct err err = { 0 };

	sa_bind_refresh(ctl, ifp);
	if (iface_publish(ctl->ifaces, ifp, &err) != 0)
		log_error("%s", err.msg);
}

static int
pool_create(struct ctl *ctl, const struct ctl_args *args, struct err *err)
{
	unsigned int n = args->nb_mbufs;
	uint16_t data = args->mbuf_data_bytes;

	ctl->pool = args->pool;
	if (ctl->pool != NULL)
		return 0;
	if (n == 0)
		n = RTE_MIN(16384u + 16384u * args->nb_workers, 262144u);
	data = data == 0 ? RTE_MBUF_DEFAULT_BUF_SIZE : (uint16_t)(data + RTE_PKTMBUF_HEADROOM);
	ctl->pool = rte_pktmbuf_pool_create(
			"packets", n, 256, PKT_PRIV_SIZE, data, (int)rte_socket_id());
	if (ctl->pool == NULL)
		return err_set(err, ENOMEM,
				"memory: no room for %u packet buffers (give EAL more with -m)", n);
	ctl->own_pool = true;
	return 0;
}

static int
tables_create(struct ctl *ctl, struct err *err)
{
	ctl->fibs = calloc(1, sizeof(*ctl->fibs));
	ctl->note = calloc(SA_MAX, sizeof(*ctl->note));
	ctl->twin = calloc(CTL_TWIN_BUCKETS, sizeof(*ctl->twin));
	ctl->routes = calloc(IFACE_MAX, sizeof(*ctl->routes));
	if (ctl->fibs == NULL || ctl->note == NULL || ctl->twin == NULL || ctl->routes == NULL)
		return err_set(err, ENOMEM, "control: out of memory");
	ctl->rib = rib_create(ctl->fibs, err);
	if (ctl->rib == NULL)
		return -ENOMEM;
	ctl->neighs = neigh_table_create(err);
	if (ctl->neighs == NULL)
		return -ENOMEM;
	ctl->ifaces = iface_table_create(ctl->nb_workers, err);
	if (ctl->ifaces == NULL)
		return -ENOMEM;
	ctl->events = events_create(EVENTS_KEPT, err);
	if (ctl->events == NULL)
		return -ENOMEM;
	ctl->acquire = acquire_create(err);
	if (ctl->acquire == NULL)
		return -ENOMEM;
	ctl->sadb = sadb_create(ctl->nb_workers, err);
	if (ctl->sadb == NULL)
		return -ENOMEM;
	/* the FIB that nearly every interface uses, so that workers always find it */
	return fib_get(ctl->fibs, 0, err) == NULL ? -ENOMEM : 0;
}

static int
dataplane_create(struct ctl *ctl, const struct ctl_args *args, struct err *err)
{
	const struct dp_tunables tunables = ctl_tunables(ctl);
	const struct dp_args dp = {
		.nb_workers = args->nb_workers,
		.lcores = args->worker_lcores,
		.ifaces = ctl->ifaces,
		.fibs = ctl->fibs,
		.neighs = ctl->neighs,
		.sadb = ctl->sadb,
		.engines = ctl->engine,
		.nb_engines = ctl->nb_engines,
		.pool = ctl->pool,
		.tunables = &tunables,
	};
	struct resolve_args res = {
		.ifaces = ctl->ifaces,
		.neighs = ctl->neighs,
		.rib = ctl->rib,
		.fibs = ctl->fibs,
		.pool = ctl->pool,
		.outer_changed = outer_changed,
		.arg = ctl,
	};

	ctl->dp = dp_create(&dp, err);
	if (ctl->dp == NULL)
		return -ENOMEM;
	res.dp = ctl->dp;
	ctl->resolve = resolve_create(&res, err);
	return ctl->resolve == NULL ? -ENOMEM : 0;
}

struct ctl *
ctl_create(const struct ctl_args *args, struct err *err)
{
	struct ctl *ctl;

	if (nb_owned != 0)
		ctl_assert_thread();
	ctl = calloc(1, sizeof(*ctl));
	if (ctl == NULL) {
		err_set(err, ENOMEM, "control: out of memory");
		return NULL;
	}
	if (rcu_init(args->nb_workers, err) != 0) {
		free(ctl);
		return NULL;
	}
	owner = pthread_self();
	nb_owned++;
	ctl->nb_workers = args->nb_workers;
	ctl->port_ops = args->port_ops;
	ctl_sysctl_init(ctl);
	if (ctl_state_create(ctl, err) != 0 || pool_create(ctl, args, err) != 0 ||
			tables_create(ctl, err) != 0 || ctl_engines_open(ctl, args, err) != 0 ||
			dataplane_create(ctl, args, err) != 0) {
		ctl_destroy(ctl);
		return NULL;
	}
	return ctl;
}

static void
ports_close(struct ctl *ctl)
{
	unsigned int i;

	for (i = 0; i < PORT_MAX; i++) {
		if (ctl->port[i] == NULL)
			continue;
		ctl->port_ops->close((uint16_t)i);
		free(ctl->port[i]);
		ctl->port[i] = NULL;
	}
}

/* Everything that retires something goes before rcu_fini(), everything a retired SA needs (its engine) after it. */
void
ctl_destroy(struct ctl *ctl)
{
	unsigned int i;

	if (ctl == NULL)
		return;
	ctl_assert_thread();
	ctl_stop(ctl);
	if (ctl->sadb != NULL) {
		ctl_confirm_forget(ctl);
		ctl_sa_flush(ctl);
	}
	ports_close(ctl);
	resolve_destroy(ctl->resolve);
	dp_destroy(ctl->dp);
	for (i = 0; ctl->routes != NULL && i < IFACE_MAX; i++)
		ctl_route_list_free(&ctl->routes[i]);
	rib_destroy(ctl->rib);
	neigh_table_destroy(ctl->neighs);
	iface_table_destroy(ctl->ifaces);
	if (ctl->fibs != NULL)
		fib_table_fini(ctl->fibs);
	rcu_reclaim();
	sadb_destroy(ctl->sadb);
	rcu_fini();
	ctl_engines_close(ctl);
	if (ctl->own_pool)
		rte_mempool_free(ctl->pool);
	acquire_destroy(ctl->acquire);
	events_destroy(ctl->events);
	ctl_state_destroy(ctl);
	free(ctl->fibs);
	free(ctl->note);
	free(ctl->twin);
	free(ctl->routes);
	free(ctl);
	nb_owned--;
}

int
ctl_start(struct ctl *ctl, struct err *err)
{
	struct iface *ifp;
	unsigned int i;
	uint16_t a;
	int rc;

	ctl_assert_thread();
	if (ctl->started)
		return 0;
	for (i = 0; i < PORT_MAX; i++) {
		if (ctl->port[i] == NULL)
			continue;
		rc = ctl->port_ops->start((uint16_t)i, err);
		if (rc != 0)
			return rc;
	}
	ctl_settle(ctl);
	ctl_state_start(ctl);
	rc = dp_start(ctl->dp, err);
	if (rc != 0)
		return rc;
	ctl->started = true;
	for (ifp = iface_next(ctl->ifaces, NULL); ifp != NULL; ifp = iface_next(ctl->ifaces, ifp))
		for (a = 0; ifp->kind == IFACE_PORT && a < ifp->nb_addrs; a++)
			resolve_announce(ctl->resolve, ifp, &ifp->addrs[a].prefix.addr);
	return 0;
}

void
ctl_stop(struct ctl *ctl)
{
	ctl_assert_thread();
	if (!ctl->started)
		return;
	dp_stop(ctl->dp);
	ctl->started = false;
	ctl_state_stop(ctl);
}

bool
ctl_is_started(const struct ctl *ctl)
{
	return ctl->started;
}

void
ctl_poll(struct ctl *ctl)
{
	const uint64_t now = clock_mono_ms();
	struct rte_mbuf *pkts[PUNT_BURST];
	unsigned int n, i, burst;

	ctl_assert_thread();
	for (burst = 0; burst < PUNT_BURSTS_MAX; burst++) {
		n = dp_punt_poll(ctl->dp, pkts, PUNT_BURST);
		for (i = 0; i < n; i++)
			resolve_packet(ctl->resolve, pkts[i], now);
		if (n < PUNT_BURST)
			break;
	}
	acquire_poll(ctl, now);
	if (now >= ctl->next_reclaim_ms) {
		ctl->next_reclaim_ms = now + RECLAIM_MS;
		ctl_settle(ctl);
		rcu_reclaim();
	}
	if (now >= ctl->next_tick_ms) {
		ctl->next_tick_ms = now + TICK_MS;
		sa_rekey_poll(ctl);
		resolve_tick(ctl->resolve, now);
		ctl_confirm_tick(ctl, now);
	}
	if (now >= ctl->next_second_ms) {
		ctl->next_second_ms = now + 1000;
		ctl_sa_second(ctl, now);
		acquire_second(ctl, now);
		if (ctl->started)
			ctl_state_second(ctl, now);
	}
	events_dispatch(ctl->events, EVENTS_PER_POLL);
}

void
ctl_settle(struct ctl *ctl)
{
	if (ctl->batch == 0)
		resolve_run(ctl->resolve);
}

void
ctl_batch_begin(struct ctl *ctl)
{
	ctl_assert_thread();
	ctl->batch++;
}

static void
warnings_sum_up(struct ctl *ctl)
{
	const uint32_t unwise = ctl->batch_warnings[0], shared = ctl->batch_warnings[1];

	if (unwise > CTL_BATCH_WARNINGS)
		log_warning("%u more SAs have warnings like these", unwise - CTL_BATCH_WARNINGS);
	if (shared > CTL_BATCH_WARNINGS)
		log_warning("%u more SAs share key and salt with another",
				shared - CTL_BATCH_WARNINGS);
	memset(ctl->batch_warnings, 0, sizeof(ctl->batch_warnings));
}

void
ctl_batch_end(struct ctl *ctl)
{
	ctl_assert_thread();
	RTE_VERIFY(ctl->batch > 0);
	if (--ctl->batch != 0)
		return;
	if (ctl->many == 0)
		warnings_sum_up(ctl);
	ctl_settle(ctl);
	rcu_reclaim();
}

void
ctl_many_begin(struct ctl *ctl)
{
	ctl_assert_thread();
	ctl->many++;
}

void
ctl_many_end(struct ctl *ctl)
{
	ctl_assert_thread();
	RTE_VERIFY(ctl->many > 0);
	if (--ctl->many == 0 && ctl->batch == 0)
		warnings_sum_up(ctl);
}

struct dataplane *
ctl_dataplane(struct ctl *ctl)
{
	return ctl->dp;
}

struct iface_table *
ctl_ifaces(struct ctl *ctl)
{
	return ctl->ifaces;
}

struct neigh_table *
ctl_neighs(struct ctl *ctl)
{
	return ctl->neighs;
}

struct rib *
ctl_rib(struct ctl *ctl)
{
	return ctl->rib;
}

struct fib_table *
ctl_fibs(struct ctl *ctl)
{
	return ctl->fibs;
}

struct sadb *
ctl_sadb(struct ctl *ctl)
{
	return ctl->sadb;
}

struct resolve *
ctl_resolve(struct ctl *ctl)
{
	return ctl->resolve;
}
