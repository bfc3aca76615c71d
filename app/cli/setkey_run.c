/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements of setkey(8) done in order. As setkey(8) does, one that is refused is reported and the next one is done; unlike it,
 * a text with a mistake in it is refused as a whole before the first is done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/setkey_parse.h"

static int
run_add(struct cli *cli, const struct setkey_statement *s, struct err *err)
{
	char warning[256] = "";
	int rc = ctl_sa_add(cli->ctl, &s->prm, warning, err);

	if (rc == 0 && warning[0] != '\0')
		evbuffer_add_printf(cli->errors, "line %d: WARNING: %s\n", s->line, warning);
	return rc;
}

/* Only esp has SAs here. */
static bool
is_foreign(const struct setkey_statement *s)
{
	return s->protocol[0] != '\0' && strcmp(s->protocol, "esp") != 0;
}

static int
run_foreign(struct cli *cli, const struct setkey_statement *s, struct err *err)
{
	switch (s->op) {
	case SETKEY_FLUSH:
	case SETKEY_DELETEALL:
		return 0; /* there are none */
	case SETKEY_DUMP:
		return setkey_show_sas(cli, SETKEY_NONE);
	case SETKEY_ADD:
		return err_set(err, EPROTONOSUPPORT,
				"sa %s spi %u: protocol %s is not there, left out (esp)",
				ip_str(&s->prm.dst), s->prm.spi, s->protocol);
	default:
		return err_set(err, ESRCH, "sa %s spi %u: no such SA of protocol %s (esp)",
				ip_str(&s->prm.dst), s->prm.spi, s->protocol);
	}
}

static int
run_one(struct cli *cli, const struct setkey_statement *s, struct err *err)
{
	const struct sa_params *prm = &s->prm;
	struct sa_ctl *sa;
	int rc;

	if (is_foreign(s))
		return run_foreign(cli, s, err);
	switch (s->op) {
	case SETKEY_ADD:
		return run_add(cli, s, err);
	case SETKEY_GET:
		rc = ctl_sa_get(cli->ctl, &prm->src, &prm->dst, prm->spi, &sa, err);
		return rc != 0 ? rc : setkey_show_one(cli, sa);
	case SETKEY_DELETE:
		return ctl_sa_delete(cli->ctl, &prm->src, &prm->dst, prm->spi, err);
	case SETKEY_DELETEALL:
		rc = ctl_sa_delete_all(cli->ctl, &prm->src, &prm->dst, err);
		return rc < 0 ? rc : 0;
	case SETKEY_FLUSH:
		ctl_sa_flush(cli->ctl);
		return 0;
	case SETKEY_DUMP:
		return setkey_show_sas(cli, 0);
	case SETKEY_SPDDUMP:
		return setkey_show_policies(cli, 0);
	case SETKEY_SPDFLUSH:
		ctl_policy_flush(cli->ctl);
		return 0;
	case SETKEY_SPDADD:
		return err_set(err, EOPNOTSUPP,
				"spdadd: policies belong to ipsec interfaces (ifconfig ipsecN "
				"tunnel makes them)");
	case SETKEY_SPDDELETE:
		return err_set(err, EACCES,
				"spddelete: policies belong to ipsec interfaces (ifconfig ipsecN "
				"deletetunnel removes them)");
	}
	return 0;
}

/* Statements, one a step: all are read before the first is done. What is done stays when the rest is given up. */
struct run_job {
	struct cli_job job;
	struct ctl *ctl;
	struct setkey_list list;
	struct setkey_reader *reader; /* NULL: all are read */
	char *text;
	size_t len;
};

static void
text_free(struct run_job *r)
{
	setkey_read_end(r->reader);
	r->reader = NULL;
	if (r->text != NULL)
		explicit_bzero(r->text, r->len);
	free(r->text);
	r->text = NULL;
}

/* true: there is more to read or to do. */
static bool
read_step(struct cli *cli, struct run_job *r)
{
	struct err err = { 0 };
	int rc = setkey_read_next(r->reader, &err);

	if (rc > 0)
		return true;
	text_free(r);
	if (rc == 0)
		return true;
	cli->rc = cli_error(cli, "%s (nothing was done)", err.msg);
	return false;
}

static bool
run_step(struct cli *cli, struct cli_job *job)
{
	struct run_job *r = (struct run_job *)job;
	struct setkey_statement *s = STAILQ_FIRST(&r->list);
	struct err err = { 0 };

	if (r->reader != NULL)
		return read_step(cli, r);
	if (s == NULL)
		return false;
	if (run_one(cli, s, &err) != 0) {
		cli->rc = 1;
		if (cli->code == 0)
			cli->code = err.code;
		if (err.code != 0)
			cli_error(cli, "line %d: %s", s->line, err.msg);
	}
	STAILQ_REMOVE_HEAD(&r->list, next);
	setkey_statement_free(s);
	return !STAILQ_EMPTY(&r->list);
}

static void
run_destroy(struct cli_job *job)
{
	struct run_job *r = (struct run_job *)job;

	text_free(r);
	setkey_free(&r->list);
	ctl_many_end(r->ctl);
	free(r);
}

int
setkey_run(struct cli *cli, const char *text, size_t len)
{
	struct run_job *r = calloc(1, sizeof(*r));
	struct err err = { 0 };

	if (r == NULL)
		return cli_error(cli, "setkey: out of memory");
	r->job.step = run_step;
	r->job.destroy = run_destroy;
	STAILQ_INIT(&r->list);
	r->ctl = cli->ctl;
	ctl_many_begin(r->ctl);
	r->text = malloc(len + 1);
	r->len = len;
	if (r->text != NULL) {
		memcpy(r->text, text, len);
		r->reader = setkey_read_begin(r->text, len, &r->list, &err);
	}
	if (r->reader == NULL) {
		run_destroy(&r->job);
		return cli_error(cli, "%s (nothing was done)",
				err.code != 0 ? err.msg : "setkey: out of memory");
	}
	cli_job_push(cli, &r->job);
	return 0;
}
