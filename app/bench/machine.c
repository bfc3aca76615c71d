/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine, as far as figures depend on it: a run is compared with runs of the same one only. */
#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_version.h>

#include "bench.h"

/* The first line of a file of "key : value" lines with that key, without blanks around it. */
static void
value_of(const char *path, const char *key, char *ret, size_t size)
{
	FILE *f = fopen(path, "re");
	static char line[8192];
	char *colon;

	snprintf(ret, size, "unknown");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		colon = strchr(line, ':');
		if (strncmp(line, key, strlen(key)) != 0 || colon == NULL)
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(ret, size, "%s", colon);
		break;
	}
	if (f != NULL)
		fclose(f);
}

/* FNV-1a, of the CPU's flags: their list is long. */
static uint32_t
checksum(const char *text)
{
	uint32_t h = 2166136261u;

	while (*text != '\0')
		h = (h ^ (uint8_t)*text++) * 16777619u;
	return h;
}

static void
json_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text >= ' ')
			fputc(*text, out);
	}
	fputc('"', out);
}

void
machine_json(FILE *out)
{
	static char flags[8192];
	char model[128], page[64];

	value_of("/proc/cpuinfo", "model name", model, sizeof(model));
	value_of("/proc/cpuinfo", "flags", flags, sizeof(flags));
	value_of("/proc/meminfo", "Hugepagesize", page, sizeof(page));
	fputs("{\"cpu\": ", out);
	json_text(out, model);
	fprintf(out, ", \"flags\": \"%08x\", \"tsc_mhz\": %.0f, \"hugepages\": ", checksum(flags),
			(double)rte_get_tsc_hz() / 1e6);
	json_text(out, rte_eal_has_hugepages() ? page : "none");
	fputs(", \"dpdk\": ", out);
	json_text(out, rte_version());
	fputs("}", out);
}
