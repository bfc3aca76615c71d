/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The prompt: lines from a terminal, edited and completed by DPDK's rdline, or from a file or pipe. Between two characters the
 * gateway goes on: the control core's work, and with one lcore also the worker's.
 */
#include "shell.h"

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmdline_parse.h>
#include <cmdline_rdline.h>

static const char prompt[] = "bench> ";

struct shell {
	struct bench *b;
	struct rdline *line; /* NULL: no terminal */
	char buf[256];       /* of a line that has no end yet */
	size_t len;
	bool quit;
	struct termios before;
};

static int
write_char(struct rdline *rdl, char c)
{
	(void)rdl;
	return (int)write(STDOUT_FILENO, &c, 1);
}

static void
validate(struct rdline *rdl, const char *buf, unsigned int size)
{
	struct shell *sh = rdline_get_opaque(rdl);

	(void)size;
	sh->quit |= !shell_command(sh->b, buf);
	if (!sh->quit)
		rdline_add_history(rdl, buf);
}

/* What all words that may follow have in common beyond what was typed. */
static size_t
common(struct shell *sh, const char *typed, char *ret, size_t size)
{
	char word[48];
	unsigned int i;

	for (i = 0; shell_next_word(sh->b, typed, i, word, sizeof(word)) != NULL; i++) {
		size_t k = 0;

		if (i == 0) {
			snprintf(ret, size, "%s ", word);
			continue;
		}
		while (ret[k] != '\0' && ret[k] == word[k])
			k++;
		ret[k] = '\0';
	}
	return i == 0 ? 0 : strlen(ret);
}

/* rdline's contract: 2 completes by dst, 1 lists dst and asks again, 0 is the end. */
static int
complete(struct rdline *rdl, const char *buf, char *dst, unsigned int size, int *state)
{
	struct shell *sh = rdline_get_opaque(rdl);
	const char *last = strrchr(buf, ' ');
	const size_t typed = strlen(last == NULL ? buf : last + 1);
	char whole[64];

	if (*state <= 0) {
		*state = 1;
		if (common(sh, buf, whole, sizeof(whole)) > typed) {
			snprintf(dst, size, "%s", whole + typed);
			return RDLINE_RES_COMPLETE;
		}
	}
	return shell_next_word(sh->b, buf, (unsigned int)(*state)++ - 1, dst, size) != NULL;
}

static void
terminal_open(struct shell *sh)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &sh->before) != 0)
		return;
	sh->line = rdline_new(write_char, validate, complete, sh);
	if (sh->line == NULL)
		return;
	raw = sh->before;
	raw.c_lflag &= ~(unsigned int)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	rdline_newline(sh->line, prompt);
}

static void
terminal_close(struct shell *sh)
{
	if (sh->line == NULL)
		return;
	tcsetattr(STDIN_FILENO, TCSANOW, &sh->before);
	rdline_free(sh->line);
}

static void
take(struct shell *sh, char c)
{
	int rc;

	if (sh->line != NULL) {
		rc = rdline_char_in(sh->line, c);
		if (rc == RDLINE_RES_EOF || rc == RDLINE_RES_EXITED)
			sh->quit = true;
		else if (rc == RDLINE_RES_VALIDATED && !sh->quit)
			rdline_newline(sh->line, prompt);
		return;
	}
	if (c != '\n') {
		/* what is too long is cut, and answered as what is left of it */
		if (sh->len < sizeof(sh->buf) - 1)
			sh->buf[sh->len++] = c;
		return;
	}
	sh->buf[sh->len] = '\0';
	sh->len = 0;
	sh->quit |= !shell_command(sh->b, sh->buf);
}

/* At most one line, so that something may happen between two. */
static void
read_some(struct shell *sh)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	char c = '\0';

	while (!sh->quit && c != '\n' && poll(&fd, 1, 0) > 0) {
		if (read(STDIN_FILENO, &c, 1) == 1)
			take(sh, c);
		else
			sh->quit = true;
	}
}

/* What happens by itself while traffic flows. */
static void
watch(struct bench *b)
{
	if (!b->running)
		return;
	if (bench_is_over(b)) {
		bench_halt(b);
		printf("all packets were given\n");
		report_ports(b, -1);
	} else if (b->args.stats_period != 0 &&
			bench_seconds(b->shown_tsc) >= b->args.stats_period) {
		report_ports(b, -1);
	}
}

int
bench_shell(struct bench *b)
{
	struct shell sh = { .b = b };

	if (b->args.auto_start)
		shell_command(b, "start");
	terminal_open(&sh);
	while (!sh.quit && !bench_stop) {
		read_some(&sh);
		bench_poll(b);
		watch(b);
	}
	terminal_close(&sh);
	bench_halt(b);
	return 0;
}
