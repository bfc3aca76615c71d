/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told when SAs and policies come, change and go; GETSPI and UPDATE. */
#include <time.h>

#include "sa_test.h"

struct heard {
	struct ctl *ctl;
	struct events_subscriber *me;
	unsigned int n;
	struct ipsec_event ev[64];
};

static bool
hear(const struct ipsec_event *ev, void *arg)
{
	struct heard *h = arg;

	assert_true(h->n < RTE_DIM(h->ev));
	h->ev[h->n++] = *ev;
	return true;
}

static void
listen_to(struct heard *h, struct ctl *ctl)
{
	memset(h, 0, sizeof(*h));
	h->ctl = ctl;
	h->me = events_subscribe(ctl_events(ctl), hear, h, NULL);
	assert_non_null(h->me);
}

/* What was told since, as a line of names: "ADD DELETE". */
static const char *
heard(struct heard *h, char *buf)
{
	unsigned int i;

	ctl_poll(h->ctl);
	buf[0] = '\0';
	for (i = 0; i < h->n; i++)
		sprintf(buf + strlen(buf), "%s%s", i == 0 ? "" : " ",
				ipsec_event_name(h->ev[i].kind));
	h->n = 0;
	return buf;
}
#define HEARD(h) heard(h, (char[2048]){ 0 })

static void
a_second(struct ctl *ctl)
{
	const struct timespec ts = { .tv_sec = 1, .tv_nsec = 10000000 };

	nanosleep(&ts, NULL);
	ctl_poll(ctl);
}

static struct ctl_getspi
want(uint32_t min, uint32_t max)
{
	return (struct ctl_getspi){ .src = ip(THERE),
		.dst = ip(HERE),
		.reqid = 100,
		.mode = SA_MODE_TUNNEL,
		.spi_min = min,
		.spi_max = max };
}

static void
changes_of_sas_are_told_without_their_keys(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	const struct ipsec_event_sa *sa;
	struct heard h;
	uint8_t *byte;

	ipsec0(*state);
	listen_to(&h, *state);
	memset(prm.keys.enc, 0xa5, sizeof(prm.keys.enc));
	memset(prm.keys.auth, 0xa5, sizeof(prm.keys.auth));
	ok(ctl_sa_add(*state, &prm, NULL, &err));
	ctl_poll(*state);
	assert_int_equal(h.n, 1);
	sa = &h.ev[0].sa;
	assert_int_equal(h.ev[0].kind, IPSEC_EVENT_ADD);
	assert_int_equal(sa->spi, 10000);
	assert_int_equal(sa->reqid, 100);
	assert_int_equal(sa->state, SA_MATURE);
	assert_int_equal(sa->dir, SA_DIR_OUT);
	assert_string_equal(sa->interface, "ipsec0");
	assert_true(ip_equal(&sa->dst, IP(THERE)));
	assert_ptr_equal(sa->enc, prm.enc);
	assert_int_equal(sa->enc_bits, 128);
	assert_int_equal(sa->auth_bits, 160);
	for (byte = (uint8_t *)&h.ev[0]; byte + 4 <= (uint8_t *)&h.ev[1]; byte++)
		assert_memory_not_equal(byte, prm.keys.enc, 4);
	h.n = 0;
	refused(ctl_sa_add(*state, &prm, NULL, &err), EEXIST,
			"sa 192.168.0.5 spi 10000: already exists");
	assert_string_equal(HEARD(&h), "");
	ok(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10000, &err));
	assert_string_equal(HEARD(&h), "DELETE");
	sa_add(*state, HERE, THERE, 10001, 100);
	sa_add(*state, HERE, THERE, 10002, 100);
	sa_add(*state, THERE, HERE, 10003, 100);
	assert_int_equal(ctl_sa_delete_all(*state, IP(HERE), IP(THERE), NULL), 2);
	assert_string_equal(HEARD(&h), "ADD ADD ADD DELETE DELETE");
	ctl_sa_flush(*state);
	ctl_poll(*state);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.ev[0].kind, IPSEC_EVENT_FLUSH);
	assert_int_equal(h.ev[0].flushed, 1);
}

static void
policies(const struct heard *h, unsigned int first, enum ipsec_event_kind kind, uint32_t reqid,
		const char *remote)
{
	unsigned int i;

	for (i = first; i < first + 4; i++) {
		const struct ipsec_event_policy *p = &h->ev[i].policy;

		assert_int_equal(h->ev[i].kind, kind);
		assert_int_equal(p->reqid, reqid);
		assert_int_equal(p->out, i % 2 == 1);
		assert_int_equal(p->ip6, (i - first) / 2 == 1);
		assert_true(ip_equal(p->out ? &p->dst : &p->src, IP(remote)));
		assert_string_equal(p->interface, "ipsec0");
	}
}

static void
new_policies_are_told_before_the_old_ones_go(void **state)
{
	struct heard h;
	uint32_t id[4];
	unsigned int i;

	ok(ctl_if_create(*state, "ipsec0", NULL, &err));
	ok(ctl_if_set_reqid(*state, "ipsec0", 100, &err));
	listen_to(&h, *state);
	ctl_poll(*state);
	assert_int_equal(h.n, 0); /* without a tunnel there are none */
	tunnel(*state, "ipsec0", HERE, THERE);
	ctl_poll(*state);
	assert_int_equal(h.n, 4);
	policies(&h, 0, IPSEC_EVENT_X_SPDADD, 100, THERE);
	for (i = 0; i < 4; i++)
		id[i] = h.ev[i].policy.id;
	h.n = 0;
	ok(ctl_if_set_reqid(*state, "ipsec0", 200, &err));
	ctl_poll(*state);
	assert_int_equal(h.n, 8);
	policies(&h, 0, IPSEC_EVENT_X_SPDADD, 200, THERE);
	policies(&h, 4, IPSEC_EVENT_X_SPDDELETE, 100, THERE);
	for (i = 0; i < 4; i++)
		assert_int_equal(h.ev[4 + i].policy.id, id[i]);
	h.n = 0;
	ok(ctl_if_set_reqid(*state, "ipsec0", 200, &err));
	tunnel(*state, "ipsec0", HERE, THERE);
	assert_string_equal(HEARD(&h), ""); /* nothing changes */
	tunnel(*state, "ipsec0", HERE, "192.168.0.6");
	ctl_poll(*state);
	assert_int_equal(h.n, 8);
	policies(&h, 0, IPSEC_EVENT_X_SPDADD, 200, "192.168.0.6");
	policies(&h, 4, IPSEC_EVENT_X_SPDDELETE, 200, THERE);
	h.n = 0;
	ok(ctl_if_delete_tunnel(*state, "ipsec0", &err));
	ctl_poll(*state);
	assert_int_equal(h.n, 4);
	policies(&h, 0, IPSEC_EVENT_X_SPDDELETE, 200, "192.168.0.6");
	h.n = 0;
	tunnel(*state, "ipsec0", HERE, THERE);
	ok(ctl_if_destroy(*state, "ipsec0", &err));
	ctl_poll(*state);
	assert_int_equal(h.n, 8);
	policies(&h, 4, IPSEC_EVENT_X_SPDDELETE, 200, THERE);
}

static void
an_spi_is_taken_and_completed(void **state)
{
	struct ctl_getspi w = want(0, 0);
	struct sa_params prm;
	struct sa_ctl *sa;
	struct heard h;
	uint32_t spi = 0;

	ipsec0(*state);
	listen_to(&h, *state);
	w.seq = 7;
	ok(ctl_sa_getspi(*state, &w, &spi, &err));
	assert_in_range(spi, 0x100, 0x0fffffff);
	ok(ctl_sa_get(*state, IP(THERE), IP(HERE), spi, &sa, &err));
	assert_int_equal(sa->state, SA_LARVAL);
	assert_null(sa->sa);
	prm = sa_prm(THERE, HERE, spi, 100);
	/* as FreeBSD: another SA can not have the SPI, completing it is UPDATE's */
	assert_int_equal(ctl_sa_add(*state, &prm, NULL, NULL), -EEXIST);
	prm.reqid = 101;
	assert_int_equal(ctl_sa_update(*state, &prm, NULL, NULL), -ESRCH);
	prm.reqid = 100;
	prm.enc = alg_find_encryption("aes-ctr"); /* the engine can not */
	prm.keys.enc_len = 20;
	assert_int_equal(ctl_sa_update(*state, &prm, NULL, NULL), -ENOTSUP);
	assert_int_equal(sa->state, SA_LARVAL);
	prm = sa_prm(THERE, HERE, spi, 100);
	prm.keys.enc_len = 15;
	assert_int_equal(ctl_sa_update(*state, &prm, NULL, NULL), -EINVAL);
	assert_string_equal(HEARD(&h), "GETSPI");
	prm = sa_prm(THERE, HERE, spi, 100);
	ok(ctl_sa_update(*state, &prm, NULL, &err));
	assert_int_equal(sa->state, SA_MATURE);
	assert_int_equal(sa->dir, SA_DIR_IN);
	assert_non_null(sa->sa);
	ctl_poll(*state);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.ev[0].kind, IPSEC_EVENT_UPDATE);
	assert_int_equal(h.ev[0].sa.seq, 7);
	assert_int_equal(h.ev[0].sa.state, SA_MATURE);
}

static void
an_spi_that_is_not_completed_is_free_again(void **state)
{
	const struct ctl_getspi w = want(5000, 5000);
	struct sa_params prm = sa_prm(THERE, HERE, 5001, 100);
	struct heard h;
	uint32_t spi;

	ok(ctl_sysctl_set(*state, "net.key.larval_lifetime", 1, &err));
	ctl_poll(*state);
	listen_to(&h, *state);
	ok(ctl_sa_getspi(*state, &w, &spi, &err));
	assert_int_equal(spi, 5000);
	refused(ctl_sa_getspi(*state, &w, &spi, &err), EEXIST,
			"getspi: no spi for 192.168.0.3 is free, 5000 to 5000");
	ok(ctl_sa_getspi(*state,
			&(struct ctl_getspi){ .src = ip(THERE),
					.dst = ip(HERE),
					.reqid = 100,
					.spi_min = 5000,
					.spi_max = 5001 },
			&spi, &err));
	assert_int_equal(spi, 5001);
	ok(ctl_sa_update(*state, &prm, NULL, &err)); /* this one stays */
	a_second(*state);
	a_second(*state);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 1);
	assert_int_equal(h.n, 4);
	assert_int_equal(h.ev[3].kind, IPSEC_EVENT_EXPIRE);
	assert_true(h.ev[3].sa.is_hard);
	assert_int_equal(h.ev[3].sa.expire, IPSEC_EXPIRE_LARVAL);
	assert_int_equal(h.ev[3].sa.spi, 5000);
	ok(ctl_sa_getspi(*state, &w, &spi, &err));
}

static void
getspi_refuses_what_is_no_range_and_no_pair(void **state)
{
	struct ctl_getspi w = want(255, 300);
	uint32_t spi = 1;

	refused(ctl_sa_getspi(*state, &w, &spi, &err), EINVAL,
			"getspi: spi from 255 to 300 is no range (256 to 4294967295)");
	w = want(301, 300);
	assert_int_equal(ctl_sa_getspi(*state, &w, &spi, NULL), -EINVAL);
	w = want(0, 0);
	w.src = ip("2001:db8::1");
	refused(ctl_sa_getspi(*state, &w, &spi, &err), EAFNOSUPPORT,
			"getspi: 2001:db8::1 -> 192.168.0.3 mixes IPv4 and IPv6");
	w.src = ip("0.0.0.0");
	assert_int_equal(ctl_sa_getspi(*state, &w, &spi, NULL), -EADDRNOTAVAIL);
	assert_int_equal(spi, 1);
	w = want(UINT32_MAX, UINT32_MAX);
	ok(ctl_sa_getspi(*state, &w, &spi, &err));
	assert_int_equal(spi, UINT32_MAX);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 1);
}

static void
of_an_sa_in_use_only_lifetimes_are_updated(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	struct sa_ctl *sa;
	struct heard h;

	ipsec0(*state);
	refused(ctl_sa_update(*state, &prm, NULL, &err), ESRCH,
			"sa 192.168.0.5 spi 10000: no such SA from 192.168.0.3");
	prm.soft.bytes = 1000;
	prm.hard.bytes = 5000;
	ok(ctl_sa_add(*state, &prm, NULL, &err));
	ok(ctl_sa_get(*state, IP(HERE), IP(THERE), 10000, &sa, &err));
	listen_to(&h, *state);
	ctl_poll(*state);
	use(*state, sa, 1, 1000);
	a_second(*state);
	assert_int_equal(sa->state, SA_DYING);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.ev[0].kind, IPSEC_EVENT_EXPIRE);
	assert_false(h.ev[0].sa.is_hard);
	assert_int_equal(h.ev[0].sa.expire, IPSEC_EXPIRE_BYTES);
	assert_int_equal(h.ev[0].sa.used.bytes, 1000);
	h.n = 0;
	prm.soft.bytes = 2000;
	prm.hard.bytes = 3000;
	ok(ctl_sa_update(*state, &prm, NULL, &err));
	assert_int_equal(sa->state, SA_MATURE);
	assert_int_equal(sa->prm.hard.bytes, 3000);
	prm.keys.enc[5] ^= 1;
	assert_int_equal(ctl_sa_update(*state, &prm, NULL, NULL), -EINVAL);
	prm = sa->prm;
	prm.natt_sport = prm.natt_dport = 4500;
	assert_int_equal(ctl_sa_update(*state, &prm, NULL, NULL), -EINVAL);
	assert_string_equal(HEARD(&h), "UPDATE");
	use(*state, sa, 1, 2000);
	a_second(*state);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 0);
	assert_int_equal(h.n, 1);
	assert_true(h.ev[0].sa.is_hard);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateway(changes_of_sas_are_told_without_their_keys),
		with_gateway(new_policies_are_told_before_the_old_ones_go),
		with_gateway(an_spi_is_taken_and_completed),
		with_gateway(an_spi_that_is_not_completed_is_free_again),
		with_gateway(getspi_refuses_what_is_no_range_and_no_pair),
		with_gateway(of_an_sa_in_use_only_lifetimes_are_updated),
	};

	return cmocka_run_group_tests_name("control/announce", tests, eal_up, eal_down);
}
