/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the clocks: see clock.h for which of them is for what. */
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>
#include <rte_cycles.h>

/* The two clocks are not read at one moment: by less than this nobody has set one of them. */
#define WALL_SLACK_MS 500

static struct clock_shift shift; /* all 0 but in tests */

void
clock_shift_set(const struct clock_shift *to)
{
	shift = *to;
}

static uint64_t
read_us(clockid_t clock)
{
	struct timespec ts = { 0 };

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* --- mono --- */

uint64_t
clock_mono_us(void)
{
	return read_us(CLOCK_BOOTTIME) + (CLOCK_ORIGIN_MS + (uint64_t)shift.mono_ms) * 1000;
}

uint64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

/* --- wall --- */

uint64_t
clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME) + (uint64_t)shift.wall_ms * 1000;
}

uint64_t
clock_wall_s(void)
{
	return clock_wall_us() / 1000000;
}

uint64_t
clock_wall_s_at(uint64_t mono_ms)
{
	static int64_t apart; /* wall less mono, ms: kept, so that a time does not waver between two seconds */
	int64_t mono, wall, at;

	do { /* again if somebody else had the core between the two */
		mono = (int64_t)clock_mono_ms();
		wall = (int64_t)(clock_wall_us() / 1000);
	} while ((int64_t)clock_mono_ms() - mono > WALL_SLACK_MS / 2);
	if (llabs(wall - mono - apart) > WALL_SLACK_MS)
		apart = wall - mono;
	at = (int64_t)mono_ms + apart;
	if ((int64_t)mono_ms <= mono)
		at = RTE_MIN(at, wall);
	return at < 0 ? 0 : (uint64_t)at / 1000;
}

/* --- TSC --- */

uint64_t
clock_tsc(void)
{
	return rte_rdtsc() + shift.tsc;
}

uint64_t
clock_tsc_to_ms(uint64_t cycles)
{
	const uint64_t hz = rte_get_tsc_hz();

	return hz == 0 ? 0 : cycles / hz * 1000 + cycles % hz * 1000 / hz;
}

uint64_t
clock_tsc_age_ms(uint64_t tsc)
{
	return clock_tsc_to_ms(clock_diff(clock_tsc(), tsc));
}

/* --- boot --- */

const char *
clock_boot_id(void)
{
	static char id[40];
	static bool asked;
	FILE *f;

	if (shift.boot_id != NULL)
		return shift.boot_id;
	if (asked)
		return id;
	asked = true;
	f = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (f == NULL)
		return id;
	if (fgets(id, sizeof(id), f) == NULL)
		id[0] = '\0';
	id[strcspn(id, "\n")] = '\0';
	fclose(f);
	return id;
}

/* What the kernel adds to CLOCK_BOOTTIME in our time namespace (time_namespaces(7)), ms. */
static int64_t
namespace_offset_ms(void)
{
	long long s = 0, ns = 0, of[2];
	char line[96];
	FILE *f = fopen("/proc/self/timens_offsets", "re");

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "boottime %lld %lld", &of[0], &of[1]) != 2)
			continue;
		s = of[0];
		ns = of[1];
	}
	fclose(f);
	return s * 1000 + ns / 1000000;
}

uint64_t
clock_boot_ms(void)
{
	static int64_t offset;
	static bool asked;

	if (!asked)
		offset = namespace_offset_ms();
	asked = true;
	return clock_mono_ms() - CLOCK_ORIGIN_MS - (uint64_t)offset;
}
