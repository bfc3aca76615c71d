/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of events, as RFC 2367 has them, and of the limits that SAs come to. */
#include "ipsec/event.h"

const char *
ipsec_event_name(enum ipsec_event_kind kind)
{
	static const char *const names[IPSEC_EVENT_KINDS] = {
		[IPSEC_EVENT_LOST] = "LOST",
		[IPSEC_EVENT_ACQUIRE] = "ACQUIRE",
		[IPSEC_EVENT_EXPIRE] = "EXPIRE",
		[IPSEC_EVENT_GETSPI] = "GETSPI",
		[IPSEC_EVENT_UPDATE] = "UPDATE",
		[IPSEC_EVENT_ADD] = "ADD",
		[IPSEC_EVENT_DELETE] = "DELETE",
		[IPSEC_EVENT_FLUSH] = "FLUSH",
		[IPSEC_EVENT_X_SPDADD] = "X_SPDADD",
		[IPSEC_EVENT_X_SPDDELETE] = "X_SPDDELETE",
		[IPSEC_EVENT_X_SPDFLUSH] = "X_SPDFLUSH",
		[IPSEC_EVENT_MAPPING] = "MAPPING",
	};

	return (unsigned int)kind < RTE_DIM(names) ? names[kind] : "";
}

const char *
ipsec_expire_name(enum ipsec_expire why)
{
	static const char *const names[] = {
		[IPSEC_EXPIRE_NONE] = "",
		[IPSEC_EXPIRE_SECONDS] = "seconds",
		[IPSEC_EXPIRE_USE_SECONDS] = "use_seconds",
		[IPSEC_EXPIRE_BYTES] = "bytes",
		[IPSEC_EXPIRE_PACKETS] = "packets",
		[IPSEC_EXPIRE_SEQUENCE] = "sequence",
		[IPSEC_EXPIRE_LARVAL] = "larval",
	};

	return (unsigned int)why < RTE_DIM(names) ? names[why] : "";
}
