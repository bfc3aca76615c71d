/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `setkey -x`: what happens to SAs and policies, as it happens, until the session stops it. What a client does not read waits, up to a
 * bound; then events are lost, and it says how many.
 */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/setkey.h"

#define MONITOR_HIGH (64u << 10) /* bytes that may wait to be taken by the session */

struct monitor {
	struct cli_job job;
	struct cli *cli;
	struct events *bus;
	struct events_subscriber *me;
	bool raw_time;
};

static bool
hear(const struct ipsec_event *ev, void *arg)
{
	struct monitor *mon = arg;

	if (evbuffer_get_length(mon->cli->to) >= MONITOR_HIGH)
		return false;
	if (mon->cli->json)
		setkey_event_json(mon->cli->to, ev);
	else
		setkey_event_text(mon->cli->to, ev, mon->raw_time);
	mon->cli->wake(mon->cli->wake_arg);
	return true;
}

static bool
monitor_step(struct cli *cli, struct cli_job *job)
{
	(void)job;
	cli->waits = true;
	return true;
}

static void
monitor_destroy(struct cli_job *job)
{
	struct monitor *mon = (struct monitor *)job;

	events_unsubscribe(mon->bus, mon->me);
	mon->cli->monitors = false;
	free(mon);
}

int
setkey_monitor(struct cli *cli, bool raw_time)
{
	struct monitor *mon;
	struct err err = { 0 };

	if (cli->wake == NULL)
		return cli_error(cli,
				"setkey: -x listens until it is interrupted: not among other "
				"commands");
	mon = calloc(1, sizeof(*mon));
	if (mon == NULL)
		return cli_error(cli, "setkey: out of memory");
	mon->cli = cli;
	mon->bus = ctl_events(cli->ctl);
	mon->raw_time = raw_time;
	mon->job.step = monitor_step;
	mon->job.destroy = monitor_destroy;
	mon->me = events_subscribe(mon->bus, hear, mon, &err);
	if (mon->me == NULL) {
		free(mon);
		return cli_fail(cli, &err);
	}
	cli->gave_json = true;
	cli->monitors = true;
	cli_job_push(cli, &mon->job);
	return 0;
}
