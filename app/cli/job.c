/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work of a command that is done in parts: long lists, long texts of statements. Who runs the command calls cli_go_on() as long as
 * there is more and does something else in between, so that the control core is never held for longer than a part.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"

struct list_job {
	struct cli_job job;
	struct cli_list list;
	uint64_t given;
};

void
cli_job_push(struct cli *cli, struct cli_job *job)
{
	job->under = cli->job;
	cli->job = job;
}

void
cli_job_drop(struct cli *cli)
{
	struct cli_job *job;

	while ((job = cli->job) != NULL) {
		cli->job = job->under;
		job->destroy(job);
	}
}

bool
cli_job_go_on(struct cli *cli, uint64_t budget_us, size_t out_max)
{
	const uint64_t start = clock_mono_us();

	cli->waits = false;
	while (cli->job != NULL) {
		struct cli_job *job = cli->job, **link;

		if (!job->step(cli, job)) {
			/* one that it has pushed with its last step lies above it */
			for (link = &cli->job; *link != job; link = &(*link)->under)
				;
			*link = job->under;
			job->destroy(job);
		}
		if (cli->waits)
			return true;
		if (budget_us != UINT64_MAX && cli->job != NULL &&
				(clock_diff(clock_mono_us(), start) >= budget_us ||
						evbuffer_get_length(cli->to) >= out_max))
			return true;
	}
	return false;
}

/* --- lists --- */

/* An object between the brackets of an array, straight to who asked. */
static void
give_json(struct cli *cli, struct list_job *l, const json_t *object)
{
	char *text = json_dumps(object, JSON_INDENT(2) | JSON_ENCODE_ANY);

	if (text != NULL)
		evbuffer_add_printf(cli->to, "%s%s", l->given == 0 ? "[\n" : ",\n", text);
	free(text);
	cli->gave_json = true;
}

static bool
list_step(struct cli *cli, struct cli_job *job)
{
	struct list_job *l = (struct list_job *)job;
	json_t *object;

	l->list.again = false;
	object = l->list.next(cli, &l->list);
	if (object != NULL) {
		if (cli->json)
			give_json(cli, l, object);
		else
			l->list.print(cli, object);
		l->given++;
		json_decref(object);
		return true;
	}
	if (l->list.again)
		return true;
	if (cli->json) {
		evbuffer_add_printf(cli->to, "%s", l->given == 0 ? "[]\n" : "\n]\n");
		cli->gave_json = true;
	} else if (l->given == 0 && l->list.none != NULL) {
		cli_printf(cli, "%s\n", l->list.none);
	}
	return false;
}

static void
list_destroy(struct cli_job *job)
{
	free(job);
}

int
cli_view_list(struct cli *cli, const struct cli_list *list)
{
	struct list_job *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return cli_error(cli, "view: out of memory");
	l->job.step = list_step;
	l->job.destroy = list_destroy;
	l->list = *list;
	cli_job_push(cli, &l->job);
	return 0;
}
