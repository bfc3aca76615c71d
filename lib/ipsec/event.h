/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens to SAs and policies, as data: the messages of RFC 2367 and its KAME extensions that a kernel sends to those who
 * listen. Published by lib/control, told to subscribers by control/events.h. Numbers and names of algorithms, never text, never keys.
 */
#ifndef IPSEC_EVENT_H
#define IPSEC_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "ipsec/sa.h"
#include "net/addr.h"

enum ipsec_event_kind {
	IPSEC_EVENT_LOST,        /* some were not told: .lost says how many */
	IPSEC_EVENT_ACQUIRE,     /* .acquire: packets wait for an SA */
	IPSEC_EVENT_EXPIRE,      /* .sa: soft, it is to be replaced; hard, it is gone */
	IPSEC_EVENT_GETSPI,      /* .sa: LARVAL, its SPI is taken */
	IPSEC_EVENT_UPDATE,      /* .sa: as it is now */
	IPSEC_EVENT_ADD,         /* .sa */
	IPSEC_EVENT_DELETE,      /* .sa: it is gone */
	IPSEC_EVENT_FLUSH,       /* .flushed: all are gone, so many */
	IPSEC_EVENT_X_SPDADD,    /* .policy */
	IPSEC_EVENT_X_SPDDELETE, /* .policy */
	IPSEC_EVENT_X_SPDFLUSH,  /* nothing: those of interfaces stay, and there are no others */
	IPSEC_EVENT_MAPPING,     /* .mapping: the peer's NAT has changed its mind */
	IPSEC_EVENT_KINDS
};

/** Which limit an SA has come to. */
enum ipsec_expire {
	IPSEC_EXPIRE_NONE,        /* none: not an EXPIRE */
	IPSEC_EXPIRE_SECONDS,     /* since it was added */
	IPSEC_EXPIRE_USE_SECONDS, /* since it was first used */
	IPSEC_EXPIRE_BYTES,
	IPSEC_EXPIRE_PACKETS,
	IPSEC_EXPIRE_SEQUENCE, /* soft: 80 % of the sequence numbers are used; hard: all of them */
	IPSEC_EXPIRE_LARVAL    /* hard: nobody has completed it in net.key.larval_lifetime */
};

/** An SA at the moment of the event. */
struct ipsec_event_sa {
	struct ip_addr src, dst;
	uint32_t id; /* of its counters; given again some time after it is gone */
	uint32_t spi;
	uint32_t reqid;
	uint32_t seq; /* of the ACQUIRE it answers, 0: none */
	enum sa_mode mode;
	enum sa_state state;
	enum sa_dir dir;
	uint16_t iface; /* that it serves, 0: none */
	char interface[IFACE_NAME_MAX];
	const struct alg *enc, *auth; /* NULL: none; they live as long as the program */
	uint16_t enc_bits, auth_bits; /* of the keys, salt included */
	uint8_t fingerprint[8];       /* stands for the keys; 0 while LARVAL */
	uint32_t replay_window;       /* packets */
	bool esn;
	bool cyclic_seq_off;
	enum sa_pad pad;
	uint16_t natt_sport, natt_dport;
	struct sa_lifetime soft, hard;
	struct sa_lifetime used;
	uint64_t created_s, first_use_s; /* wall clock, 0: not yet */
	bool is_hard;                    /* EXPIRE */
	enum ipsec_expire expire;        /* EXPIRE */
};

struct ipsec_event_acquire {
	uint32_t seq;       /* the same while the SA is waited for */
	uint32_t policy_id; /* that the packet met: out, of its family */
	uint32_t reqid;
	struct ip_addr local, remote; /* ends of the tunnel: source and destination of the SA */
	uint16_t iface;
	uint16_t tunnelfib;
	char interface[IFACE_NAME_MAX];
	bool ip6;         /* family of the packet */
	uint32_t packets; /* dropped so far for want of this SA */
};

struct ipsec_event_policy {
	uint32_t id;
	bool out, ip6;
	struct ip_addr src, dst; /* of the tunnel, in the policy's direction */
	uint32_t reqid;
	uint16_t iface;
	char interface[IFACE_NAME_MAX];
};

struct ipsec_event_mapping {
	struct ip_addr src, dst; /* of the inbound SA */
	uint32_t spi, reqid;
	struct ip_addr new_src;
	uint16_t old_sport, new_sport;
};

struct ipsec_event {
	enum ipsec_event_kind kind;
	uint64_t number;  /* one more than that of the event before */
	uint64_t time_us; /* wall clock */
	union {
		struct ipsec_event_sa sa;
		struct ipsec_event_acquire acquire;
		struct ipsec_event_policy policy;
		struct ipsec_event_mapping mapping;
		uint32_t flushed;
		uint64_t lost;
	};
};

/** "ACQUIRE", "X_SPDADD", ...; "" beyond the list. */
const char *ipsec_event_name(enum ipsec_event_kind kind);
/** "seconds", "sequence", ...; "" beyond the list. */
const char *ipsec_expire_name(enum ipsec_expire why);

#endif
