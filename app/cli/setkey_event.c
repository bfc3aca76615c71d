/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An event in the form of `setkey -x` of setkey(8): a line with the time, then the message as PF_KEY (RFC 2367) has it, part by part; or as
 * a JSON object on a line.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/setkey.h"

#define SATYPE_ESP 3
#define EXT_SA 1
#define EXT_LIFETIME_CURRENT 2
#define EXT_LIFETIME_HARD 3
#define EXT_LIFETIME_SOFT 4
#define EXT_ADDRESS_SRC 5
#define EXT_ADDRESS_DST 6
#define EXT_X_POLICY 18
#define EXT_X_SA2 19
#define EXT_X_NAT_T_TYPE 20
#define EXT_X_NAT_T_SPORT 21
#define EXT_X_NAT_T_DPORT 22
#define EXT_X_SA_REPLAY 26

/* --- text --- */

/* A message: its parts are printed first, since their length, in words of 8 bytes, stands in front. */
struct message {
	struct evbuffer *body;
	unsigned int type, satype, seq, len;
};

static void
ext(struct message *m, unsigned int type, const char *name, unsigned int len)
{
	evbuffer_add_printf(m->body, "sadb_ext{ len=%u type=%u(%s) }\n", len, type, name);
	m->len += len;
}

static void
sockaddr(struct message *m, const struct ip_addr *addr)
{
	const bool ip6 = addr->af == AF_INET6;

	/* families have FreeBSD's numbers */
	evbuffer_add_printf(m->body, "sockaddr{ len=%d family=%d addr=%s }\n", ip6 ? 28 : 16,
			ip6 ? 28 : 2, ip_str(addr));
}

static void
addresses(struct message *m, const struct ip_addr *src, const struct ip_addr *dst, bool any)
{
	static const char *const names[] = { "ADDRESS_SRC", "ADDRESS_DST" };
	const struct ip_addr *ends[] = { src, dst };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		const bool ip6 = ends[i]->af == AF_INET6;

		ext(m, EXT_ADDRESS_SRC + i, names[i], ip6 ? 5 : 3);
		evbuffer_add_printf(m->body,
				"sadb_address{ proto=255 prefixlen=%d reserved=0x0000 }\n",
				any                   ? 0
						: ip6 ? 128
						      : 32);
		sockaddr(m, ends[i]);
	}
}

static void
sa2(struct message *m, enum sa_mode mode, uint32_t reqid)
{
	static const unsigned int modes[] = {
		[SA_MODE_ANY] = 0, [SA_MODE_TRANSPORT] = 1, [SA_MODE_TUNNEL] = 2
	};

	ext(m, EXT_X_SA2, "SA2", 2);
	evbuffer_add_printf(m->body,
			"sadb_x_sa2{ mode=%u reqid=%u\n  reserved1=0 reserved2=0 sequence=0 }\n",
			modes[mode], reqid);
}

static void
lifetime(struct message *m, unsigned int type, const char *name, const struct sa_lifetime *l)
{
	ext(m, type, name, 4);
	evbuffer_add_printf(m->body,
			"sadb_lifetime{ alloc=%" PRIu64 ", bytes=%" PRIu64 "\n  addtime=%" PRIu64
			", usetime=%" PRIu64 " }\n",
			l->packets, l->bytes, l->seconds, l->use_seconds);
}

static bool
is_limited(const struct sa_lifetime *l)
{
	return l->seconds != 0 || l->use_seconds != 0 || l->bytes != 0 || l->packets != 0;
}

static void
lifetimes(struct message *m, const struct ipsec_event *ev)
{
	const struct ipsec_event_sa *sa = &ev->sa;
	struct sa_lifetime current = sa->used;
	const bool expire = ev->kind == IPSEC_EVENT_EXPIRE;

	current.seconds = sa->created_s;
	current.use_seconds = sa->first_use_s;
	if (expire || ev->kind == IPSEC_EVENT_UPDATE)
		lifetime(m, EXT_LIFETIME_CURRENT, "LIFETIME_CURRENT", &current);
	if (expire ? sa->is_hard : is_limited(&sa->hard))
		lifetime(m, EXT_LIFETIME_HARD, "LIFETIME_HARD", &sa->hard);
	if (expire ? !sa->is_hard : is_limited(&sa->soft))
		lifetime(m, EXT_LIFETIME_SOFT, "LIFETIME_SOFT", &sa->soft);
}

/* The numbers of net/pfkeyv2.h. */
static unsigned int
pfkey_alg(const struct alg *alg)
{
	static const struct {
		const char *name;
		unsigned int number;
	} algs[] = { { "3des-cbc", 3 }, { "null", 11 }, { "aes-cbc", 12 }, { "aes-ctr", 13 },
		{ "aes-gcm-16", 20 }, { "chacha20-poly1305", 31 }, { "hmac-sha1", 3 },
		{ "hmac-sha2-256", 5 }, { "hmac-sha2-384", 6 }, { "hmac-sha2-512", 7 },
		{ "aes-xcbc-mac", 9 }, { "aes-gmac", 11 } };
	unsigned int i;

	for (i = 0; alg != NULL && i < RTE_DIM(algs); i++)
		if (strcmp(algs[i].name, alg->name) == 0)
			return algs[i].number;
	return 0;
}

static unsigned int
sa_flags(const struct ipsec_event_sa *sa)
{
	return (sa->cyclic_seq_off ? 0 : 0x40) | (sa->pad == SA_PAD_RANDOM ? 0x100 : 0) |
			(sa->pad == SA_PAD_ZERO ? 0x200 : 0) | (sa->esn ? 0x400 : 0);
}

static void
natt(struct message *m, uint16_t sport, uint16_t dport)
{
	ext(m, EXT_X_NAT_T_TYPE, "NAT_T_TYPE", 1);
	evbuffer_add_printf(m->body, "sadb_x_nat_t_type{ type=2 }\n");
	ext(m, EXT_X_NAT_T_SPORT, "NAT_T_SPORT", 1);
	evbuffer_add_printf(m->body, "sadb_x_nat_t_port{ port=%u }\n", sport);
	ext(m, EXT_X_NAT_T_DPORT, "NAT_T_DPORT", 1);
	evbuffer_add_printf(m->body, "sadb_x_nat_t_port{ port=%u }\n", dport);
}

static void
text_sa(struct message *m, const struct ipsec_event *ev)
{
	const struct ipsec_event_sa *sa = &ev->sa;
	const uint32_t octets = sa->replay_window / 8;

	m->seq = sa->seq;
	ext(m, EXT_SA, "SA", 2);
	evbuffer_add_printf(m->body,
			"sadb_sa{ spi=%u replay=%u state=%u\n  auth=%u encrypt=%u flags=0x%08x }\n",
			sa->spi, octets > UINT8_MAX ? UINT8_MAX : octets, sa->state,
			pfkey_alg(sa->auth), pfkey_alg(sa->enc), sa_flags(sa));
	if (ev->kind != IPSEC_EVENT_GETSPI && ev->kind != IPSEC_EVENT_DELETE)
		sa2(m, sa->mode, sa->reqid);
	if (octets > UINT8_MAX) {
		ext(m, EXT_X_SA_REPLAY, "SA_REPLAY", 1);
		evbuffer_add_printf(m->body, "sadb_x_sa_replay{ replay=%u }\n", octets);
	}
	lifetimes(m, ev);
	addresses(m, &sa->src, &sa->dst, false);
	if (sa->natt_sport != 0)
		natt(m, sa->natt_sport, sa->natt_dport);
}

static void
text_policy(struct message *m, const struct ipsec_event_policy *p)
{
	const struct ip_addr any = { .af = p->ip6 ? AF_INET6 : AF_INET };
	const unsigned int request = p->src.af == AF_INET6 ? 72 : 48;

	m->satype = 0;
	ext(m, EXT_X_POLICY, "POLICY", 2 + request / 8);
	evbuffer_add_printf(m->body,
			"sadb_x_policy{ type=2 dir=%u id=%x scope=2 ifindex=%u }\n"
			" { len=%u proto=50 mode=2 level=3 reqid=%u\n",
			p->out ? 2 : 1, p->id, p->iface, request, p->reqid);
	sockaddr(m, &p->src);
	sockaddr(m, &p->dst);
	evbuffer_add_printf(m->body, " }\n");
	addresses(m, &any, &any, true);
}

static void
text_acquire(struct message *m, const struct ipsec_event_acquire *a)
{
	m->seq = a->seq;
	addresses(m, &a->local, &a->remote, false);
	ext(m, EXT_X_POLICY, "POLICY", 2);
	evbuffer_add_printf(m->body, "sadb_x_policy{ type=2 dir=2 id=%x scope=2 ifindex=%u }\n",
			a->policy_id, a->iface);
	sa2(m, SA_MODE_TUNNEL, a->reqid);
}

static void
text_parts(struct message *m, const struct ipsec_event *ev)
{
	static const unsigned int types[IPSEC_EVENT_KINDS] = {
		[IPSEC_EVENT_GETSPI] = 1,
		[IPSEC_EVENT_UPDATE] = 2,
		[IPSEC_EVENT_ADD] = 3,
		[IPSEC_EVENT_DELETE] = 4,
		[IPSEC_EVENT_ACQUIRE] = 6,
		[IPSEC_EVENT_EXPIRE] = 8,
		[IPSEC_EVENT_FLUSH] = 9,
		[IPSEC_EVENT_X_SPDADD] = 14,
		[IPSEC_EVENT_X_SPDDELETE] = 15,
		[IPSEC_EVENT_X_SPDFLUSH] = 19,
		[IPSEC_EVENT_MAPPING] = 23,
	};

	m->type = types[ev->kind];
	m->satype = SATYPE_ESP;
	m->len = 2;
	switch (ev->kind) {
	case IPSEC_EVENT_X_SPDADD:
	case IPSEC_EVENT_X_SPDDELETE:
		text_policy(m, &ev->policy);
		break;
	case IPSEC_EVENT_ACQUIRE:
		text_acquire(m, &ev->acquire);
		break;
	case IPSEC_EVENT_MAPPING:
		addresses(m, &ev->mapping.new_src, &ev->mapping.dst, false);
		natt(m, ev->mapping.old_sport, ev->mapping.new_sport);
		break;
	case IPSEC_EVENT_FLUSH:
	case IPSEC_EVENT_X_SPDFLUSH:
		m->satype = 0;
		break;
	default:
		text_sa(m, ev);
		break;
	}
}

static void
print_time(struct evbuffer *out, const struct ipsec_event *ev, bool raw)
{
	const time_t t = (time_t)(ev->time_us / 1000000);
	const unsigned int us = (unsigned int)(ev->time_us % 1000000);
	struct tm tm = { 0 };

	localtime_r(&t, &tm);
	if (raw)
		evbuffer_add_printf(out, "%llu.%06u \n", (unsigned long long)t, us);
	else
		evbuffer_add_printf(out, "%02d:%02d:%02d.%06u \n", tm.tm_hour, tm.tm_min, tm.tm_sec,
				us);
}

void
setkey_event_text(struct evbuffer *out, const struct ipsec_event *ev, bool raw_time)
{
	struct message m = { .body = evbuffer_new() };

	if (m.body == NULL)
		return;
	print_time(out, ev, raw_time);
	if (ev->kind == IPSEC_EVENT_LOST) {
		evbuffer_add_printf(out, "lost %" PRIu64 " events\n\n", ev->lost);
	} else {
		text_parts(&m, ev);
		evbuffer_add_printf(out,
				"sadb_msg{ version=2 type=%u(%s) errno=0 satype=%u\n"
				"  len=%u reserved=0 seq=%u pid=0\n",
				m.type, ipsec_event_name(ev->kind), m.satype, m.len, m.seq);
		evbuffer_add_buffer(out, m.body);
		evbuffer_add(out, "\n", 1);
	}
	evbuffer_free(m.body);
}

/* --- JSON --- */

static void
set_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, json_string(text));
}

static void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static void
set_lifetime(json_t *o, const char *key, const struct sa_lifetime *l)
{
	json_t *j = json_object();

	set_number(j, "seconds", l->seconds);
	set_number(j, "use_seconds", l->use_seconds);
	set_number(j, "bytes", l->bytes);
	set_number(j, "packets", l->packets);
	json_object_set_new(o, key, j);
}

static void
json_sa(json_t *o, const struct ipsec_event *ev)
{
	static const char *const dirs[] = { "none", "in", "out" };
	const struct ipsec_event_sa *sa = &ev->sa;

	set_text(o, "src", ip_str(&sa->src));
	set_text(o, "dst", ip_str(&sa->dst));
	set_number(o, "spi", sa->spi);
	set_number(o, "reqid", sa->reqid);
	set_number(o, "seq", sa->seq);
	set_text(o, "mode", sa_mode_name(sa->mode));
	set_text(o, "state", sa_state_name(sa->state));
	set_text(o, "direction", dirs[sa->dir]);
	set_text(o, "interface", sa->interface);
	if (sa->enc != NULL)
		set_text(o, "encryption", sa->enc->name);
	if (sa->auth != NULL)
		set_text(o, "authentication", sa->auth->name);
	set_number(o, "replay_window_packets", sa->replay_window);
	json_object_set_new(o, "esn", json_boolean(sa->esn));
	set_number(o, "natt_sport", sa->natt_sport);
	set_number(o, "natt_dport", sa->natt_dport);
	set_lifetime(o, "soft", &sa->soft);
	set_lifetime(o, "hard", &sa->hard);
	set_lifetime(o, "used", &sa->used);
	if (ev->kind == IPSEC_EVENT_EXPIRE) {
		set_text(o, "expire", sa->is_hard ? "hard" : "soft");
		set_text(o, "limit", ipsec_expire_name(sa->expire));
	}
}

static void
json_policy(json_t *o, const struct ipsec_event_policy *p)
{
	set_number(o, "id", p->id);
	set_text(o, "direction", p->out ? "out" : "in");
	set_text(o, "family", p->ip6 ? "inet6" : "inet");
	set_text(o, "src", ip_str(&p->src));
	set_text(o, "dst", ip_str(&p->dst));
	set_number(o, "reqid", p->reqid);
	set_text(o, "interface", p->interface);
}

static void
json_acquire(json_t *o, const struct ipsec_event_acquire *a)
{
	set_number(o, "seq", a->seq);
	set_number(o, "policy", a->policy_id);
	set_number(o, "reqid", a->reqid);
	set_text(o, "src", ip_str(&a->local));
	set_text(o, "dst", ip_str(&a->remote));
	set_text(o, "interface", a->interface);
	set_number(o, "tunnelfib", a->tunnelfib);
	set_text(o, "family", a->ip6 ? "inet6" : "inet");
	set_number(o, "packets", a->packets);
}

static void
json_mapping(json_t *o, const struct ipsec_event_mapping *m)
{
	set_text(o, "src", ip_str(&m->src));
	set_text(o, "dst", ip_str(&m->dst));
	set_number(o, "spi", m->spi);
	set_number(o, "reqid", m->reqid);
	set_text(o, "new_src", ip_str(&m->new_src));
	set_number(o, "old_sport", m->old_sport);
	set_number(o, "new_sport", m->new_sport);
}

static json_t *
event_json(const struct ipsec_event *ev)
{
	json_t *o = json_object();

	set_text(o, "event", ipsec_event_name(ev->kind));
	set_number(o, "number", ev->number);
	set_number(o, "time_us", ev->time_us);
	switch (ev->kind) {
	case IPSEC_EVENT_LOST:
		set_number(o, "lost", ev->lost);
		break;
	case IPSEC_EVENT_ACQUIRE:
		json_acquire(o, &ev->acquire);
		break;
	case IPSEC_EVENT_X_SPDADD:
	case IPSEC_EVENT_X_SPDDELETE:
		json_policy(o, &ev->policy);
		break;
	case IPSEC_EVENT_MAPPING:
		json_mapping(o, &ev->mapping);
		break;
	case IPSEC_EVENT_FLUSH:
		set_number(o, "flushed", ev->flushed);
		break;
	case IPSEC_EVENT_X_SPDFLUSH:
		break;
	default:
		json_sa(o, ev);
		break;
	}
	return o;
}

void
setkey_event_json(struct evbuffer *out, const struct ipsec_event *ev)
{
	json_t *o = event_json(ev);
	char *text = json_dumps(o, JSON_COMPACT);

	if (text != NULL)
		evbuffer_add_printf(out, "%s\n", text);
	free(text);
	json_decref(o);
}
