/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dpdk-ipsecif: modules are started in the order of the table and stopped in reverse.
 */
#include <stdio.h>

#include "app.h"

static const struct module *const modules[] = {
	&module_eal, &module_control, &module_config,   /* ports are opened here */
	&module_loop, &module_servers, &module_workers, /* traffic flows from here on */
};

int
main(int argc, char *argv[])
{
	struct app app = { 0 };
	struct err err = { 0 };
	unsigned int n;
	int rc = 0;

	if (!args_parse(argc, argv, &app.args))
		return app.args.exit_code;
	if (servers_check(&app.args, &err) != 0 || module_secrets.start(&app, &err) != 0) {
		fprintf(stderr, "dpdk-ipsecif: %s\n", err.msg);
		return 1;
	}
	app.cfg = config_read(app.args.config);
	if (app.cfg == NULL)
		return 1;
	if (app.args.check_only) {
		printf("ok\n");
		cfg_free(app.cfg);
		return 0;
	}
	for (n = 0; rc == 0 && n < RTE_DIM(modules); n++)
		rc = modules[n]->start(&app, &err);
	if (rc == 0) {
		printf("ready\n");
		fflush(stdout);
		notify("READY=1");
		loop_run(&app);
		notify("STOPPING=1");
	} else {
		fprintf(stderr, "dpdk-ipsecif: %s\n", err.msg);
		n--; /* the one that failed has left nothing */
	}
	while (n-- > 0) {
		if (modules[n]->stop != NULL)
			modules[n]->stop(&app);
	}
	cfg_free(app.cfg);
	return rc == 0 ? 0 : 1;
}
