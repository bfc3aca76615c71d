/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line: EAL's arguments, --, ours. Values are checked where they are used, save what is no number.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

#include "app.h"

static const char usage_text[] =
		"usage: dpdk-ipsecif [EAL arguments] -- -c FILE [-n] [--telnet ADDR:PORT | "
		"--no-telnet]\n"
		"           [--telnet-insecure] [--socket PATH | --no-socket] [--idle-exit "
		"SECONDS] [--state FILE]\n"
		"       dpdk-ipsecif -h | --help | --version\n"
		"  -c FILE             configuration (JSON)\n"
		"  -n                  check the configuration, open no device\n"
		"  --telnet ADDR:PORT  where the CLI listens (127.0.0.1:8086)\n"
		"  --telnet-insecure   allow an address that is not loopback\n"
		"  --no-telnet         no telnet\n"
		"  --socket PATH       control socket (/run/dpdk-ipsecif/PREFIX.sock)\n"
		"  --no-socket         no control socket\n"
		"  --state FILE        keep sequence numbers and replay windows of SAs in FILE\n"
		"  --idle-exit SECONDS end when no packet has arrived for so long\n";

enum {
	OPT_TELNET = 256,
	OPT_NO_TELNET,
	OPT_INSECURE,
	OPT_SOCKET,
	OPT_NO_SOCKET,
	OPT_IDLE,
	OPT_STATE,
	OPT_VERSION
};

static const struct option options[] = {
	{ "telnet", required_argument, NULL, OPT_TELNET },
	{ "no-telnet", no_argument, NULL, OPT_NO_TELNET },
	{ "telnet-insecure", no_argument, NULL, OPT_INSECURE },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "no-socket", no_argument, NULL, OPT_NO_SOCKET },
	{ "idle-exit", required_argument, NULL, OPT_IDLE },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static bool
usage(struct app_args *args, const char *what, const char *value)
{
	fprintf(stderr, "dpdk-ipsecif: %s%s\n%s", what, value, usage_text);
	args->exit_code = 2;
	return false;
}

static bool
done(struct app_args *args, int opt)
{
	if (opt == 'h')
		printf("%s", usage_text);
	else
		printf("dpdk-ipsecif %s (%s)\n", PROJECT_VERSION, rte_version());
	args->exit_code = 0;
	return false;
}

static bool
take_option(struct app_args *args, int opt)
{
	char *end;

	switch (opt) {
	case 'c':
		args->config = optarg;
		return true;
	case 'n':
		args->check_only = true;
		return true;
	case OPT_TELNET:
		args->telnet = optarg;
		return true;
	case OPT_NO_TELNET:
		args->no_telnet = true;
		return true;
	case OPT_INSECURE:
		args->telnet_insecure = true;
		return true;
	case OPT_SOCKET:
		args->socket = optarg;
		return true;
	case OPT_NO_SOCKET:
		args->no_socket = true;
		return true;
	case OPT_STATE:
		args->state = optarg;
		return true;
	case OPT_IDLE:
		args->idle_exit_s = strtod(optarg, &end);
		if (end == optarg || *end != '\0' || !isfinite(args->idle_exit_s) ||
				args->idle_exit_s <= 0)
			return usage(args,
					"--idle-exit is not a number of seconds above 0: ", optarg);
		return true;
	default:
		return false;
	}
}

/* Where ours begin: behind "--", or at the only words that need no EAL. */
static int
find_ours(int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i;
	}
	if (argc == 2 &&
			(strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0 ||
					strcmp(argv[1], "--version") == 0))
		return 0;
	return -1;
}

bool
args_parse(int argc, char *argv[], struct app_args *args)
{
	int opt, at = find_ours(argc, argv);

	memset(args, 0, sizeof(*args));
	if (at < 0)
		return usage(args, "no -- between EAL's arguments and ours", "");
	args->eal_argc = at == 0 ? 1 : at;
	args->eal_argv = argv;
	opterr = 0;
	optind = 1;
	/* getopt takes "--" for the program's name */
	while ((opt = getopt_long(argc - at, argv + at, ":c:nh", options, NULL)) != -1) {
		if (opt == 'h' || opt == OPT_VERSION)
			return done(args, opt);
		if (opt == ':')
			return usage(args, "a value is missing behind ", argv[at + optind - 1]);
		if (opt == '?')
			return usage(args, "not an option: ", argv[at + optind - 1]);
		if (!take_option(args, opt))
			return false;
	}
	if (at + optind < argc)
		return usage(args, "not an option: ", argv[at + optind]);
	if (args->config == NULL)
		return usage(args, "no configuration (-c FILE)", "");
	if (args->no_telnet && (args->telnet != NULL || args->telnet_insecure))
		return usage(args, "--no-telnet excludes --telnet and --telnet-insecure", "");
	if (args->no_socket && args->socket != NULL)
		return usage(args, "--no-socket excludes --socket", "");
	return true;
}
