/* SPDX-License-Identifier: BSD-3-Clause */
/* The control core that tests of the CLI talk to. */
#include "gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include "drivers/registry.h"

struct cli_env gateway_env;
int gateway_rc;
bool gateway_may_see_keys;

static const char config[] =
		"{\"ports\": {\"wan0\": {\"device\": \"net_null0\", \"mac\": \"02:00:00:00:00:01\","
		" \"addresses\": [\"192.0.2.1/24\", \"2001:db8::1/64\"]}}}";

static int
gateway_fail(const char *what, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->msg);
	return -1;
}

int
gateway_up(void **state)
{
	static char *argv[] = { "test", "--no-huge", "-m", "512", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level", "error", "--vdev", "net_null0,no-rx=1",
		NULL };
	const struct engine_ops *engines[] = { registry_engine("cryptodev") };
	unsigned int lcore = 0;
	struct ctl_args args = { .worker_lcores = &lcore,
		.nb_workers = 1,
		.nb_mbufs = 1023,
		.port_ops = registry_ports(),
		.engines = engines,
		.nb_engines = 1 };
	struct cfg_errors errors = { 0 };
	struct err err = { 0 };
	struct cfg *cfg;

	(void)state;
	if (rte_eal_init(RTE_DIM(argv) - 1, argv) < 0)
		return -1;
	gateway_env.ctl = ctl_create(&args, &err);
	if (gateway_env.ctl == NULL)
		return gateway_fail("ctl_create", &err);
	cfg = cfg_read_text(config, ".", &errors);
	if (cfg == NULL || ctl_apply(gateway_env.ctl, cfg, &errors) != 0)
		return gateway_fail("apply", &errors.list[0]);
	cfg_free(cfg);
	return 0;
}

int
gateway_down(void **state)
{
	(void)state;
	ctl_destroy(gateway_env.ctl);
	return rte_eal_cleanup();
}

int
gateway_clean(void **state)
{
	struct iface *ifp = NULL, *next;

	(void)state;
	ctl_sa_flush(gateway_env.ctl);
	for (ifp = iface_next(ctl_ifaces(gateway_env.ctl), NULL); ifp != NULL; ifp = next) {
		next = iface_next(ctl_ifaces(gateway_env.ctl), ifp);
		if (ifp->kind == IFACE_IPSEC)
			ctl_if_destroy(gateway_env.ctl, ifp->name, NULL);
	}
	return 0;
}

static const char *
say(const char *line, const char *input)
{
	static char text[65536];
	struct evbuffer *answer = evbuffer_new();
	struct cli cli = { .env = &gateway_env,
		.ctl = gateway_env.ctl,
		.may_see_keys = gateway_may_see_keys,
		.input = input,
		.input_len = input == NULL ? 0 : strlen(input),
		.out = answer,
		.errors = answer };
	struct words words;
	ev_ssize_t n;

	assert_null(words_split(line, &words));
	gateway_rc = cli_run(&cli, words.n, words.word);
	n = evbuffer_remove(answer, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	evbuffer_free(answer);
	words_free(&words);
	return text;
}

const char *
gateway_say(const char *line)
{
	return say(line, NULL);
}

const char *
gateway_setkey(const char *statements)
{
	return say("setkey -c", statements);
}
