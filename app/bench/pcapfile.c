/* SPDX-License-Identifier: BSD-3-Clause */
/* Traffic as a pcap file: for net_pcap, and for other programs to be measured with the same packets. */
#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "bench.h"
#include "source_priv.h"

#define PCAP_MAGIC 0xa1b2c3d4u
#define FRAMES_MIN \
	64 /* a ring of the source holds at least a burst, whatever the number of tunnels */

struct pcap_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, linktype;
};

struct pcap_record {
	uint32_t seconds, microseconds, captured, length;
};

static FILE *
file_open(const char *path, struct err *err)
{
	const struct pcap_head head = {
		.magic = PCAP_MAGIC, .major = 2, .minor = 4, .snaplen = 65535, .linktype = 1
	};
	FILE *f = fopen(path, "wbe");

	if (f == NULL)
		err_set(err, errno, "%s: %s", path, strerror(errno));
	else
		fwrite(&head, sizeof(head), 1, f);
	return f;
}

static int
file_close(FILE *f, const char *path, struct err *err)
{
	const bool bad = fflush(f) != 0 || ferror(f) != 0;

	fclose(f);
	return bad ? err_set(err, EIO, "%s: cannot be written", path) : 0;
}

static void
frame_put(FILE *f, const void *frame, unsigned int len)
{
	const struct pcap_record record = { .captured = len, .length = len };

	fwrite(&record, sizeof(record), 1, f);
	fwrite(frame, len, 1, f);
}

int
pcap_write_plain(const struct bench_source *s, const char *path, struct err *err)
{
	/* whole rounds of the mix over all flows */
	const unsigned int n = (s->args->tunnels > FRAMES_MIN ? s->args->tunnels : FRAMES_MIN) *
			SOURCE_PATTERN;
	const unsigned int sizes = s->args->frame_bytes == BENCH_IMIX ? SOURCE_PATTERN : 1;
	uint8_t frame[BENCH_FRAME_MAX] = { 0 };
	uint32_t flow = 0;
	unsigned int i;
	FILE *f = file_open(path, err);

	if (f == NULL)
		return -err->code;
	for (i = 0; i < n / SOURCE_PATTERN * sizes; i++) {
		const struct source_shape *shape = &s->shape[s->pattern[i % SOURCE_PATTERN]];

		source_frame_write(frame, shape, s->flow_base + flow);
		frame_put(f, frame, shape->len);
		flow = (flow + s->flow_step) % s->args->tunnels;
	}
	return file_close(f, path, err);
}

int
pcap_write_prepared(const struct bench_source *s, const char *path, struct err *err)
{
	const struct source_prepared *p = &s->prepared;
	FILE *f = file_open(path, err);
	uint32_t i;

	if (f == NULL)
		return -err->code;
	for (i = 0; i < p->nb; i++)
		frame_put(f, p->frame + (size_t)i * p->stride, p->len[i]);
	return file_close(f, path, err);
}
