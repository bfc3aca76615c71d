/* SPDX-License-Identifier: BSD-3-Clause */
/* sysctl(8): FreeBSD's names and defaults, only those that something here honours. A change is in force when the setter returns. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "control/ctl.h"

struct knob {
	const char *name, *description;
	int64_t minimum, maximum, initial;
	const char *const *words; /* names of the values from the minimum on, NULL: numbers */
};

static const char *const rekey_words[] = { "preferred", "proven" };

static const struct knob knobs[SYSCTL_COUNT] = {
	[SYSCTL_PREFERRED_OLDSA] = { "net.key.preferred_oldsa",
			"Outbound SA of an interface: 1 the oldest, 0 the newest", 0, 1, 1 },
	[SYSCTL_REKEY] = { "net.key.rekey",
			"With preferred_oldsa=1, a newer outbound SA takes over: preferred (0) "
			"when the older one is gone, proven (1) once a packet has come on its "
			"inbound SA",
			0, 1, 1, rekey_words },
	[SYSCTL_REKEY_TIMEOUT] = { "net.key.rekey_timeout",
			"Seconds after which rekey=proven takes a new outbound SA for proven: 0 "
			"never",
			0, 86400, 60 },
	[SYSCTL_DFBIT] = { "net.inet.ipsec.dfbit",
			"DF bit of the outer IPv4 header: 0 clear, 1 set, 2 copy", 0, 2, 0 },
	[SYSCTL_ECN] = { "net.inet.ipsec.ecn",
			"ECN of tunnels (RFC 6040): -1 forbidden, 0 compatibility, 1 normal", -1, 1,
			0 },
	[SYSCTL_TTL] = { "net.inet.ip.ttl", "TTL and hop limit of outer headers and own packets", 1,
			255, 64 },
	[SYSCTL_BLOCKACQ_COUNT] = { "net.key.blockacq_count",
			"Packets without an SA between two ACQUIREs: this and two more", 0,
			INT32_MAX, 10 },
	[SYSCTL_BLOCKACQ_LIFETIME] = { "net.key.blockacq_lifetime",
			"Seconds after which an ACQUIRE is forgotten and the next packet raises "
			"one",
			0, INT32_MAX, 20 },
	[SYSCTL_LARVAL_LIFETIME] = { "net.key.larval_lifetime",
			"Seconds in which an SPI that was taken is to become an SA", 1, INT32_MAX,
			30 },
	[SYSCTL_SPI_MINVAL] = { "net.key.spi_minval", "Lowest SPI given by GETSPI", 256, UINT32_MAX,
			0x100 },
	[SYSCTL_SPI_MAXVAL] = { "net.key.spi_maxval", "Highest SPI given by GETSPI", 256,
			UINT32_MAX, 0x0fffffff },
	[SYSCTL_SPI_TRYCNT] = { "net.key.spi_trycnt", "Attempts to find a free SPI", 1, 1000000,
			1000 },
	[SYSCTL_STAGE_CYCLES] = { "dp.stage_cycles",
			"Measure the cycles of each stage (show workers): 0 no, 1 yes", 0, 1, 0 },
	[SYSCTL_SPREAD] = { "dp.spread",
			"Idle workers decrypt for busy ones: 0 no, 1 where it pays (32 packets a "
			"poll and more, of 512 bytes and more, and faster when tried), 2 always",
			0, 2, 1 },
	[SYSCTL_IDLE] = { "dp.idle",
			"Workers without packets: 0 poll, 1 sleep a little, 2 wait for the NIC "
			"(umwait)",
			DP_IDLE_POLL, DP_IDLE_MONITOR, DP_IDLE_POLL },
	[SYSCTL_IDLE_MAX_US] = { "dp.idle_max_us",
			"Longest sleep of a worker with dp.idle, microseconds", 10, 10000, 500 },
};

void
ctl_sysctl_init(struct ctl *ctl)
{
	unsigned int i;

	for (i = 0; i < SYSCTL_COUNT; i++)
		ctl->sysctl[i] = knobs[i].initial;
}

struct dp_tunables
ctl_tunables(const struct ctl *ctl)
{
	return (struct dp_tunables){
		.ttl = (uint8_t)ctl->sysctl[SYSCTL_TTL],
		.ecn = (int8_t)ctl->sysctl[SYSCTL_ECN],
		.stage_cycles = ctl->sysctl[SYSCTL_STAGE_CYCLES] != 0,
		.spread = (enum dp_spread_mode)ctl->sysctl[SYSCTL_SPREAD],
		.idle = (uint8_t)ctl->sysctl[SYSCTL_IDLE],
		.idle_max_us = (uint16_t)ctl->sysctl[SYSCTL_IDLE_MAX_US],
	};
}

static int
knob_find(const char *name, struct err *err)
{
	unsigned int i;

	for (i = 0; i < SYSCTL_COUNT; i++)
		if (strcmp(name, knobs[i].name) == 0)
			return (int)i;
	return err_set(err, ENOENT, "sysctl: unknown name, %.64s", name);
}

/* Outer headers and outbound SAs of all tunnels anew. */
static int
tunnels_renew(struct ctl *ctl, struct err *err)
{
	struct iface *ifp;
	int rc = 0;

	for (ifp = iface_next(ctl->ifaces, NULL); ifp != NULL && rc == 0;
			ifp = iface_next(ctl->ifaces, ifp)) {
		if (ifp->kind != IFACE_IPSEC)
			continue;
		sa_bind_refresh(ctl, ifp);
		rc = iface_publish(ctl->ifaces, ifp, err);
	}
	return rc;
}

int
ctl_sysctl_set(struct ctl *ctl, const char *name, int64_t value, struct err *err)
{
	const int id = knob_find(name, err);
	struct dp_tunables tunables;
	int64_t old;
	int rc;

	ctl_assert_thread();
	if (id < 0)
		return id;
	if (value < knobs[id].minimum || value > knobs[id].maximum)
		return err_set(err, EINVAL,
				"%s: value out of range, %" PRId64 " (%" PRId64 " to %" PRId64 ")",
				name, value, knobs[id].minimum, knobs[id].maximum);
	old = ctl->sysctl[id];
	if (value == old)
		return 0;
	if (id == SYSCTL_IDLE) {
		rc = dp_idle_check(ctl->dp, (enum dp_idle)value, err);
		if (rc != 0)
			return rc;
	}
	ctl->sysctl[id] = value;
	tunables = ctl_tunables(ctl);
	rc = dp_set_tunables(ctl->dp, &tunables, err);
	if (rc == 0)
		rc = tunnels_renew(ctl, err);
	if (rc != 0)
		ctl->sysctl[id] = old;
	return rc;
}

int
ctl_sysctl_set_text(struct ctl *ctl, const char *name, const char *text, struct err *err)
{
	const int id = knob_find(name, err);
	char *end;
	int64_t value;

	ctl_assert_thread();
	if (id < 0)
		return id;
	for (value = knobs[id].minimum; knobs[id].words != NULL && value <= knobs[id].maximum;
			value++)
		if (strcmp(text, knobs[id].words[value - knobs[id].minimum]) == 0)
			return ctl_sysctl_set(ctl, name, value, err);
	errno = 0;
	value = strtoll(text, &end, 0);
	if (end != text && *end == '\0' && errno == 0)
		return ctl_sysctl_set(ctl, name, value, err);
	if (knobs[id].words == NULL)
		return err_set(err, EINVAL, "%s: %.40s is not a number", name, text);
	return err_set(err, EINVAL, "%s: unknown value, %.40s (%s to %s)", name, text,
			knobs[id].words[0], knobs[id].words[knobs[id].maximum - knobs[id].minimum]);
}

int
ctl_sysctl_get(struct ctl *ctl, const char *name, int64_t *ret_value, struct err *err)
{
	const int id = knob_find(name, err);

	ctl_assert_thread();
	if (id < 0)
		return id;
	*ret_value = ctl->sysctl[id];
	return 0;
}

bool
ctl_sysctl_at(struct ctl *ctl, unsigned int i, struct ctl_sysctl *ret_sysctl)
{
	if (ctl != NULL)
		ctl_assert_thread();
	if (i >= SYSCTL_COUNT)
		return false;
	*ret_sysctl = (struct ctl_sysctl){
		.name = knobs[i].name,
		.description = knobs[i].description,
		.value = ctl == NULL ? knobs[i].initial : ctl->sysctl[i],
		.minimum = knobs[i].minimum,
		.maximum = knobs[i].maximum,
		.initial = knobs[i].initial,
		.words = knobs[i].words,
	};
	return true;
}
