/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SAs and policies in the form of setkey -D and -DP. Instead of a key stands its fingerprint, the first 8 bytes of SHA-256 over
 * algorithms and keys; the key itself only where the operator asks for it on the control socket.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/setkey.h"

static json_t *
hex_json(const uint8_t *bytes, unsigned int n)
{
	char buf[2 * SA_AUTH_KEY_MAX + 1];
	unsigned int i;
	json_t *j;

	buf[0] = '\0';
	for (i = 0; i < n; i++)
		snprintf(buf + 2 * (size_t)i, 3, "%02x", bytes[i]);
	j = json_string(buf);
	explicit_bzero(buf, sizeof(buf));
	return j;
}

static void
lifetime_json(json_t *o, const char *name, const struct sa_lifetime *life)
{
	json_object_set_new(o, name,
			json_pack("{s:I, s:I, s:I, s:I}", "seconds", (json_int_t)life->seconds,
					"use_seconds", (json_int_t)life->use_seconds, "bytes",
					(json_int_t)life->bytes, "packets",
					(json_int_t)life->packets));
}

static void
sa_json_life(struct cli *cli, const struct sa_ctl *sa, json_t *o)
{
	struct ctl_sa_counts c = { 0 };

	ctl_sa_counts(cli->ctl, sa, &c);
	json_object_set_new(o, "created", json_integer((json_int_t)c.created_s));
	json_object_set_new(o, "age_seconds", json_integer((json_int_t)c.age_s));
	json_object_set_new(o, "last_use", json_integer((json_int_t)c.last_use_s));
	json_object_set_new(o, "packets", json_integer((json_int_t)c.packets));
	json_object_set_new(o, "bytes", json_integer((json_int_t)c.bytes));
	json_object_set_new(o, "seq", json_integer((json_int_t)c.seq));
	json_object_set_new(o, "auth_failed", json_integer((json_int_t)c.auth_failed));
	json_object_set_new(o, "replayed", json_integer((json_int_t)c.replayed));
	json_object_set_new(o, "errors", json_integer((json_int_t)c.errors));
	lifetime_json(o, "hard", &sa->prm.hard);
	lifetime_json(o, "soft", &sa->prm.soft);
}

static json_t *
sa_json(struct cli *cli, const struct sa_ctl *sa, unsigned int how)
{
	static const char *const dirs[] = { "none", "in", "out" };
	static const char *const pads[] = { "seq-pad", "zero-pad", "random-pad" };
	const struct sa_params *prm = &sa->prm;
	const struct iface *ifp = sa->iface == 0 ? NULL : iface_at(ctl_ifaces(cli->ctl), sa->iface);
	char where[96] = "";
	json_t *o = json_object();

	ctl_sa_where(cli->ctl, sa, where, sizeof(where));
	json_object_set_new(o, "src", json_string(ip_str(&prm->src)));
	json_object_set_new(o, "dst", json_string(ip_str(&prm->dst)));
	json_object_set_new(o, "spi", json_integer(prm->spi));
	json_object_set_new(o, "reqid", json_integer(prm->reqid));
	json_object_set_new(o, "mode", json_string(sa_mode_name(prm->mode)));
	json_object_set_new(o, "state", json_string(sa_state_name(sa->state)));
	json_object_set_new(o, "fingerprint", hex_json(sa->fingerprint, sizeof(sa->fingerprint)));
	if (prm->enc != NULL)
		json_object_set_new(o, "encryption", json_string(prm->enc->name));
	if (prm->auth != NULL)
		json_object_set_new(o, "authentication", json_string(prm->auth->name));
	if ((how & SETKEY_KEYS) != 0 && prm->enc != NULL)
		json_object_set_new(
				o, "encryption_key", hex_json(prm->keys.enc, prm->keys.enc_len));
	if ((how & SETKEY_KEYS) != 0 && prm->auth != NULL)
		json_object_set_new(o, "authentication_key",
				hex_json(prm->keys.auth, prm->keys.auth_len));
	json_object_set_new(o, "replay_window_packets", json_integer(prm->replay_window));
	json_object_set_new(o, "esn", json_boolean(prm->esn));
	json_object_set_new(o, "natt_sport", json_integer(prm->natt_sport));
	json_object_set_new(o, "natt_dport", json_integer(prm->natt_dport));
	json_object_set_new(o, "padding", json_string(pads[prm->pad]));
	json_object_set_new(o, "cyclic_seq", json_boolean(!prm->cyclic_seq_off));
	if ((how & SETKEY_VERBOSE) != 0)
		json_object_set_new(o, "verbose", json_true());
	json_object_set_new(o, "direction", json_string(dirs[sa->dir]));
	json_object_set_new(o, "interface", json_string(ifp == NULL ? "" : ifp->name));
	json_object_set_new(o, "runs_on", json_string(where));
	sa_json_life(cli, sa, o);
	return o;
}

static const char *
str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

static uint64_t
num(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

/* "	E: aes-cbc  key <0123456789abcdef>", or the key in groups of four bytes, eight in a line. */
static void
print_alg(struct cli *cli, const json_t *o, char letter, const char *alg, const char *key)
{
	const char *hex;
	size_t i;

	if (json_object_get(o, alg) == NULL)
		return;
	cli_printf(cli, "\t%c: %s  ", letter, str(o, alg));
	if (json_object_get(o, key) == NULL) {
		cli_printf(cli, "key <%s>\n", str(o, "fingerprint"));
		return;
	}
	hex = str(o, key);
	for (i = 0; hex[i] != '\0'; i++)
		cli_printf(cli, "%s%c",
				i % 64 == 0 && i > 0                  ? "\n "
						: i % 8 == 0 && i > 0 ? " "
								      : "",
				hex[i]);
	cli_printf(cli, "\n");
}

/* "Nov 23 15:07:16 2026", or as many blanks. */
static const char *
when(uint64_t t, char *buf, size_t size)
{
	time_t tt = (time_t)t;
	struct tm tm;

	snprintf(buf, size, "%20s", "");
	if (t != 0 && localtime_r(&tt, &tm) != NULL)
		strftime(buf, size, "%b %e %H:%M:%S %Y", &tm);
	return buf;
}

static void
print_life(struct cli *cli, const json_t *o)
{
	const json_t *hard = json_object_get(o, "hard"), *soft = json_object_get(o, "soft");
	char created[32], now[32], last[32];

	when(num(o, "created"), created, sizeof(created));
	when(num(o, "created") + num(o, "age_seconds"), now, sizeof(now));
	when(num(o, "last_use"), last, sizeof(last));
	cli_printf(cli, "\tcreated: %s\tcurrent: %s\n", created, now);
	cli_printf(cli, "\tdiff: %" PRIu64 "(s)\thard: %" PRIu64 "(s)\tsoft: %" PRIu64 "(s)\n",
			num(o, "age_seconds"), num(hard, "seconds"), num(soft, "seconds"));
	cli_printf(cli, "\tlast: %s\thard: %" PRIu64 "(s)\tsoft: %" PRIu64 "(s)\n", last,
			num(hard, "use_seconds"), num(soft, "use_seconds"));
	cli_printf(cli,
			"\tcurrent: %" PRIu64 "(bytes)\thard: %" PRIu64 "(bytes)\tsoft: %" PRIu64
			"(bytes)\n",
			num(o, "bytes"), num(hard, "bytes"), num(soft, "bytes"));
	cli_printf(cli, "\tallocated: %" PRIu64 "\thard: %" PRIu64 "\tsoft: %" PRIu64 "\n",
			num(o, "packets"), num(hard, "packets"), num(soft, "packets"));
}

/* FreeBSD's SADB_X_EXT_*. Numbers never wrap here; the flag is as it was asked for. */
static unsigned int
flags_of(const json_t *o)
{
	unsigned int flags = json_is_true(json_object_get(o, "cyclic_seq")) ? 0x40 : 0;

	if (strcmp(str(o, "padding"), "random-pad") == 0)
		flags |= 0x100;
	if (strcmp(str(o, "padding"), "zero-pad") == 0)
		flags |= 0x200;
	if (json_is_true(json_object_get(o, "esn")))
		flags |= 0x400;
	return flags;
}

static void
print_sa(struct cli *cli, const json_t *o)
{
	uint64_t spi = num(o, "spi"), reqid = num(o, "reqid");

	if (num(o, "natt_sport") != 0)
		cli_printf(cli, "%s[%" PRIu64 "] %s[%" PRIu64 "]\n\tesp-udp", str(o, "src"),
				num(o, "natt_sport"), str(o, "dst"), num(o, "natt_dport"));
	else
		cli_printf(cli, "%s %s\n\tesp", str(o, "src"), str(o, "dst"));
	cli_printf(cli,
			" mode=%s spi=%" PRIu64 "(0x%08" PRIx64 ") reqid=%" PRIu64 "(0x%08" PRIx64
			")\n",
			str(o, "mode"), spi, spi, reqid, reqid);
	print_alg(cli, o, 'E', "encryption", "encryption_key");
	print_alg(cli, o, 'A', "authentication", "authentication_key");
	cli_printf(cli, "\tseq=0x%08" PRIx64 " replay=%" PRIu64 " flags=0x%08x state=%s \n",
			num(o, "seq") & UINT32_MAX, num(o, "replay_window_packets") / 8,
			flags_of(o), str(o, "state"));
	print_life(cli, o);
	cli_printf(cli, "\tsadb_seq=%" PRIu64 " pid=%d refcnt=1\n", num(o, "sadb_seq"), getpid());
	if (json_object_get(o, "verbose") == NULL)
		return;
	cli_printf(cli, "\tfailed: %" PRIu64 "(auth)\t%" PRIu64 "(replay)\t%" PRIu64 "(other)\n",
			num(o, "auth_failed"), num(o, "replayed"), num(o, "errors"));
	cli_printf(cli, "\tinterface=%s direction=%s%s%s\n",
			str(o, "interface")[0] == '\0' ? "none" : str(o, "interface"),
			str(o, "direction"), str(o, "runs_on")[0] == '\0' ? "" : " by ",
			str(o, "runs_on"));
}

/* Oldest first. One that went meanwhile is left out, one that came is shown. */
static json_t *
next_sa(struct cli *cli, struct cli_list *list)
{
	struct sa_ctl *sa = sadb_after(ctl_sadb(cli->ctl), list->id, list->at);
	json_t *o;

	if (sa == NULL)
		return NULL;
	list->id = sa->id;
	list->at = sa->order;
	o = sa_json(cli, sa, list->flags);
	list->end -= list->end > 0;
	json_object_set_new(o, "sadb_seq", json_integer((json_int_t)list->end));
	return o;
}

static json_t *
next_none(struct cli *cli, struct cli_list *list)
{
	(void)cli;
	(void)list;
	return NULL;
}

int
setkey_show_sas(struct cli *cli, unsigned int how)
{
	const struct cli_list list = { .next = (how & SETKEY_NONE) != 0 ? next_none : next_sa,
		.print = print_sa,
		.none = "No SAD entries.",
		.end = sadb_count(ctl_sadb(cli->ctl)),
		.flags = how };

	return cli_view_list(cli, &list);
}

int
setkey_show_one(struct cli *cli, const struct sa_ctl *sa)
{
	json_t *o = sa_json(cli, sa, 0), *list;

	if (!cli->json)
		return cli_view(cli, o, print_sa);
	list = json_array();
	json_array_append_new(list, o);
	return cli_view(cli, list, NULL);
}

/* The next policy: list->at is the interface it belongs to, list->id which of the four. */
static json_t *
next_policy(struct cli *cli, struct cli_list *list)
{
	struct ctl_policy pol;

	while (list->at < IFACE_MAX) {
		const struct iface *ifp = iface_at(ctl_ifaces(cli->ctl), (uint16_t)list->at);

		if (ifp != NULL && ctl_policy_at(cli->ctl, ifp, list->id, &pol)) {
			list->id++;
			list->end -= list->end > 0;
			return json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:s, s:I}", "id",
					(json_int_t)pol.id, "direction", pol.out ? "out" : "in",
					"family", pol.ip6 ? "inet6" : "inet", "src",
					ip_str(&pol.src), "dst", ip_str(&pol.dst), "reqid",
					(json_int_t)pol.reqid, "interface", pol.interface, "seq",
					(json_int_t)list->end);
		}
		list->at++;
		list->id = 0;
	}
	return NULL;
}

static void
print_policy(struct cli *cli, const json_t *o)
{
	const char *all = strcmp(str(o, "family"), "inet") == 0 ? "0.0.0.0/0" : "::/0";

	cli_printf(cli, "%s[any] %s[any] any\n\t%s ipsec\n", all, all, str(o, "direction"));
	cli_printf(cli, "\tesp/tunnel/%s-%s/unique:%" PRIu64 "\n", str(o, "src"), str(o, "dst"),
			num(o, "reqid"));
	cli_printf(cli,
			"\tspid=%" PRIu64 " seq=%" PRIu64
			" pid=%d scope=ifnet ifname=%s\n\trefcnt=1\n",
			num(o, "id"), num(o, "seq"), getpid(), str(o, "interface"));
}

int
setkey_show_policies(struct cli *cli, unsigned int how)
{
	struct cli_list list = { .next = (how & SETKEY_NONE) != 0 ? next_none : next_policy,
		.print = print_policy,
		.none = "No SPD entries.",
		.at = 1 };
	const struct iface *ifp = NULL;

	while ((ifp = iface_next(ctl_ifaces(cli->ctl), ifp)) != NULL)
		list.end += ifp->policy_id[0] != 0 ? RTE_DIM(ifp->policy_id) : 0;
	return cli_view_list(cli, &list);
}
