/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration that a run goes through, as a user would write it. Tunnel i is ipsec<i>, from 192.168.0.3 to
 * 192.168.(1 + i / 250).(1 + i % 250), or fd00:0:0:2::3 to fd00:0:0:3::(1 + i).
 */
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_lcore.h>

#include "bench.h"

#define SPI_IN 20000
#define SPI_OUT 50000
#define REQID 20000

/* Keys that differ per tunnel and direction, of the length asked for; this is a benchmark, they protect nothing. */
static void
key_print(FILE *out, unsigned int bytes, unsigned int spi)
{
	unsigned int i;

	fputs("\"0x", out);
	for (i = 0; i < bytes; i++)
		fprintf(out, "%02x", i < 4 ? spi >> (8 * i) & 0xff : 0x30 + i);
	fputs("\"", out);
}

/* RFC 4868, RFC 2404: the key is as long as the hash. */
static unsigned int
authentication_bytes(const char *name)
{
	if (strstr(name, "512") != NULL)
		return 64;
	if (strstr(name, "384") != NULL)
		return 48;
	if (strstr(name, "256") != NULL)
		return 32;
	return strstr(name, "sha1") != NULL ? 20 : 16;
}

static unsigned int
salt_bytes(const char *name)
{
	return strstr(name, "cbc") == NULL && strcmp(name, "null") != 0 ? 4 : 0;
}

static void
remote_print(FILE *out, const struct bench_args *args, unsigned int i)
{
	if (args->outer == 6)
		fprintf(out, "\"fd00:0:0:3::%x\"", 1 + i);
	else
		fprintf(out, "\"192.168.%u.%u\"", 1 + i / 250, 1 + i % 250);
}

static const char *
local_of(const struct bench_args *args)
{
	return args->outer == 6 ? "\"fd00:0:0:2::3\"" : "\"192.168.0.3\"";
}

static void
sa_print(FILE *out, const struct bench_args *args, unsigned int i, bool inbound, unsigned int spi)
{
	fputs("{\"src\": ", out);
	if (inbound)
		remote_print(out, args, i);
	else
		fputs(local_of(args), out);
	fputs(", \"dst\": ", out);
	if (inbound)
		fputs(local_of(args), out);
	else
		remote_print(out, args, i);
	fprintf(out, ", \"spi\": %u, \"reqid\": %u, \"mode\": \"tunnel\"", spi, REQID + i);
	if (args->encryption[0] != '\0')
		fprintf(out, ", \"encryption\": \"%s\"", args->encryption);
	if (args->encryption[0] != '\0' && args->key_bits != 0) {
		fputs(", \"encryption_key\": ", out);
		key_print(out, args->key_bits / 8 + salt_bytes(args->encryption), spi);
	}
	if (args->authentication[0] != '\0') {
		fprintf(out, ", \"authentication\": \"%s\", \"authentication_key\": ",
				args->authentication);
		key_print(out, authentication_bytes(args->authentication), spi);
	}
	if (inbound && args->replay_window != 0)
		fprintf(out, ", \"replay_window_packets\": %u", args->replay_window);
	if (args->esn)
		fputs(", \"esn\": true", out);
	if (args->natt)
		fputs(", \"natt\": {\"sport\": 4500, \"dport\": 4500}", out);
	fputs("}", out);
}

/* What goes out by tunnels, and what came out of them and goes on. */
static void
routes_print(FILE *out, const struct bench_args *args, uint32_t flow_base)
{
	unsigned int i;

	fputs("\"routes\": [{\"prefix\": \"192.168.0.0/16\", \"gateway\": \"192.168.0.5\"},"
	      "{\"prefix\": \"fd00:0:0:3::/64\", \"gateway\": \"fd00:0:0:2::5\"}",
			out);
	if (flow_base == SOURCE_FLOW_OUT)
		fputs(",{\"prefix\": \"10.192.0.0/16\", \"gateway\": \"10.1.0.9\"},"
		      "{\"prefix\": \"fd00:0:0:a::ac0:0/112\", \"gateway\": \"fd00:0:0:1::9\"}",
				out);
	for (i = 0; i < args->tunnels; i++) {
		const uint32_t dst = RTE_IPV4(10, 128, 0, 0) + flow_base + i;

		if (args->inner == 6)
			fprintf(out, ",\n{\"prefix\": \"fd00:0:0:a::%x:%x/128\"", dst >> 16,
					dst & 0xffff);
		else
			fprintf(out, ",\n{\"prefix\": \"%u.%u.%u.%u/32\"", dst >> 24,
					dst >> 16 & 255, dst >> 8 & 255, dst & 255);
		fprintf(out, ", \"interface\": \"ipsec%u\"}", i);
	}
	fputs("]", out);
}

static void
device_print(const struct bench_args *args, unsigned int port, char *ret, size_t size)
{
	const char *device = bench_port_device(args, port);
	unsigned int i, n;

	if (args->port[port][0] != '\0') {
		snprintf(ret, size, "\"device\": \"%s\"", device);
		return;
	}
	n = (unsigned int)snprintf(ret, size, "\"device\": \"%s\", \"devargs\": \"", device);
	if (port == 0 && args->traffic == TRAFFIC_PCAP) {
		/* a queue for each worker */
		for (i = 0; i < RTE_MAX(rte_lcore_count() - 1, 1u) && n < size; i++)
			n += (unsigned int)snprintf(ret + n, size - n, "rx_pcap=%s,", args->pcap);
		if (n < size)
			n += (unsigned int)snprintf(ret + n, size - n, "infinite_rx=1\"");
	} else if (n < size) {
		n += (unsigned int)snprintf(ret + n, size - n, "no-rx=1\"");
	}
}

static void
ports_print(FILE *out, const struct bench_args *args)
{
	char device[2][4096];

	device_print(args, 0, device[0], sizeof(device[0]));
	device_print(args, 1, device[1], sizeof(device[1]));
	fprintf(out,
			"\"ports\": {"
			"\"in\": {%s, \"mac\": \"02:00:00:00:00:01\", "
			"\"addresses\": [\"10.1.0.1/24\", \"fd00:0:0:1::1/64\"]},"
			"\"out\": {%s, \"mac\": \"02:00:00:00:00:02\", "
			"\"addresses\": [\"192.168.0.3/24\", \"fd00:0:0:2::3/64\"]}}, "
			"\"neighbors\": ["
			"{\"port\": \"in\", \"address\": \"10.1.0.9\", \"mac\": "
			"\"02:00:00:00:00:09\"},"
			"{\"port\": \"in\", \"address\": \"fd00:0:0:1::9\", \"mac\": "
			"\"02:00:00:00:00:09\"},"
			"{\"port\": \"out\", \"address\": \"192.168.0.5\", \"mac\": "
			"\"02:00:00:00:00:05\"},"
			"{\"port\": \"out\", \"address\": \"fd00:0:0:2::5\", \"mac\": "
			"\"02:00:00:00:00:05\"}]",
			device[0], device[1]);
}

static void
sas_print(FILE *out, const struct bench_args *args, enum bench_phase phase)
{
	const bool prepare = phase == PHASE_PREPARE;
	const char *comma = "";
	unsigned int i;

	fputs("\"sa\": [", out);
	for (i = 0; i < args->tunnels; i++) {
		if (prepare || args->direction != DIRECTION_IN) {
			fputs(comma, out);
			/* what is prepared is what the inbound SA takes */
			sa_print(out, args, i, false, (prepare ? SPI_IN : SPI_OUT) + i);
			comma = ",\n";
		}
		if (!prepare && args->direction != DIRECTION_OUT) {
			fputs(comma, out);
			sa_print(out, args, i, true, SPI_IN + i);
			comma = ",\n";
		}
	}
	fputs("]", out);
}

const char *
bench_port_device(const struct bench_args *args, unsigned int port)
{
	if (args->port[port][0] != '\0')
		return args->port[port];
	if (port == 0 && args->traffic == TRAFFIC_PCAP)
		return "net_pcap0";
	return port == 0 ? "net_null0" : "net_null1";
}

char *
bench_config(const struct bench_args *args, enum bench_phase phase)
{
	char *text = NULL;
	size_t size = 0;
	unsigned int i;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	fputs("{", out);
	ports_print(out, args);
	fputs(", \"ipsec\": {", out);
	for (i = 0; phase != PHASE_PORTS && i < args->tunnels; i++) {
		fprintf(out,
				"%s\"ipsec%u\": {\"reqid\": %u, \"up\": true, \"tunnel\": "
				"{\"local\": %s, \"remote\": ",
				i == 0 ? "" : ",", i, REQID + i, local_of(args));
		remote_print(out, args, i);
		fputs("}}\n", out);
	}
	if (phase == PHASE_PORTS) {
		fputs("}}", out);
		fclose(out);
		return text;
	}
	fputs("}, ", out);
	routes_print(out, args, phase == PHASE_PREPARE ? SOURCE_FLOW_IN : SOURCE_FLOW_OUT);
	fputs(", ", out);
	sas_print(out, args, phase);
	fprintf(out, ", \"crypto\": {\"engine\": \"%s\"}}", args->engine);
	fclose(out);
	return text;
}
