/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be typed at the prompt: test-pmd's words where it has them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "drivers/registry.h"
#include "net/drop.h"
#include "shell.h"

struct command {
	const char *words, *takes, *help;
	/* argv: what stands behind the words. @return false: the answer is in err */
	bool (*run)(struct bench *b, unsigned int argc, char *argv[], struct err *err);
};

static bool
run_start(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	(void)argc;
	(void)argv;
	if (b->running) {
		err_set(err, EBUSY, "start: traffic flows already");
		return false;
	}
	if (bench_start(b, err) != 0)
		return false;
	b->shown_tsc = rte_rdtsc();
	printf("traffic flows\n");
	return true;
}

static bool
run_stop(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	(void)argc;
	(void)argv;
	if (!b->running) {
		err_set(err, EINVAL, "stop: no traffic flows");
		return false;
	}
	bench_halt(b);
	printf("stopped\n");
	report_ports(b, -1);
	return true;
}

static bool
run_show_stats(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	(void)argc;
	if (strcmp(argv[0], "all") != 0 && strcmp(argv[0], "0") != 0 && strcmp(argv[0], "1") != 0) {
		err_set(err, EINVAL, "show port stats: no port %.16s (all, 0, 1)", argv[0]);
		return false;
	}
	report_ports(b, argv[0][0] == 'a' ? -1 : argv[0][0] - '0');
	return true;
}

static bool
run_clear_stats(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	(void)argc;
	if (strcmp(argv[0], "all") != 0) {
		err_set(err, EINVAL, "clear port stats: %.16s (all)", argv[0]);
		return false;
	}
	ctl_clear_counters(b->ctl);
	memset(b->shown, 0, sizeof(b->shown));
	b->shown_tsc = rte_rdtsc();
	return true;
}

static bool
run_show_config(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	report_config(b);
	return true;
}

static bool
run_show_workers(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	report_workers(b);
	return true;
}

static bool
run_show_drops(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	unsigned int i;

	(void)argc;
	(void)argv;
	(void)err;
	for (i = 0; i < DROP_REASONS; i++) {
		const uint64_t n = dp_drop_count(ctl_dataplane(b->ctl), (enum drop_reason)i);

		if (n != 0)
			printf("  %-20s %" PRIu64 "\n", drop_name((enum drop_reason)i), n);
	}
	return true;
}

static bool
run_show_engines(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	unsigned int i;

	(void)argc;
	(void)argv;
	(void)err;
	for (i = 0; registry_engine_at(i) != NULL; i++)
		printf("  %s\n", registry_engine_at(i)->name);
	if (b->cfg != NULL && b->cfg->nb_sas != 0) {
		const struct cfg_sa *sa = &b->cfg->sas[0];
		struct sa_ctl *ctl;
		char where[128];

		if (ctl_sa_get(b->ctl, &sa->src, &sa->dst, sa->spi, &ctl, err) == 0) {
			ctl_sa_where(b->ctl, ctl, where, sizeof(where));
			printf("  SAs run in %s\n", where);
		}
	}
	return true;
}

static bool
run_latency(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	(void)argc;
	(void)argv;
	if (b->running) {
		err_set(err, EBUSY, "latency: traffic flows (stop)");
		return false;
	}
	if (bench_latency(b, err) != 0)
		return false;
	report_latency(b);
	return true;
}

static bool
run_show_latency(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	(void)argc;
	(void)argv;
	if (b->nb_latency == 0) {
		err_set(err, ENOENT, "show latency: not measured yet (latency)");
		return false;
	}
	report_latency(b);
	return true;
}

static bool
may_set(const struct bench *b, struct err *err)
{
	if (b->running)
		err_set(err, EBUSY, "set: traffic flows (stop)");
	return !b->running;
}

static bool
take_args(struct bench *b, const struct bench_args *next, struct err *err)
{
	if (bench_args_check(next, err) != 0)
		return false;
	b->args = *next;
	b->stale = true;
	return true;
}

static bool
run_set(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	struct bench_args next = b->args;

	(void)argc;
	return may_set(b, err) && bench_args_set(&next, argv[0], argv[1], err) == 0 &&
			take_args(b, &next, err);
}

static bool
run_set_algorithm(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	struct bench_args next = b->args;

	return may_set(b, err) && bench_args_set(&next, "encryption", argv[0], err) == 0 &&
			bench_args_set(&next, "key-bits", argv[1], err) == 0 &&
			bench_args_set(&next, "authentication", argc > 2 ? argv[2] : "none", err) ==
			0 &&
			take_args(b, &next, err);
}

static bool
run_sysctl(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	int64_t v;

	(void)argc;
	if (strchr(argv[0], '=') != NULL)
		return bench_sysctl(b, argv[0], err) == 0;
	if (ctl_sysctl_get(b->ctl, argv[0], &v, err) != 0)
		return false;
	printf("  %s: %" PRId64 "\n", argv[0], v);
	return true;
}

static bool run_help(struct bench *b, unsigned int argc, char *argv[], struct err *err);

static const struct command commands[] = {
	{ "start", "", "let traffic flow", run_start },
	{ "stop", "", "end it, and show the ports' statistics", run_stop },
	{ "show port stats", "all|N", "packets, bytes, rates since the last show", run_show_stats },
	{ "show workers", "", "what each worker did; cycles by stage with sysctl dp.stage_cycles=1",
			run_show_workers },
	{ "show drops", "", "drops by name", run_show_drops },
	{ "show config", "", "what can be set, and what it is", run_show_config },
	{ "show engines", "", "crypto engines, and which runs the SAs", run_show_engines },
	{ "show latency", "", "what `latency` has measured", run_show_latency },
	{ "latency", "", "measure latency at 10, 50 and 90 % of the highest rate", run_latency },
	{ "clear port stats", "all", "begin to count anew", run_clear_stats },
	{ "set algorithm", "NAME BITS [AUTH]", "encryption, key length, authentication",
			run_set_algorithm },
	{ "set", "NAME VALUE", "one of `show config`; in force at the next start", run_set },
	{ "sysctl", "NAME[=VALUE]", "of the gateway", run_sysctl },
	{ "help", "", "this list", run_help },
	{ "quit", "", "end", NULL },
};

static bool
run_help(struct bench *b, unsigned int argc, char *argv[], struct err *err)
{
	char head[64];
	unsigned int i;

	(void)b;
	(void)argc;
	(void)argv;
	(void)err;
	for (i = 0; i < RTE_DIM(commands); i++) {
		snprintf(head, sizeof(head), "%s %s", commands[i].words, commands[i].takes);
		printf("  %-36s %s\n", head, commands[i].help);
	}
	return true;
}

static unsigned int
split(char *line, char *words[SHELL_WORDS])
{
	unsigned int n = 0;
	char *save, *w;

	for (w = strtok_r(line, " \t\r\n", &save); w != NULL && n < SHELL_WORDS;
			w = strtok_r(NULL, " \t\r\n", &save))
		words[n++] = w;
	return n;
}

/* How many of the command's words these are: all of them, or 0. */
static unsigned int
matches(const struct command *c, char *const words[], unsigned int n)
{
	char copy[64], *own[SHELL_WORDS];
	unsigned int i, nb;

	snprintf(copy, sizeof(copy), "%s", c->words);
	nb = split(copy, own);
	for (i = 0; i < nb; i++)
		if (i >= n || strcmp(own[i], words[i]) != 0)
			return 0;
	return nb;
}

/* Fewest and most words behind the command, from what it takes. */
static bool
takes_so_many(const struct command *c, unsigned int n)
{
	char copy[64], *own[SHELL_WORDS];
	unsigned int i, least = 0, nb;

	snprintf(copy, sizeof(copy), "%s", c->takes);
	nb = split(copy, own);
	for (i = 0; i < nb; i++)
		least += own[i][0] != '[';
	return n >= least && n <= nb;
}

bool
shell_command(struct bench *b, const char *line)
{
	char copy[256], *words[SHELL_WORDS] = { NULL };
	struct err err = { 0 };
	unsigned int i, n, own;

	snprintf(copy, sizeof(copy), "%s", line);
	n = split(copy, words);
	if (n == 0 || words[0][0] == '#')
		return true;
	for (i = 0; i < RTE_DIM(commands); i++) {
		own = matches(&commands[i], words, n);
		if (own == 0)
			continue;
		if (!takes_so_many(&commands[i], n - own))
			printf("usage: %s %s\n", commands[i].words, commands[i].takes);
		else if (commands[i].run == NULL)
			return false;
		else if (!commands[i].run(b, n - own, &words[own], &err))
			printf("%s\n", err.msg);
		fflush(stdout);
		return true;
	}
	printf("%.64s: not a command (help)\n", words[0]);
	fflush(stdout);
	return true;
}

/* The k-th word of a text, or NULL. */
static const char *
word_at(const char *text, unsigned int k, char *buf, size_t size)
{
	char *words[SHELL_WORDS];
	unsigned int n;

	snprintf(buf, size, "%s", text);
	n = split(buf, words);
	return k < n ? words[k] : NULL;
}

static const char *
option_at(const struct bench *b, unsigned int i, char *buf, size_t size)
{
	const char *takes, *name;
	char value[64];

	name = bench_args_at(&b->args, i, value, sizeof(value), &takes);
	if (name != NULL)
		snprintf(buf, size, "%s", name);
	return name;
}

/* Does the command's text begin with the whole words that were typed? */
static bool
begins(const struct command *c, char *const words[], unsigned int n)
{
	char buf[128], text[128];
	unsigned int k;

	snprintf(text, sizeof(text), "%s %s", c->words, strchr(c->takes, '|') ? "all" : "");
	for (k = 0; k < n; k++) {
		const char *w = word_at(text, k, buf, sizeof(buf));

		if (w == NULL || strcmp(w, words[k]) != 0)
			return false;
	}
	return true;
}

const char *
shell_next_word(const struct bench *b, const char *line, unsigned int i, char *buf, size_t size)
{
	const size_t len = strlen(line);
	const bool fresh = len == 0 || line[len - 1] == ' ';
	char copy[256], found[128], text[128], *words[SHELL_WORDS];
	const char *typed, *w, *last = "";
	unsigned int k, n;

	snprintf(copy, sizeof(copy), "%s", line);
	n = split(copy, words);
	typed = fresh ? "" : words[--n];
	for (k = 0; k < RTE_DIM(commands); k++) {
		if (!begins(&commands[k], words, n))
			continue;
		snprintf(text, sizeof(text), "%s %s", commands[k].words,
				strncmp(commands[k].takes, "all", 3) == 0 ? "all" : "");
		w = word_at(text, n, found, sizeof(found));
		/* "show port" and "show workers": the same first word once */
		if (w == NULL || strncmp(w, typed, strlen(typed)) != 0 || strcmp(w, last) == 0)
			continue;
		snprintf(buf, size, "%s", w);
		last = buf;
		if (i-- == 0)
			return buf;
	}
	for (k = 0; n == 1 && strcmp(words[0], "set") == 0 && option_at(b, k, found, sizeof(found));
			k++)
		if (strncmp(found, typed, strlen(typed)) == 0 && i-- == 0) {
			snprintf(buf, size, "%s", found);
			return buf;
		}
	return NULL;
}
