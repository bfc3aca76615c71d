/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket: requests in, answers out, one at a time per client. The next request waits until the answer before it is sent.
 */
#include "cli/request.h"

#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STALL_S 60
#define PART_BYTES (64u << 10) /* of an answer in parts, before it is sent */

struct request_peer {
	struct bufferevent *bev;
	const struct cli_env *env;
	void (*ended)(struct request_peer *p, void *arg);
	void *arg;
	bool eof, closing;
	struct cli command; /* that runs in parts, while command.job is not NULL */
	bool parts;         /* the client takes the answer in parts */
	struct event *next_part;
};

struct head {
	int status;
	const char *error;
	int done;  /* how many of a request's commands succeeded, -1: it has one */
	bool more; /* another part follows */
	int code;  /* errno, 0: none */
};

static void
answer_with(struct request_peer *p, const struct head *h, struct evbuffer *body)
{
	struct evbuffer *out = bufferevent_get_output(p->bev);
	const char *code = h->code == 0 ? NULL : strerrorname_np(h->code);
	json_t *head = json_pack("{s:i, s:I, s:s}", "status", h->status, "length",
			(json_int_t)(body == NULL ? 0 : evbuffer_get_length(body)), "error",
			h->error);
	char *line;

	if (head != NULL && h->done >= 0)
		json_object_set_new(head, "done", json_integer(h->done));
	if (head != NULL && h->more)
		json_object_set_new(head, "more", json_true());
	if (head != NULL && code != NULL)
		json_object_set_new(head, "errno", json_string(code));
	line = head == NULL ? NULL : json_dumps(head, JSON_COMPACT);
	json_decref(head);
	if (line == NULL) {
		p->closing = true;
		return;
	}
	evbuffer_add_printf(out, "%s\n", line);
	free(line);
	if (body != NULL)
		evbuffer_add_buffer(out, body);
}

static void
answer(struct request_peer *p, int status, const char *error, struct evbuffer *body)
{
	answer_with(p, &(struct head){ .status = status, .error = error, .done = -1 }, body);
}

/* The words of a command, borrowed from the request. -1: it is not one. */
static int
argv_of(const json_t *list, char *argv[WORDS_MAX + 1])
{
	json_t *word;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > WORDS_MAX)
		return -1;
	json_array_foreach(list, i, word) {
		if (!json_is_string(word) ||
				strlen(json_string_value(word)) != json_string_length(word))
			return -1;
		argv[i] = (char *)(uintptr_t)json_string_value(word);
	}
	argv[i] = NULL;
	return (int)i;
}

/*
 * Commands of a file, up to the first that fails. What follows from them (routes to gateways, tunnels to neighbours) is worked out
 * once, behind the last.
 */
static void
request_run_list(struct request_peer *p, json_t *list, bool json)
{
	struct cli cli = { .env = p->env, .ctl = p->env->ctl, .may_see_keys = true };
	char *argv[WORDS_MAX + 1];
	json_t *words;
	size_t i;
	int argc, rc = 0;

	cli.out = evbuffer_new();
	cli.errors = evbuffer_new();
	if (cli.out == NULL || cli.errors == NULL) {
		answer(p, 1, "request: out of memory", NULL);
		goto out;
	}
	ctl_batch_begin(p->env->ctl);
	json_array_foreach(list, i, words) {
		argc = argv_of(words, argv);
		cli.json = json;
		rc = argc < 1 ? cli_error(&cli, "request: argv is not an array of 1 to 128 strings")
			      : cli_run(&cli, argc, argv);
		if (rc != 0)
			break;
	}
	ctl_batch_end(p->env->ctl);
	evbuffer_add(cli.errors, "", 1);
	answer_with(p,
			&(struct head){ .status = rc == 0 ? 0 : 1,
					.error = (const char *)evbuffer_pullup(cli.errors, -1),
					.done = (int)i,
					.code = rc == 0 ? 0 : cli.code },
			cli.out);
out:
	if (cli.out != NULL)
		evbuffer_free(cli.out);
	if (cli.errors != NULL)
		evbuffer_free(cli.errors);
}

static void
command_free(struct request_peer *p)
{
	if (p->command.out != NULL)
		evbuffer_free(p->command.out);
	if (p->command.errors != NULL)
		evbuffer_free(p->command.errors);
	memset(&p->command, 0, sizeof(p->command));
}

/* What the command has given so far; all of it when it is done. */
static void
command_answer(struct request_peer *p)
{
	struct cli *cli = &p->command;

	if (cli->job != NULL) {
		if (p->parts && evbuffer_get_length(cli->to) >= (cli->monitors ? 1 : PART_BYTES))
			answer_with(p, &(struct head){ .error = "", .done = -1, .more = true },
					cli->to);
		return;
	}
	evbuffer_add(cli->errors, "", 1);
	answer_with(p,
			&(struct head){ .status = cli->rc == 0 ? 0 : 1,
					.error = (const char *)evbuffer_pullup(cli->errors, -1),
					.done = -1,
					.code = cli->rc == 0 ? 0 : cli->code },
			cli->out);
	command_free(p);
}

static void
request_wake(void *arg)
{
	struct request_peer *p = arg;

	event_add(p->next_part, &(struct timeval){ 0 });
}

static void
request_run(struct request_peer *p, json_t *request)
{
	json_t *input = json_object_get(request, "input");
	char *argv[WORDS_MAX + 1];
	int argc = argv_of(json_object_get(request, "argv"), argv);
	struct cli *cli = &p->command;

	if (argc < 1) {
		answer(p, 1, "request: argv is not an array of 1 to 128 strings", NULL);
		return;
	}
	*cli = (struct cli){ .env = p->env,
		.ctl = p->env->ctl,
		.may_see_keys = true,
		.in_parts = true,
		.json = json_is_true(json_object_get(request, "json")),
		.input = json_string_value(input),
		.input_len = json_string_length(input),
		.out = evbuffer_new(),
		.errors = evbuffer_new() };
	p->parts = json_is_true(json_object_get(request, "parts"));
	cli->wake = p->parts ? request_wake : NULL;
	cli->wake_arg = p;
	if (cli->out == NULL || cli->errors == NULL) {
		answer(p, 1, "request: out of memory", NULL);
		command_free(p);
		return;
	}
	cli->rc = cli_run(cli, argc, argv);
	cli->input = NULL; /* read by now */
	if (cli->job != NULL)
		cli_go_on(cli, p->parts ? PART_BYTES : SIZE_MAX);
	command_answer(p);
}

/* One line, which may hold keys. */
static void
request_line(struct request_peer *p, char *line, size_t len)
{
	json_error_t why;
	json_t *request = json_loadb(line, len, 0, &why);
	json_t *input, *commands;

	explicit_bzero(line, len);
	if (!json_is_object(request)) {
		answer(p, 1, "request: not a line of JSON {\"argv\": [...]}", NULL);
		json_decref(request);
		return;
	}
	commands = json_object_get(request, "commands");
	if (json_is_array(commands) && json_array_size(commands) <= REQUEST_COMMANDS_MAX)
		request_run_list(p, commands, json_is_true(json_object_get(request, "json")));
	else
		request_run(p, request);
	input = json_object_get(request, "input");
	if (json_is_string(input))
		explicit_bzero((char *)(uintptr_t)json_string_value(input),
				json_string_length(input));
	json_decref(request);
}

static void
work(struct request_peer *p)
{
	struct evbuffer *in = bufferevent_get_input(p->bev), *out = bufferevent_get_output(p->bev);
	size_t len;
	char *line;

	if (p->command.monitors && p->eof) { /* nobody listens any more */
		cli_stop(&p->command);
		command_answer(p);
	}
	if (p->command.job != NULL && evbuffer_get_length(out) == 0) {
		cli_go_on(&p->command, p->parts ? PART_BYTES : SIZE_MAX);
		command_answer(p);
	}
	while (!p->closing && p->command.job == NULL && evbuffer_get_length(out) == 0) {
		line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
		if (line == NULL)
			break;
		request_line(p, line, len);
		free(line);
	}
	if (p->command.job != NULL) {
		if (evbuffer_get_length(out) == 0 && !p->command.waits) /* else when it is sent */
			event_add(p->next_part, &(struct timeval){ 0 });
		return;
	}
	if (!p->closing && evbuffer_get_length(out) == 0 &&
			evbuffer_get_length(in) >= REQUEST_MAX) {
		answer(p, 1, "request: the line is too long", NULL);
		p->closing = true;
	}
	if (p->eof && evbuffer_get_length(out) == 0)
		p->closing = true;
	if (p->closing && evbuffer_get_length(out) == 0) {
		p->ended(p, p->arg);
		request_peer_destroy(p);
	}
}

static void
on_data(struct bufferevent *bev, void *arg)
{
	(void)bev;
	work(arg);
}

static void
on_next_part(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	work(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct request_peer *p = arg;

	(void)bev;
	/* Deferred callbacks come as one: an EOF may bring the error of a write along. */
	if ((what & BEV_EVENT_EOF) != 0 && (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) == 0) {
		p->eof = true;
		work(p);
		return;
	}
	p->ended(p, p->arg);
	request_peer_destroy(p);
}

struct request_peer *
request_peer_create(struct event_base *base, int fd, const struct cli_env *env,
		void (*ended)(struct request_peer *p, void *arg), void *arg)
{
	const struct timeval stall = { .tv_sec = STALL_S };
	struct request_peer *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->bev = bufferevent_socket_new(
				base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (p == NULL || p->bev == NULL) {
		close(fd);
		free(p);
		return NULL;
	}
	p->next_part = evtimer_new(base, on_next_part, p);
	if (p->next_part == NULL) {
		request_peer_destroy(p);
		return NULL;
	}
	p->env = env;
	p->ended = ended;
	p->arg = arg;
	bufferevent_setcb(p->bev, on_data, on_data, on_event, p);
	bufferevent_setwatermark(p->bev, EV_READ, 0, REQUEST_MAX);
	bufferevent_set_timeouts(p->bev, NULL, &stall);
	bufferevent_enable(p->bev, EV_READ | EV_WRITE);
	return p;
}

void
request_peer_destroy(struct request_peer *p)
{
	if (p == NULL)
		return;
	cli_stop(&p->command);
	command_free(p);
	if (p->next_part != NULL)
		event_free(p->next_part);
	bufferevent_free(p->bev);
	free(p);
}
