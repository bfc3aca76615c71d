/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration file on its way into control: read and checked before any device is touched, applied once control is there,
 * again at SIGHUP. Mistakes go to standard error, one per line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_lcore.h>

#include "app.h"
#include "base/log.h"
#include "drivers/registry.h"
#include "net/pkt.h" /* RTE_MBUF_DEFAULT_DATAROOM */

static void
print_mistakes(struct cfg_errors *errors)
{
	unsigned int i;

	for (i = 0; i < errors->n; i++) {
		const struct err *e = &errors->list[i];

		fprintf(stderr, "%s%s%s\n", e->path, e->path[0] == '\0' ? "" : ": ", e->msg);
	}
	cfg_errors_free(errors);
}

struct cfg *
config_read(const char *path)
{
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = ctl_read_file(path, &errors);

	print_mistakes(&errors);
	return cfg;
}

static int
config_apply(struct app *app, struct cfg *cfg)
{
	struct cfg_errors errors = { 0 };
	int rc = ctl_apply(app->ctl, cfg, &errors);

	print_mistakes(&errors);
	return rc;
}

void
config_reload(struct app *app)
{
	struct cfg *cfg = config_read(app->args.config);

	notify("RELOADING=1");
	if (cfg != NULL && config_apply(app, cfg) == 0)
		log_notice("%s: reloaded", app->args.config);
	else
		log_error("%s: not reloaded, what ran before goes on", app->args.config);
	cfg_free(cfg);
	notify("READY=1");
}

/* A frame lies in one buffer, with as much room behind it as the usual buffer has behind the usual frame. */
static uint16_t
buffer_bytes(const struct cfg *cfg)
{
	uint32_t mtu = 1500;
	unsigned int i;

	for (i = 0; i < cfg->nb_ports; i++)
		mtu = RTE_MAX(mtu, (uint32_t)cfg->ports[i].mtu_bytes);
	return (uint16_t)RTE_ALIGN(RTE_MBUF_DEFAULT_DATAROOM + mtu - 1500, 64);
}

static int
control_start(struct app *app, struct err *err)
{
	unsigned int lcores[WORKER_MAX], n = 0, i, lcore;
	const struct engine_ops *engines[ENGINE_MAX];
	struct ctl_args args = {
		.worker_lcores = lcores, .port_ops = registry_ports(), .engines = engines
	};

	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (n == WORKER_MAX)
			return err_set(err, E2BIG, "EAL: more than %d worker lcores", WORKER_MAX);
		lcores[n++] = lcore;
	}
	if (n == 0)
		lcores[n++] = rte_get_main_lcore();
	args.nb_workers = n;
	args.mbuf_data_bytes = buffer_bytes(app->cfg);
	for (i = 0; i < ENGINE_MAX && registry_engine_at(i) != NULL; i++)
		engines[i] = registry_engine_at(i);
	args.nb_engines = i;
	app->ctl = ctl_create(&args, err);
	if (app->ctl == NULL)
		return -err->code;
	if (app->args.state != NULL && ctl_state_fix(app->ctl, app->args.state, err) != 0) {
		ctl_destroy(app->ctl);
		app->ctl = NULL;
		return -err->code;
	}
	app->env.ctl = app->ctl;
	app->env.config_path = app->args.config;
	app->env.part_us = app->single_lcore ? CLI_PART_SHARED_US : CLI_PART_US;
	return 0;
}

static void
control_stop(struct app *app)
{
	ctl_destroy(app->ctl);
	app->ctl = NULL;
}

static int
config_start(struct app *app, struct err *err)
{
	int rc = config_apply(app, app->cfg);

	cfg_free(app->cfg);
	app->cfg = NULL;
	return rc == 0 ? 0 : err_set(err, -rc, "%s: not applied", app->args.config);
}

static int
workers_start(struct app *app, struct err *err)
{
	return ctl_start(app->ctl, err);
}

static void
workers_stop(struct app *app)
{
	ctl_stop(app->ctl);
}

const struct module module_control = {
	.name = "control", .start = control_start, .stop = control_stop
};
const struct module module_config = { .name = "config", .start = config_start };
const struct module module_workers = {
	.name = "workers", .start = workers_start, .stop = workers_stop
};
