/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setkey(8): its options. Statements are parsed by setkey_parse.y and done by setkey_run.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/setkey.h"

struct options {
	char what; /* c, f, D, F or x; 0: none */
	bool policies, keys, verbose, global, of_ifaces, raw_time;
	const char *file;
};

char *
cli_read_file(const char *path, size_t max, size_t *ret_len, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t len = 0;
	ssize_t n;
	char *text;

	if (fd < 0) {
		err_set(err, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > max) {
		err_set(err, EINVAL, "%s: not a regular file of at most %zu bytes", path, max);
		close(fd);
		return NULL;
	}
	text = calloc(1, (size_t)st.st_size + 1);
	while (text != NULL && len < (size_t)st.st_size &&
			(n = read(fd, text + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (text == NULL)
		err_set(err, ENOMEM, "%s: out of memory", path);
	*ret_len = len;
	return text;
}

static int
run_file(struct cli *cli, const char *path)
{
	struct err err;
	size_t len;
	char *text = cli_read_file(path, CLI_STATEMENTS_MAX, &len, &err);
	int rc;

	if (text == NULL)
		return cli_fail(cli, &err);
	rc = setkey_run(cli, text, len);
	explicit_bzero(text, len);
	free(text);
	return rc;
}

/* Options in any order and run together, as getopt(3) takes them. */
static bool
options_read(int argc, char *argv[], struct options *o)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *p = argv[i];

		if (*p++ != '-' || *p == '\0')
			return false;
		for (; *p != '\0'; p++) {
			if (strchr("cfDFx", *p) != NULL) {
				if (o->what == 'x' && *p == 'x')
					o->raw_time = true;
				else if (o->what != 0)
					return false;
				o->what = *p;
			} else if (*p == 'P') {
				o->policies = true;
			} else if (*p == 'l') {
				o->keys = true;
			} else if (*p == 'v') {
				o->verbose = true;
			} else if (*p == 'g') {
				o->global = true;
			} else if (*p == 't') {
				o->of_ifaces = true;
			} else if (strchr("ah", *p) == NULL) {
				return false; /* these show dead SAs and messages in hex: there are none */
			}
			if (*p == 'f') {
				o->file = p[1] != '\0' ? p + 1 : argv[++i];
				if (o->file == NULL)
					return false;
				break;
			}
		}
	}
	return o->what != 0 && (!o->policies || o->what == 'D' || o->what == 'F') &&
			(!o->keys || (o->what == 'D' && !o->policies)) &&
			((!o->global && !o->of_ifaces) || (o->what == 'D' && o->policies));
}

static int
run(struct cli *cli, int argc, char *argv[])
{
	struct options o = { 0 };

	if (!options_read(argc, argv, &o))
		return cli_usage(cli, &cmd_setkey);
	switch (o.what) {
	case 'c':
		if (cli->input == NULL)
			return cli_error(cli, "setkey: -c without statements (nothing followed)");
		return setkey_run(cli, cli->input, cli->input_len);
	case 'f':
		return run_file(cli, o.file);
	case 'D':
		if (o.keys && !cli->may_see_keys)
			return cli_error(cli,
					"setkey: -l shows keys on the control socket only "
					"(ipsecifctl)");
		if (o.policies) /* -g: those of no interface, of which there are none */
			return setkey_show_policies(
					cli, o.global && !o.of_ifaces ? SETKEY_NONE : 0);
		return setkey_show_sas(
				cli, (o.keys ? SETKEY_KEYS : 0) | (o.verbose ? SETKEY_VERBOSE : 0));
	case 'F':
		if (o.policies)
			ctl_policy_flush(cli->ctl);
		else
			ctl_sa_flush(cli->ctl);
		return 0;
	default:
		return setkey_monitor(cli, o.raw_time);
	}
}

static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	(void)argv;
	if (argc > 2)
		return;
	cli_offer(c, "-c", "statements up to ^D or a line with a single '.'");
	cli_offer(c, "-f", "statements of a file");
	cli_offer(c, "-D", "show SAs (-P: policies)");
	cli_offer(c, "-DP", "show policies");
	cli_offer(c, "-Dv", "show SAs, their failures and where they run");
	cli_offer(c, "-F", "remove all SAs");
	cli_offer(c, "-x", "events as they happen, until ^C");
}

const struct cli_command cmd_setkey = {
	.name = "setkey",
	.usage = "setkey -c\nsetkey -f FILE\nsetkey -D [-lv]\nsetkey -D -P [-gt]\nsetkey -F "
		 "[-P]\nsetkey -x[x]",
	.help = "security associations: add, get, delete, deleteall, flush, dump; show, remove, "
		"monitor",
	.run = run,
	.complete = complete,
};
