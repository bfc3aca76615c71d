/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * explain out, explain in: the chain of the datapath's decisions about a packet, without the packet. Also `ipsec explain`.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/cmd.h"
#include "control/explain.h"

#define LEN_MAX 9216 /* larger packets are in no network */

struct question {
	struct explain_request req;
	const char *interface; /* -i */
	const char *word[5];   /* what is not an option */
	int nb_words;
};

/* --- reading --- */

static int
read_address(struct cli *cli, const char *what, const char *text, struct ip_addr *ret)
{
	if (text == NULL)
		return cli_error(cli, "explain: %s without an address", what);
	if (ip_parse(text, ret) != 0)
		return cli_error(cli, "explain: %s %.64s is not an IP address", what, text);
	return 0;
}

static int
read_number(struct cli *cli, const char *what, const char *text, uint64_t min, uint64_t max,
		uint64_t *ret)
{
	uint64_t v = 0;

	if (text == NULL)
		return cli_error(cli, "explain: %s without a number", what);
	if (cli_number(text, max, &v) != 0 || v < min)
		return cli_error(cli,
				"explain: %s %.40s is not possible (%" PRIu64 " to %" PRIu64 ")",
				what, text, min, max);
	*ret = v;
	return 0;
}

static int
read_inner(struct cli *cli, struct question *q, int argc, char *argv[], int *i)
{
	struct explain_packet *p = &q->req.packet;

	if (*i + 2 >= argc)
		return cli_error(cli, "explain: -inner wants two addresses, SRC DST");
	*i += 2;
	return read_address(cli, "-inner source", argv[*i - 1], &p->src) != 0 ||
			read_address(cli, "-inner destination", argv[*i], &p->dst) != 0;
}

/* Options with a number. -1: it is none of them. */
static int
read_numeric(struct cli *cli, struct question *q, const char *opt, const char *value)
{
	static const struct {
		const char *name;
		uint64_t min, max;
	} numeric[] = { { "-fib", 0, FIB_MAX - 1 }, { "-len", 20, LEN_MAX }, { "-ttl", 0, 255 },
		{ "-tos", 0, 255 }, { "-seq", 1, UINT32_MAX } };
	uint64_t v = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(numeric) && strcmp(opt, numeric[i].name) != 0; i++)
		;
	if (i == RTE_DIM(numeric))
		return -1;
	if (read_number(cli, opt, value, numeric[i].min, numeric[i].max, &v) != 0)
		return 1;
	if (i == 0)
		q->req.fib = (uint16_t)v;
	else if (i == 1)
		q->req.packet.len = (uint16_t)v;
	else if (i == 2)
		q->req.packet.ttl = (uint8_t)v;
	else if (i == 3)
		q->req.packet.tos = q->req.outer_tos = (uint8_t)v;
	else
		q->req.seq = v;
	return 0;
}

/* One option at argv[*i]. 0, or 1 after cli_error(). */
static int
read_option(struct cli *cli, struct question *q, int argc, char *argv[], int *i)
{
	const char *opt = argv[*i], *value = *i + 1 < argc ? argv[*i + 1] : NULL;
	const int rc = read_numeric(cli, q, opt, value);

	if (rc >= 0) {
		++*i;
		return rc;
	}
	if (strcmp(opt, "-df") == 0) {
		q->req.packet.df = true;
	} else if (strcmp(opt, "-natt") == 0 && q->req.in) {
		q->req.natt = true;
	} else if (strcmp(opt, "-fragment") == 0 && q->req.in) {
		q->req.fragment = true;
	} else if (strcmp(opt, "-inner") == 0 && q->req.in) {
		return read_inner(cli, q, argc, argv, i);
	} else if (strcmp(opt, "-from") == 0 && q->req.in) {
		++*i;
		return read_address(cli, "-from", value, &q->req.outer_src);
	} else if (strcmp(opt, "-i") == 0) {
		++*i;
		q->interface = value;
		return value != NULL ? 0 : cli_error(cli, "explain: -i without an interface");
	} else {
		return cli_error(cli,
				"explain: option %.40s is not there (-i -fib -len -df -ttl -tos%s)",
				opt, q->req.in ? " -from -natt -seq -fragment -inner" : "");
	}
	return 0;
}

static int
read_proto(struct cli *cli, const char *text, struct explain_packet *p)
{
	static const struct {
		const char *name;
		uint8_t proto;
	} names[] = { { "udp", IPPROTO_UDP }, { "tcp", IPPROTO_TCP }, { "icmp", IPPROTO_ICMP },
		{ "icmp6", IPPROTO_ICMPV6 }, { "ipv6-icmp", IPPROTO_ICMPV6 },
		{ "esp", IPPROTO_ESP }, { "sctp", IPPROTO_SCTP } };
	uint64_t v;
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++)
		if (strcmp(text, names[i].name) == 0) {
			p->proto = names[i].proto;
			return 0;
		}
	if (cli_number(text, 255, &v) != 0)
		return cli_error(cli,
				"explain: protocol %.40s is not known (udp tcp icmp icmp6 esp "
				"sctp, or "
				"0 to 255)",
				text);
	p->proto = (uint8_t)v;
	return 0;
}

/* Protocol and ports, as many as there are. */
static int
read_upper(struct cli *cli, struct question *q)
{
	struct explain_packet *p = &q->req.packet;
	uint64_t sport = 1024, dport = 9;

	p->proto = IPPROTO_UDP;
	if (q->nb_words > 2 && read_proto(cli, q->word[2], p) != 0)
		return 1;
	if (q->nb_words > 3 && read_number(cli, "port", q->word[3], 0, UINT16_MAX, &sport) != 0)
		return 1;
	if (q->nb_words > 4 && read_number(cli, "port", q->word[4], 0, UINT16_MAX, &dport) != 0)
		return 1;
	if (p->proto == IPPROTO_ICMP && p->dst.af == AF_INET6)
		p->proto = IPPROTO_ICMPV6;
	p->sport = (uint16_t)sport;
	p->dport = (uint16_t)dport;
	return 0;
}

static int
read_question(struct cli *cli, const struct cli_command *cmd, struct question *q, int argc,
		char *argv[])
{
	struct explain_request *req = &q->req;
	uint64_t spi = 0;
	int i;

	for (i = 0; i < argc; i++) {
		if (argv[i][0] == '-') {
			if (read_option(cli, q, argc, argv, &i) != 0)
				return 1;
		} else if (q->nb_words < (int)RTE_DIM(q->word)) {
			q->word[q->nb_words++] = argv[i];
		} else {
			return cli_usage(cli, cmd);
		}
	}
	if (q->nb_words < 2)
		return cli_usage(cli, cmd);
	if (req->in) {
		if (read_number(cli, "spi", q->word[0], 1, UINT32_MAX, &spi) != 0)
			return 1;
		req->spi = (uint32_t)spi;
		return read_address(cli, "destination", q->word[1], &req->outer_dst) != 0 ||
				read_upper(cli, q) != 0;
	}
	return read_address(cli, "source", q->word[0], &req->packet.src) != 0 ||
			read_address(cli, "destination", q->word[1], &req->packet.dst) != 0 ||
			read_upper(cli, q) != 0;
}

/* --- the answer --- */

static json_t *
view_explain(const struct ctl_explanation *e)
{
	static const char *const ends[] = { "delivered", "dropped", "punted", "accepted" };
	json_t *o, *steps = json_array();
	unsigned int i;

	for (i = 0; i < e->nb_lines; i++)
		json_array_append_new(steps,
				json_pack("{s:s, s:b, s:s}", "step", e->line[i].step, "good",
						e->line[i].good, "text", e->line[i].text));
	o = json_pack("{s:s, s:s, s:o}", "verdict", ends[e->end], "sentence", e->sentence, "steps",
			steps);
	if (o == NULL)
		return NULL;
	if (e->end == CTL_EXPLAIN_DROPPED)
		json_object_set_new(o, "drop", json_string(drop_name(e->drop)));
	if (e->remedy[0] != '\0')
		json_object_set_new(o, "remedy", json_string(e->remedy));
	if (e->end == CTL_EXPLAIN_DELIVERED) {
		json_object_set_new(o, "port", json_string(e->port));
		json_object_set_new(o, "mac", json_string(mac_str(&e->mac)));
		json_object_set_new(o, "bytes", json_integer(e->bytes));
	}
	return o;
}

static void
print_explain(struct cli *cli, const json_t *o)
{
	const char *remedy = json_string_value(json_object_get(o, "remedy"));
	const json_t *line;
	size_t i;

	json_array_foreach(json_object_get(o, "steps"), i, line)
		cli_printf(cli, "%-11s %s %s\n", json_string_value(json_object_get(line, "step")),
				json_is_true(json_object_get(line, "good")) ? " " : "!",
				json_string_value(json_object_get(line, "text")));
	cli_printf(cli, "%s", json_string_value(json_object_get(o, "sentence")));
	if (remedy != NULL)
		cli_printf(cli, " (%s)", remedy);
	cli_printf(cli, "\n");
}

static int
explain(struct cli *cli, const struct cli_command *cmd, int argc, char *argv[])
{
	struct question q = { .req.packet = { .len = 64, .ttl = 64 } };
	struct ctl_explanation e;
	struct err err = { 0 };

	if (argc < 1 || (strcmp(argv[0], "in") != 0 && strcmp(argv[0], "out") != 0))
		return cli_usage(cli, cmd);
	q.req.in = strcmp(argv[0], "in") == 0;
	if (read_question(cli, cmd, &q, argc - 1, argv + 1) != 0)
		return 1;
	if (ctl_explain(cli->ctl, &q.req, q.interface, &e, &err) != 0)
		return cli_fail(cli, &err);
	return cli_view(cli, view_explain(&e), print_explain);
}

static int
run_explain(struct cli *cli, int argc, char *argv[])
{
	return explain(cli, &cmd_explain, argc - 1, argv + 1);
}

static int
run_ipsec(struct cli *cli, int argc, char *argv[])
{
	if (argc < 2 || strcmp(argv[1], "explain") != 0)
		return cli_usage(cli, &cmd_ipsec);
	return explain(cli, &cmd_ipsec, argc - 2, argv + 2);
}

/* argv[0] is the word in front of "in" or "out". */
static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	if (argc == 1) {
		cli_offer(c, "out", "SRC DST [PROTO [SPORT [DPORT]]]: a packet in clear");
		cli_offer(c, "in", "SPI DST: an ESP packet");
		return;
	}
	if (strcmp(argv[argc - 1], "-i") == 0) {
		cli_offer_ifaces(c, IFACE_NONE);
		return;
	}
	cli_offer(c, "-i", "interface by which it comes");
	cli_offer(c, "-fib", "routing table, without -i");
	cli_offer(c, "-len", "bytes of the packet (64)");
	cli_offer(c, "-df", "not to be fragmented");
	cli_offer(c, "-ttl", "time to live (64)");
	cli_offer(c, "-tos", "type of service; of the outer header for in");
	if (strcmp(argv[1], "in") != 0)
		return;
	cli_offer(c, "-from", "outer source");
	cli_offer(c, "-natt", "in UDP");
	cli_offer(c, "-seq", "sequence number");
	cli_offer(c, "-fragment", "the first piece of a packet");
	cli_offer(c, "-inner", "SRC DST of what is inside");
}

static void
complete_ipsec(struct cli_choices *c, int argc, char *argv[])
{
	if (argc == 1)
		cli_offer(c, "explain", "what would become of a packet, and why");
	else
		complete(c, argc - 1, argv + 1);
}

const struct cli_command cmd_explain = {
	.name = "explain",
	.usage = "explain out SRC DST [PROTO [SPORT [DPORT]]] [-i IF | -fib N] [-len N] [-df] "
		 "[-ttl N] "
		 "[-tos N]\n"
		 "explain in SPI DST [-from SRC] [-natt] [-seq N] [-fragment] [-tos N] [-i IF | "
		 "-fib N]\n"
		 "    [-inner SRC DST [PROTO [SPORT [DPORT]]] [-len N] [-df] [-ttl N]]",
	.help = "what would become of a packet, step by step, and why; nothing is sent",
	.run = run_explain,
	.complete = complete,
};

const struct cli_command cmd_ipsec = {
	.name = "ipsec",
	.usage = "ipsec explain out SRC DST ...\nipsec explain in SPI DST ...",
	.help = "ipsec explain: the same as explain",
	.run = run_ipsec,
	.complete = complete_ipsec,
};
