/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program as a row of modules that main.c starts in order and stops in reverse, and what they share.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <event2/event.h>
#include <stdbool.h>

#include "base/err.h"
#include "cli/server.h"
#include "control/control.h"

struct app_args {
	int eal_argc; /* before --, the program's name included */
	char **eal_argv;
	const char *config; /* -c */
	bool check_only;    /* -n */
	const char *telnet; /* "127.0.0.1:8086" where not given */
	bool no_telnet, telnet_insecure;
	const char *socket; /* NULL: /run/dpdk-ipsecif/PREFIX.sock */
	bool no_socket;
	const char *state;  /* --state, NULL: what the configuration says */
	double idle_exit_s; /* 0: never */
	int exit_code;      /* where args_parse() says that there is nothing to do */
};

struct app {
	struct app_args args;
	struct cfg *cfg;   /* until it is applied */
	bool single_lcore; /* the control core is the worker too */
	struct ctl *ctl;
	struct cli_env env;
	struct event_base *base;
	struct server *server;
	struct event *timers[8];
	unsigned int nb_timers;
	uint64_t idle_from_ms; /* clock_mono_ms(): nothing has been received since */
	uint64_t received;     /* packets, up to then */
	bool stopping;
};

struct module {
	const char *name;
	int (*start)(struct app *app,
			struct err *err); /* 0, or -errno with @p err, and nothing left behind */
	void (*stop)(struct app *app);    /* may be NULL */
};

/** @return true to go on; false: exit with args->exit_code (the message is out). */
bool args_parse(int argc, char *argv[], struct app_args *args);

extern const struct module module_secrets, module_eal, module_control, module_config, module_loop,
		module_servers, module_workers;

/** Read and check the file; mistakes go to standard error, a line each. NULL then. */
struct cfg *config_read(const char *path);
/** Read the file again and apply it (SIGHUP). */
void config_reload(struct app *app);

/** Are the doors of the command line possible? Before any device is touched. */
int servers_check(const struct app_args *args, struct err *err);

/** Until a signal, or idle. */
void loop_run(struct app *app);

/** Tell systemd ("READY=1"), if it asked. */
void notify(const char *state);

#endif
