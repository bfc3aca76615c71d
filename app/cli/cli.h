/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One command of an operator on its way through the CLI: where it came from, what it may see, and where its answer goes. The
 * commands parse and print; every rule is behind control/control.h. Called by the telnet sessions and the control socket.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <event2/buffer.h>
#include <jansson.h>
#include <stdbool.h>

#include "cli/words.h"
#include "control/control.h"

struct cli;

#define CLI_PROMPT "dpdk-ipsecif> "
#define CLI_STATEMENTS_MAX (8u << 20)

#define CLI_PART_US 500
#define CLI_PART_SHARED_US \
	100 /* where the core also forwards packets: a slice of polling takes 250 */

/** What is the same for all commands. */
struct cli_env {
	struct ctl *ctl;
	const char *config_path; /* `save` without a file writes here */
	unsigned int part_us; /* of a command, then something else has its turn; 0: CLI_PART_US */
};

/** Work that a command leaves, done in parts. The parts of other commands come in between: a job keeps no pointer into control. */
struct cli_job {
	/** Do a little: an object, a statement. May push another job, which is done first. @return true: there is more. */
	bool (*step)(struct cli *cli, struct cli_job *job);
	/** Free it, done or not. */
	void (*destroy)(struct cli_job *job);
	struct cli_job *under; /* what is done after it */
};

/** One command. The evbuffers belong to the caller; out and errors may be the same. */
struct cli {
	const struct cli_env *env;
	struct ctl *ctl;
	bool json;         /* the answer as JSON */
	bool may_see_keys; /* the control socket: 0600 */
	const char *input; /* statements for `setkey -c`, NULL: none */
	size_t input_len;
	struct evbuffer *out;
	struct evbuffer *errors;
	json_t *data; /* the answer, where json */
	bool quit;    /* the session is to end */
	bool clear;   /* the screen is to be cleared */

	bool in_parts; /* the caller of cli_run() will call cli_go_on() */
	/* Set by a caller that gives what is in out while a command waits: there is something in it. NULL: no monitor can run */
	void (*wake)(void *arg);
	void *wake_arg;
	bool waits;    /* the job has nothing to do before wake() */
	bool monitors; /* the job runs until it is stopped */
	/* of cli_run() and job.c */
	struct cli_job *job; /* what is left to do, NULL: nothing */
	struct evbuffer *to; /* out as the caller gave it */
	bool gave_json;      /* straight to it */
	int rc;              /* of the command so far: 0 or 1 */
	int code; /* errno of the first thing that was refused, 0: none, or it has none */
};

/** A list given object by object. */
struct cli_list {
	/** The next object, NULL: no more, unless it has set @p again. Where it is, is in the fields below, which are its own. */
	json_t *(*next)(struct cli *cli, struct cli_list *list);
	void (*print)(struct cli *cli, const json_t *object);
	const char *none; /* said in text where there is none, NULL: nothing */
	bool again;       /* it has found nothing to show yet, and is not at the end */
	uint64_t at, end;
	uint32_t id;
	unsigned int flags;
	struct ip_prefix prefix;
	char name[IFACE_NAME_MAX];
};

/** Words that could stand where the cursor is. */
struct cli_choices {
	const char *prefix; /* what is typed of the word */
	struct ctl *ctl;
	unsigned int n;
	struct {
		char word[64];
		char help[96];
	} choice[96];
};

struct cli_command {
	const char *name;
	const char *usage; /* lines, without "usage: " */
	const char *help;  /* one sentence */
	/** 0, or 1 when it failed and has said why by cli_error(). */
	int (*run)(struct cli *cli, int argc, char *argv[]);
	/** Offer words to follow argv[0 .. argc-1]. May be NULL. */
	void (*complete)(struct cli_choices *c, int argc, char *argv[]);
};

extern const struct cli_command *const cli_commands[]; /* ends with NULL */
const struct cli_command *cli_command_find(const char *name);

/**
 * Run one command: argv[0] names it. With json the answer is added to out as JSON. @return 0 or 1; with cli->in_parts only when
 * cli->job is NULL afterwards: otherwise there is more, for cli_go_on().
 */
int cli_run(struct cli *cli, int argc, char *argv[]);
/** Another part of it, CLI_PART_US of work or @p out_max bytes in out. @return true: there is more (with waits: not yet). At the end cli->rc is 0 or 1. */
bool cli_go_on(struct cli *cli, size_t out_max);
/** Give up what is left of it. */
void cli_stop(struct cli *cli);

void cli_job_push(struct cli *cli, struct cli_job *job);
/** Of cli.c: work for @p budget_us, UINT64_MAX: to the end. @return true: there is more. */
bool cli_job_go_on(struct cli *cli, uint64_t budget_us, size_t out_max);
void cli_job_drop(struct cli *cli);
/** Is it a `setkey -c`, which wants statements? */
bool cli_wants_input(int argc, char *const argv[]);
/** Fill @p c for a line whose last word (perhaps empty) is being typed. */
void cli_complete(struct ctl *ctl, const char *line, struct cli_choices *c);
/** Offer @p word if it begins with what is typed. Duplicates and what does not fit are left out. */
void cli_offer(struct cli_choices *c, const char *word, const char *help);
/** Interface names; @p kind IFACE_NONE: all. */
void cli_offer_ifaces(struct cli_choices *c, enum iface_kind kind);

void cli_printf(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** One line, newline added. @return 1, so that a handler can return it. */
int cli_error(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int cli_fail(struct cli *cli, const struct err *err);
int cli_usage(struct cli *cli, const struct cli_command *cmd);
/** Each mistake of a file on its own line: "path: message". @return 1. */
int cli_mistakes(struct cli *cli, const struct cfg_errors *errors);
/** Give a view: takes @p data; as JSON, or printed by @p print. @return 0, or 1 when @p data is NULL (memory). */
int cli_view(struct cli *cli, json_t *data, void (*print)(struct cli *cli, const json_t *data));

/** Give a list in parts; @p list is copied. @return 0, or 1 (memory). */
int cli_view_list(struct cli *cli, const struct cli_list *list);

struct cli_column {
	const char *key;
	const char *title;
	bool right;
};
/** Print an array of objects as a table; missing values as "-". */
void cli_table(struct cli *cli, const json_t *rows, const struct cli_column *columns,
		unsigned int n);

/** Decimal, 0x... or 0... (octal) up to @p max. 0 or -EINVAL/-ERANGE. */
int cli_number(const char *text, uint64_t max, uint64_t *ret_value);

#endif
