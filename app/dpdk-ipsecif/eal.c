/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL's start and end. And what keeps keys out of core dumps.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_lcore.h>

#include "app.h"
#include "base/eal_setup.h"
#include "config/model.h"

/* Tables of the first FIB and the packet pool need about 400 MiB. */
#define HUGE_MIN_MIB 512

static int
secrets_start(struct app *app, struct err *err)
{
	const struct rlimit none = { 0, 0 };

	(void)app;
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return err_set(err, errno, "core dumps: can not be switched off, %s",
				strerror(errno));
#ifndef __SANITIZE_ADDRESS__ /* the leak checker must be able to trace us */
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return err_set(err, errno, "core dumps: can not be switched off, %s",
				strerror(errno));
#endif
	return 0;
}

/* A user who is not root and names no PCI device has none: EAL would try all of them, and complain of each. */
static bool
wants_pci(const struct cfg *cfg)
{
	unsigned int i;

	for (i = 0; i < cfg->nb_ports; i++) {
		if (strchr(cfg->ports[i].device, ':') != NULL)
			return true;
	}
	return geteuid() == 0;
}

static int
eal_start(struct app *app, struct err *err)
{
	const struct eal_wish wish = {
		.memory_mib = 1024, .huge_min_mib = HUGE_MIN_MIB, .no_pci = !wants_pci(app->cfg)
	};
	int rc = eal_setup_start(app->args.eal_argc, app->args.eal_argv, &wish, err);

	if (rc != 0)
		return rc;
	app->single_lcore = rte_lcore_count() == 1;
	return 0;
}

static void
eal_stop(struct app *app)
{
	(void)app;
	rte_eal_cleanup();
}

const struct module module_secrets = { .name = "secrets", .start = secrets_start };
const struct module module_eal = { .name = "eal", .start = eal_start, .stop = eal_stop };
