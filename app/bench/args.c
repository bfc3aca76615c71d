/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of the benchmark, from the command line and from the prompt. Rules of the gateway itself are not repeated here. */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_version.h>

#include "base/limits.h"

enum kind { KIND_NUMBER, KIND_NUMBER64, KIND_SIZE, KIND_CHOICE, KIND_FLAG, KIND_TEXT, KIND_PORT };

struct option_row {
	const char *name, *takes; /* takes NULL: nothing (a flag; at the prompt on or off) */
	const char *help;
	enum kind kind;
	bool prompt; /* `set` knows it */
	size_t offset, size;
	uint64_t min, max;
	const char *const *choices;
};

static const char *const traffics[] = { "generator", "pcap", "nic", NULL };
static const char *const directions[] = { "out", "in", "both", NULL };

#define AT(field) .offset = offsetof(struct bench_args, field)
#define TEXT(field) AT(field), .size = sizeof(((struct bench_args *)0)->field)
#define NUMBER(field_, min_, max_) .kind = KIND_NUMBER, AT(field_), .min = (min_), .max = (max_)
#define FLAG(field_) .kind = KIND_FLAG, AT(field_)

static const struct option_row rows[] = {
	{ "size", "BYTES|imix",
			"Ethernet frame before encapsulation, without FCS (64); imix: 7 of 64, 4 "
			"of "
			"594, 1 of 1400",
			KIND_SIZE, true, AT(frame_bytes), .min = 60, .max = BENCH_FRAME_MAX },
	{ "tunnels", "N", "tunnels, flows mixed evenly (1)", .prompt = true,
			NUMBER(tunnels, 1, BENCH_TUNNELS_MAX) },
	{ "direction", "out|in|both", "encrypt, decrypt, or both at once (out)", KIND_CHOICE, true,
			AT(direction), .choices = directions },
	{ "encryption", "NAME", "as setkey names it (aes-gcm-16)", KIND_TEXT, true,
			TEXT(encryption) },
	{ "key-bits", "N", "of the encryption key, without salt (128)", .prompt = true,
			NUMBER(key_bits, 0, 256) },
	{ "authentication", "NAME", "as setkey names it; none (none)", KIND_TEXT, true,
			TEXT(authentication) },
	{ "engine", "NAME", "crypto.engine: auto, or one of `show engines` (auto)", KIND_TEXT, true,
			TEXT(engine) },
	{ "replay-window", "N", "packets, inbound; 0: none (1024)", .prompt = true,
			NUMBER(replay_window, 0, REPLAY_WINDOW_MAX) },
	{ "esn", NULL, "extended sequence numbers", .prompt = true, FLAG(esn) },
	{ "natt", NULL, "ESP in UDP", .prompt = true, FLAG(natt) },
	{ "inner", "4|6", "IP version inside the tunnel (4)", .prompt = true, NUMBER(inner, 4, 6) },
	{ "outer", "4|6", "IP version outside (4)", .prompt = true, NUMBER(outer, 4, 6) },
	{ "burst", "N", "most packets that the generator gives at once (64)", .prompt = true,
			NUMBER(burst, 1, DP_GATHER_MAX) },
	{ "rate", "KPPS", "thousand packets a second in all; 0: as fast as they are taken (0)",
			.prompt = true, NUMBER(rate_kpps, 0, 1000000) },
	{ "source", "generator|pcap|nic",
			"where packets come from: made here, net_pcap, the ports (generator; with "
			"--port: nic)",
			KIND_CHOICE, false, AT(traffic), .choices = traffics },
	{ "pcap", "FILE", "what net_pcap reads, over and over (made here)", KIND_TEXT, false,
			TEXT(pcap) },
	{ "port", "DEVICE", "PCI address or vdev; first the inside, then the outside (net_null)",
			KIND_PORT, false, AT(port) },
	{ "write-pcap", "FILE", "write what would come in to a file, and end", KIND_TEXT, false,
			TEXT(write_pcap) },
	{ "sysctl", "NAME=VALUE", "of the gateway, as dp.idle=1 (none)", KIND_TEXT, false,
			TEXT(sysctl) },
	{ "seconds", "S", "of each measurement (3)", .prompt = true, NUMBER(seconds, 1, 86400) },
	{ "total-num-packets", "N", "end after so many", KIND_NUMBER64, false, AT(total_packets),
			.min = 1, .max = UINT64_MAX },
	{ "stats-period", "S", "statistics of the ports every S seconds", .prompt = true,
			NUMBER(stats_period, 0, 86400) },
	{ "latency", NULL, "measure latency at 10, 50 and 90 % of the highest rate",
			FLAG(latency) },
	{ "interactive", NULL, "a prompt (-i)", FLAG(interactive) },
	{ "auto-start", NULL, "with a prompt: start at once (-a)", FLAG(auto_start) },
	{ "json", NULL, "the result as one line of JSON", FLAG(json) },
};

void
bench_usage(FILE *out)
{
	char head[64];
	unsigned int i;

	fputs("usage: dpdk-ipsecif-bench [EAL arguments] -- [options]\n"
	      "       dpdk-ipsecif-bench -h | --help | --version\n",
			out);
	for (i = 0; i < RTE_DIM(rows); i++) {
		snprintf(head, sizeof(head), "--%s%s%s", rows[i].name,
				rows[i].takes != NULL ? " " : "",
				rows[i].takes != NULL ? rows[i].takes : "");
		fprintf(out, "  %-30s %s\n", head, rows[i].help);
	}
}

static int
number_set(const struct option_row *row, const char *value, uint64_t *ret, struct err *err)
{
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(value, &end, 10);
	if (*value == '\0' || *value == '-' || *end != '\0' || errno != 0 || v < row->min ||
			v > row->max || (row->min == 4 && row->max == 6 && v == 5))
		return err_set(err, EINVAL,
				"%s: \"%.64s\" is not possible (%" PRIu64 " to %" PRIu64 ")",
				row->name, value, row->min, row->max);
	*ret = v;
	return 0;
}

static int
choice_set(const struct option_row *row, const char *value, unsigned int *ret, struct err *err)
{
	unsigned int i;

	for (i = 0; row->choices[i] != NULL; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			*ret = i;
			return 0;
		}
	}
	return err_set(err, EINVAL, "%s: \"%.64s\" is not possible (%s)", row->name, value,
			row->takes);
}

static int
text_set(const struct option_row *row, const char *value, char *ret, struct err *err)
{
	if (strcmp(value, "none") == 0)
		value = "";
	if (strlen(value) >= row->size)
		return err_set(err, EINVAL, "%s: \"%.32s...\" is too long (%zu)", row->name, value,
				row->size - 1);
	snprintf(ret, row->size, "%s", value);
	return 0;
}

static int
port_set(struct bench_args *args, const char *value, struct err *err)
{
	const unsigned int i = args->port[0][0] == '\0' ? 0 : 1;

	if (args->port[i][0] != '\0')
		return err_set(err, EINVAL, "port: %.64s is one too many (2)", value);
	if (*value == '\0' || strlen(value) >= sizeof(args->port[i]))
		return err_set(err, EINVAL, "port: \"%.32s\" is no device (1 to %zu characters)",
				value, sizeof(args->port[i]) - 1);
	snprintf(args->port[i], sizeof(args->port[i]), "%s", value);
	return 0;
}

static int
row_set(const struct option_row *row, struct bench_args *args, const char *value, struct err *err)
{
	void *field = (char *)args + row->offset;
	uint64_t v = 0;
	int rc = 0;

	switch (row->kind) {
	case KIND_SIZE:
		if (strcmp(value, "imix") != 0)
			rc = number_set(row, value, &v, err);
		if (rc == 0)
			*(unsigned int *)field = (unsigned int)v;
		return rc;
	case KIND_NUMBER:
		rc = number_set(row, value, &v, err);
		if (rc == 0)
			*(unsigned int *)field = (unsigned int)v;
		return rc;
	case KIND_NUMBER64:
		return number_set(row, value, field, err);
	case KIND_CHOICE:
		return choice_set(row, value, field, err);
	case KIND_FLAG:
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return err_set(err, EINVAL, "%s: \"%.64s\" is not possible (on, off)",
					row->name, value);
		*(bool *)field = value[1] == 'n';
		return 0;
	case KIND_TEXT:
		return text_set(row, value, field, err);
	case KIND_PORT:
		return port_set(args, value, err);
	}
	return 0;
}

static void
row_get(const struct option_row *row, const struct bench_args *args, char *ret, size_t size)
{
	const void *field = (const char *)args + row->offset;
	const char *text = field;

	if (row->kind == KIND_FLAG)
		snprintf(ret, size, "%s", *(const bool *)field ? "on" : "off");
	else if (row->kind == KIND_CHOICE)
		snprintf(ret, size, "%s", row->choices[*(const unsigned int *)field]);
	else if (row->kind == KIND_TEXT || row->kind == KIND_PORT)
		snprintf(ret, size, "%s", text[0] == '\0' ? "none" : text);
	else if (row->kind == KIND_SIZE && *(const unsigned int *)field == BENCH_IMIX)
		snprintf(ret, size, "imix");
	else
		snprintf(ret, size, "%u", *(const unsigned int *)field);
}

int
bench_args_set(struct bench_args *args, const char *name, const char *value, struct err *err)
{
	struct bench_args next = *args;
	unsigned int i;
	int rc;

	for (i = 0; i < RTE_DIM(rows); i++) {
		if (!rows[i].prompt || strcmp(rows[i].name, name) != 0)
			continue;
		rc = row_set(&rows[i], &next, value, err);
		if (rc == 0)
			*args = next;
		return rc;
	}
	return err_set(err, EINVAL, "set: %.64s is not there (show config lists all)", name);
}

const char *
bench_args_at(const struct bench_args *args, unsigned int i, char *ret_value, size_t size,
		const char **ret_takes)
{
	unsigned int k;

	for (k = 0; k < RTE_DIM(rows); k++) {
		if (!rows[k].prompt || i-- != 0)
			continue;
		row_get(&rows[k], args, ret_value, size);
		*ret_takes = rows[k].takes != NULL ? rows[k].takes : "on|off";
		return rows[k].name;
	}
	return NULL;
}

int
bench_args_check(const struct bench_args *args, struct err *err)
{
	if ((args->port[0][0] == '\0') != (args->port[1][0] == '\0'))
		return err_set(err, EINVAL, "port: one device, %s (two, inside and outside)",
				args->port[0]);
	if (args->traffic == TRAFFIC_NIC && args->port[0][0] == '\0')
		return err_set(err, EINVAL, "source: nic without devices (--port, twice)");
	if (args->traffic == TRAFFIC_PCAP && args->port[0][0] != '\0')
		return err_set(err, EINVAL, "source: pcap and --port exclude each other");
	if (args->traffic == TRAFFIC_PCAP && args->direction != DIRECTION_OUT)
		return err_set(err, EINVAL,
				"direction: %s is not possible with --source pcap (out): packets "
				"that come "
				"in twice are replays",
				directions[args->direction]);
	if (args->traffic != TRAFFIC_GENERATOR && args->latency)
		return err_set(err, EINVAL, "latency: time stamps need --source generator");
	if (args->traffic != TRAFFIC_GENERATOR &&
			(args->rate_kpps != 0 || args->total_packets != 0))
		return err_set(err, EINVAL,
				"%s: only packets made here can be counted out (--source "
				"generator)",
				args->rate_kpps != 0 ? "rate" : "total-num-packets");
	if (args->pcap[0] != '\0' && args->traffic != TRAFFIC_PCAP)
		return err_set(err, EINVAL, "pcap: %.64s is read with --source pcap alone",
				args->pcap);
	if (args->inner == 6 && args->frame_bytes != BENCH_IMIX && args->frame_bytes < 62)
		return err_set(err, EINVAL, "size: %u bytes is too small for IPv6 inside (62)",
				args->frame_bytes);
	return 0;
}

/* A row's option: its index behind the letters. */
#define OPTION_BASE 256

static int
option(int c, struct bench_args *args, bool *source_given)
{
	const struct option_row *row;
	struct err err = { 0 };

	if (c == 'i' || c == 'a') {
		*(c == 'i' ? &args->interactive : &args->auto_start) = true;
		return 0;
	}
	if (c == 'h') {
		bench_usage(stdout);
		return 1;
	}
	if (c == 'V') {
		printf("dpdk-ipsecif-bench %s (%s)\n", PROJECT_VERSION, rte_version());
		return 1;
	}
	if (c < OPTION_BASE) {
		fputs("dpdk-ipsecif-bench: --help lists the options\n", stderr);
		return -1;
	}
	row = &rows[c - OPTION_BASE];
	*source_given |= strcmp(row->name, "source") == 0;
	if (row_set(row, args, row->takes != NULL ? optarg : "on", &err) == 0)
		return 0;
	fprintf(stderr, "dpdk-ipsecif-bench: --%s\n", err.msg);
	return -1;
}

int
bench_args_parse(int argc, char **argv, struct bench_args *ret_args)
{
	struct option longs[RTE_DIM(rows) + 3] = { 0 };
	bool source_given = false;
	struct err err = { 0 };
	unsigned int i;
	int c, rc = 0;

	*ret_args = (struct bench_args){ .frame_bytes = 64,
		.tunnels = 1,
		.seconds = 3,
		.encryption = "aes-gcm-16",
		.key_bits = 128,
		.engine = "auto",
		.replay_window = 1024,
		.inner = 4,
		.outer = 4,
		.burst = DP_GATHER_MAX };
	for (i = 0; i < RTE_DIM(rows); i++)
		longs[i] = (struct option){ rows[i].name,
			rows[i].takes != NULL ? required_argument : no_argument, NULL,
			OPTION_BASE + (int)i };
	longs[i] = (struct option){ "help", no_argument, NULL, 'h' };
	longs[i + 1] = (struct option){ "version", no_argument, NULL, 'V' };
	optind = 1;
	while (rc == 0 && (c = getopt_long(argc, argv, "iah", longs, NULL)) != -1)
		rc = option(c, ret_args, &source_given);
	if (rc == 0 && optind != argc) {
		fprintf(stderr, "dpdk-ipsecif-bench: %s is not an option (--help)\n", argv[optind]);
		return -1;
	}
	if (rc != 0)
		return rc;
	if (!source_given && ret_args->port[0][0] != '\0')
		ret_args->traffic = TRAFFIC_NIC;
	if (!source_given && ret_args->pcap[0] != '\0')
		ret_args->traffic = TRAFFIC_PCAP;
	if (bench_args_check(ret_args, &err) != 0) {
		fprintf(stderr, "dpdk-ipsecif-bench: %s\n", err.msg);
		return -1;
	}
	return 0;
}
