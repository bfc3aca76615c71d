/* SPDX-License-Identifier: BSD-3-Clause */
/* What the benchmark feeds in, and the configuration that it runs through. Nothing is measured here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "bench.h"

#define PCAP_MAGIC 0xa1b2c3d4u
#define FRAME_MAX 1514

struct pcap_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, linktype;
};

struct pcap_record {
	uint32_t seconds, microseconds, captured, length;
};

static void
frame_fill(uint8_t *frame, unsigned int len, unsigned int tunnel)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)frame;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	memset(frame, 0, len);
	*eth = (struct rte_ether_hdr){ .dst_addr = { { 2, 0, 0, 0, 0, 1 } },
		.src_addr = { { 2, 0, 0, 0, 0, 9 } },
		.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4) };
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16((uint16_t)(len - sizeof(*eth))),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = rte_cpu_to_be_32(RTE_IPV4(10, 1, 0, 9)),
		.dst_addr = rte_cpu_to_be_32(RTE_IPV4(10, 128, 0, 0) + tunnel) };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*udp = (struct rte_udp_hdr){ .src_port = RTE_BE16(1024),
		.dst_port = RTE_BE16(9),
		.dgram_len = rte_cpu_to_be_16((uint16_t)(len - sizeof(*eth) - sizeof(*ip))) };
}

int
bench_write_pcap(const struct bench_args *args, struct err *err)
{
	const struct pcap_head head = {
		.magic = PCAP_MAGIC, .major = 2, .minor = 4, .snaplen = 65535, .linktype = 1
	};
	const struct pcap_record record = { .captured = args->frame_bytes,
		.length = args->frame_bytes };
	/* A ring of the source holds at least a burst, whatever the number of tunnels. */
	const unsigned int packets = RTE_MAX(args->tunnels, 64u);
	uint8_t frame[FRAME_MAX];
	unsigned int i;
	FILE *f = fopen(args->pcap, "wb");

	if (f == NULL)
		return err_set(err, errno, "%s: %s", args->pcap, strerror(errno));
	fwrite(&head, sizeof(head), 1, f);
	for (i = 0; i < packets; i++) {
		frame_fill(frame, args->frame_bytes, i % args->tunnels);
		fwrite(&record, sizeof(record), 1, f);
		fwrite(frame, args->frame_bytes, 1, f);
	}
	if (fflush(f) != 0 || ferror(f)) {
		fclose(f);
		return err_set(err, EIO, "%s: cannot be written", args->pcap);
	}
	fclose(f);
	return 0;
}

/* Keys that differ per tunnel, of the length asked for; this is a benchmark, they protect nothing. */
static void
key_print(FILE *out, unsigned int bytes, unsigned int tunnel)
{
	unsigned int i;

	fputs("\"0x", out);
	for (i = 0; i < bytes; i++)
		fprintf(out, "%02x", i < 4 ? tunnel >> (8 * i) & 0xff : 0x30 + i);
	fputs("\"", out);
}

static void
config_objects(FILE *out, const struct bench_args *args)
{
	const unsigned int salt = strstr(args->encryption, "cbc") == NULL &&
					strcmp(args->encryption, "null") != 0
			? 4
			: 0;
	unsigned int i;

	fputs("\"ipsec\": {", out);
	for (i = 0; i < args->tunnels; i++)
		fprintf(out,
				"%s\"ipsec%u\": {\"reqid\": %u, \"up\": true, \"tunnel\": "
				"{\"local\": \"192.168.0.3\", \"remote\": \"192.168.%u.%u\"}}\n",
				i == 0 ? "" : ",", i, 20000 + i, 1 + i / 250, 1 + i % 250);
	fputs("}, \"routes\": [{\"prefix\": \"192.168.0.0/16\", \"gateway\": \"192.168.0.5\"}",
			out);
	for (i = 0; i < args->tunnels; i++)
		fprintf(out, ",\n{\"prefix\": \"10.%u.%u.%u/32\", \"interface\": \"ipsec%u\"}",
				128 + (i >> 16), i >> 8 & 255, i & 255, i);
	fputs("], \"sa\": [", out);
	for (i = 0; i < args->tunnels; i++) {
		fprintf(out,
				"%s{\"src\": \"192.168.0.3\", \"dst\": \"192.168.%u.%u\", \"spi\": "
				"%u, "
				"\"reqid\": %u, \"mode\": \"tunnel\", \"encryption\": \"%s\"",
				i == 0 ? "" : ",\n", 1 + i / 250, 1 + i % 250, 10000 + i, 20000 + i,
				args->encryption);
		if (args->key_bits != 0) {
			fputs(", \"encryption_key\": ", out);
			key_print(out, args->key_bits / 8 + salt, i);
		}
		if (args->authentication != NULL) {
			fprintf(out, ", \"authentication\": \"%s\", \"authentication_key\": ",
					args->authentication);
			key_print(out, strstr(args->authentication, "sha1") != NULL ? 20 : 32, i);
		}
		fputs("}", out);
	}
	fputs("]", out);
}

char *
bench_config(const struct bench_args *args)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	fputs("{\"ports\": {"
	      "\"in\": {\"device\": \"net_pcap0\", \"mac\": \"02:00:00:00:00:01\", \"addresses\": "
	      "[\"10.1.0.1/24\"]},"
	      "\"out\": {\"device\": \"net_null0\", \"mac\": \"02:00:00:00:00:02\", \"addresses\": "
	      "[\"192.168.0.3/24\"]}},"
	      "\"neighbors\": [{\"port\": \"out\", \"address\": \"192.168.0.5\", \"mac\": "
	      "\"02:00:00:00:00:05\"}],",
			out);
	config_objects(out, args);
	fprintf(out, ", \"crypto\": {\"engine\": \"%s\"}}", args->engine);
	fclose(out);
	return text;
}
