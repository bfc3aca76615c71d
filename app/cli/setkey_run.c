/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements of setkey(8) done in order. As setkey(8) does, one that is refused is reported and the next one is done; unlike it,
 * a text with a mistake in it is refused as a whole before the first is done.
 */
#include <errno.h>

#include "cli/cli.h"
#include "cli/setkey.h"

static int
run_add(struct cli *cli, const struct setkey_statement *s, struct err *err)
{
	char warning[256] = "";
	int rc = ctl_sa_add(cli->ctl, &s->prm, warning, err);

	if (rc == 0 && warning[0] != '\0')
		evbuffer_add_printf(cli->errors, "line %d: WARNING: %s\n", s->line, warning);
	return rc;
}

static int
run_one(struct cli *cli, const struct setkey_statement *s, struct err *err)
{
	const struct sa_params *prm = &s->prm;
	struct sa_ctl *sa;
	int rc;

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
		return setkey_show_sas(cli, false);
	case SETKEY_SPDDUMP:
		return setkey_show_policies(cli);
	case SETKEY_SPDFLUSH:
		return 0; /* all there are belong to interfaces, and stay */
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

int
setkey_run(struct cli *cli, const char *text, size_t len)
{
	struct setkey_list list;
	struct setkey_statement *s;
	struct err err = { 0 };
	int failed = 0;

	if (setkey_parse(text, len, &list, &err) != 0)
		return cli_error(cli, "%s (nothing was done)", err.msg);
	ctl_batch_begin(cli->ctl);
	STAILQ_FOREACH(s, &list, next) {
		err.code = 0;
		if (run_one(cli, s, &err) == 0)
			continue;
		failed = 1;
		if (err.code != 0)
			cli_error(cli, "line %d: %s", s->line, err.msg);
	}
	ctl_batch_end(cli->ctl);
	setkey_free(&list);
	return failed;
}
