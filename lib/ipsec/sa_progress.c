/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an SA has got to, read and given. The window is read while its worker moves it
 * (replay_export()); outbound numbers come from the engine.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ipsec/engine.h"
#include "ipsec/sa_progress.h"

static uint64_t
seq_last(const struct sa_ctl *ctl)
{
	return ctl->prm.esn ? UINT64_MAX : UINT32_MAX;
}

uint64_t
sa_seq(const struct sa_ctl *ctl)
{
	const uint64_t last = seq_last(ctl), start = ctl->prm.seq_start;
	uint64_t sent;

	if (ctl->sa == NULL)
		return ctl->carried != NULL && ctl->carried->dir == SA_DIR_OUT ? ctl->carried->seq
									       : start;
	if (ctl->sa->engine->ops->session_seq != NULL)
		return ctl->sa->engine->ops->session_seq(ctl->sa->engine, ctl->sa);
	/* a packet is counted before it goes to a device, and at most one number is drawn for it */
	sent = counter_sum(ctl->counters, ctl->id, SA_CNT_ENQ);
	return sent > last - start ? last : start + sent;
}

void
sa_progress_get(const struct sa_ctl *ctl, struct sa_progress *ret_state)
{
	struct sa_progress *s = ret_state;

	if (ctl->carried != NULL)
		*s = *ctl->carried;
	else
		memset(s, 0, sizeof(*s));
	if (ctl->sa != NULL) {
		s->dir = ctl->dir;
		if (ctl->dir == SA_DIR_IN)
			s->window = replay_export(&ctl->sa->replay, &s->seq, s->seen);
		else
			s->seq = sa_seq(ctl);
	}
	s->packets = counter_sum(ctl->counters, ctl->id, SA_CNT_PACKETS);
	s->bytes = counter_sum(ctl->counters, ctl->id, SA_CNT_BYTES);
	s->created_ms = ctl->created_ms;
	s->first_use_ms = ctl->first_use_ms;
	if (s->first_use_ms == 0 && s->packets != 0)
		s->first_use_ms = clock_mono_ms(); /* it is noticed once a second */
}

int
sa_progress_set(struct sa_ctl *ctl, const struct sa_progress *state, struct err *err)
{
	uint64_t *row = counter_row_control(ctl->counters, ctl->id);

	if (ctl->sa != NULL)
		return err_set(err, EINVAL, "state: the SA runs already");
	if (state->seq > seq_last(ctl))
		return err_set(err, ERANGE,
				"state: sequence number %" PRIu64 " is beyond the last (%" PRIu64
				")",
				state->seq, seq_last(ctl));
	if (ctl->carried == NULL)
		ctl->carried = malloc(sizeof(*ctl->carried));
	if (ctl->carried == NULL)
		return err_set(err, ENOMEM, "state: no memory");
	*ctl->carried = *state;
	counter_clear(ctl->counters, ctl->id);
	row[SA_CNT_PACKETS] += state->packets;
	row[SA_CNT_BYTES] += state->bytes;
	if (state->created_ms != 0)
		ctl->created_ms = state->created_ms;
	ctl->first_use_ms = state->first_use_ms;
	return 0;
}
