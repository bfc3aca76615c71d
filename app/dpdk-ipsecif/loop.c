/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the control core does all day: events (signals, CLI, timers), ctl_poll() every millisecond, and where it is the only lcore
 * the worker's polls in between.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "app.h"
#include "base/clock.h"
#include "base/log.h"

#define CTL_POLL_US 1000
#define IDLE_CHECK_US 50000
#define SLICE_US 250      /* of polling between two looks at the events */
#define NAP_AFTER_US 5000 /* the only lcore sleeps a little when nothing came for so long */
#define NAP_US 50

static void
on_ctl_poll(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;

	(void)fd;
	(void)what;
	ctl_poll(app->ctl);
}

static void
on_stop(evutil_socket_t sig, short what, void *arg)
{
	struct app *app = arg;

	(void)what;
	log_notice("signal %d: stopping", (int)sig);
	app->stopping = true;
	event_base_loopbreak(app->base);
}

static void
on_hup(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	config_reload(arg);
}

/* Idle since when is the control core's to say, by its own clock: workers only count what they receive. */
static void
on_idle_check(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	struct dataplane *dp = ctl_dataplane(app->ctl);
	const uint64_t now_ms = clock_mono_ms(), received = dp_received(dp);

	(void)fd;
	(void)what;
	if (received != app->received) {
		app->received = received;
		app->idle_from_ms = now_ms;
	}
	if ((double)clock_diff(now_ms, app->idle_from_ms) < app->args.idle_exit_s * 1000 ||
			!dp_is_empty(dp))
		return;
	log_notice("no packet for %g s: stopping", app->args.idle_exit_s);
	app->stopping = true;
	event_base_loopbreak(app->base);
}

static int
event_enter(struct app *app, struct event *ev, uint64_t period_us)
{
	const struct timeval tv = { .tv_sec = (time_t)(period_us / 1000000),
		.tv_usec = (suseconds_t)(period_us % 1000000) };

	if (ev == NULL || event_add(ev, period_us == 0 ? NULL : &tv) != 0) {
		if (ev != NULL)
			event_free(ev);
		return -ENOMEM;
	}
	app->timers[app->nb_timers++] = ev;
	return 0;
}

static void
loop_stop(struct app *app)
{
	while (app->nb_timers > 0)
		event_free(app->timers[--app->nb_timers]);
	event_base_free(app->base);
	app->base = NULL;
}

static int
loop_start(struct app *app, struct err *err)
{
	struct event_config *cfg = event_config_new();
	int rc = -ENOMEM;

	if (cfg != NULL) {
		event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
		app->base = event_base_new_with_config(cfg);
		event_config_free(cfg);
	}
	if (app->base == NULL)
		return err_set(err, ENOMEM, "events: out of memory");
	signal(SIGPIPE, SIG_IGN);
	rc = event_enter(app, evsignal_new(app->base, SIGINT, on_stop, app), 0);
	if (rc == 0)
		rc = event_enter(app, evsignal_new(app->base, SIGTERM, on_stop, app), 0);
	if (rc == 0)
		rc = event_enter(app, evsignal_new(app->base, SIGHUP, on_hup, app), 0);
	if (rc == 0 && !app->single_lcore)
		rc = event_enter(app, event_new(app->base, -1, EV_PERSIST, on_ctl_poll, app),
				CTL_POLL_US);
	if (rc == 0 && app->args.idle_exit_s > 0)
		rc = event_enter(app, event_new(app->base, -1, EV_PERSIST, on_idle_check, app),
				IDLE_CHECK_US);
	if (rc == 0)
		return 0;
	loop_stop(app);
	return err_set(err, -rc, "events: out of memory");
}

/* One lcore: it is worker and control core in turn. */
static void
loop_single(struct app *app)
{
	struct dataplane *dp = ctl_dataplane(app->ctl);
	uint64_t now = clock_mono_us(), busy_at = now, ctl_at = 0, slice_end;
	unsigned int i, n;

	while (!app->stopping) {
		slice_end = now + SLICE_US;
		do {
			for (i = 0, n = 0; i < 16; i++)
				n += dp_poll(dp);
			now = clock_mono_us();
			if (n > 0)
				busy_at = now;
		} while (n > 0 && now < slice_end);
		if (now - busy_at > NAP_AFTER_US)
			usleep(NAP_US);
		if (now - ctl_at >= CTL_POLL_US) {
			ctl_poll(app->ctl);
			ctl_at = now;
		}
		/* once: what calls for itself again (a command in parts) must not keep us from the packets */
		event_base_loop(app->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
}

void
loop_run(struct app *app)
{
	app->idle_from_ms = clock_mono_ms();
	if (app->single_lcore)
		loop_single(app);
	else
		event_base_dispatch(app->base);
}

const struct module module_loop = { .name = "loop", .start = loop_start, .stop = loop_stop };
