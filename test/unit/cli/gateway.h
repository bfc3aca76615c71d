/* SPDX-License-Identifier: BSD-3-Clause */
/* A control core for tests of the CLI: one port wan0 (net_null, 192.0.2.1/24, 2001:db8::1/64), nothing polls. */
#ifndef TEST_CLI_GATEWAY_H
#define TEST_CLI_GATEWAY_H

#include "cli/cli.h"

extern struct cli_env gateway_env;

/** cmocka group setup and teardown. */
int gateway_up(void **state);
int gateway_down(void **state);
/** Away with what tests made: SAs, ipsec interfaces. For test setup. */
int gateway_clean(void **state);

/** Run a line; its answer and its errors in one text, valid until the next call. *gateway_rc: what it returned. */
const char *gateway_say(const char *line);
/** With statements for setkey -c. */
const char *gateway_setkey(const char *statements);
extern bool gateway_may_see_keys; /* as through the control socket */
extern int gateway_rc;

#endif
