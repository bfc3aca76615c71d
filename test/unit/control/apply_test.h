/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of whole configurations share: one with something of everything, and its ways into a gateway and out of it. */
#ifndef TEST_UNIT_CONTROL_APPLY_TEST_H
#define TEST_UNIT_CONTROL_APPLY_TEST_H

#define CTL_TEST_MEM "1024"
#include "ctl_test.h"

static const char base[] =
		"{\"ports\": {"
		"\"lan0\": {\"device\": \"net_null0\", \"devargs\": \"no-rx=1\", \"mac\": "
		"\"02:00:00:00:00:01\", \"addresses\": [\"10.1.0.1/24\"]},"
		"\"wan0\": {\"device\": \"net_null1\", \"devargs\": \"no-rx=1\", \"mac\": "
		"\"02:00:00:00:00:02\", \"addresses\": [\"192.168.0.3/24\", \"2001:db8::3/64\"]}},"
		"\"neighbors\": [{\"port\": \"wan0\", \"address\": \"192.168.0.5\", \"mac\": "
		"\"02:00:00:00:00:05\"}],"
		"\"ipsec\": {"
		"\"ipsec0\": {\"reqid\": 100, \"mtu\": 1300, \"description\": \"one\", \"tunnel\": "
		"{\"local\": \"192.168.0.3\", \"remote\": \"192.168.0.5\"},"
		" \"addresses\": [{\"local\": \"172.16.0.3/16\", \"peer\": \"172.16.0.5\"}]},"
		"\"ipsec1\": {\"reqid\": 200, \"mtu\": \"auto\", \"up\": true, \"tunnel\": "
		"{\"local\": \"2001:db8::3\", \"remote\": \"2001:db8::5\"}},"
		"\"ipsec2\": {}},"
		"\"routes\": ["
		"{\"prefix\": \"0.0.0.0/0\", \"gateway\": \"192.168.0.1\"},"
		"{\"prefix\": \"10.2.0.0/16\", \"interface\": \"ipsec0\"},"
		"{\"prefix\": \"10.3.0.0/16\", \"gateway\": \"172.16.0.5\"},"
		"{\"prefix\": \"10.9.0.0/16\", \"reject\": true},"
		"{\"prefix\": \"2001:db8:2::/48\", \"interface\": \"ipsec1\"}],"
		"\"sa\": ["
		"{\"src\": \"192.168.0.3\", \"dst\": \"192.168.0.5\", \"spi\": 10000, \"reqid\": "
		"100, \"encryption\": \"rijndael-cbc\", \"encryption_key\": \"VerySecureKey!!1\"},"
		"{\"src\": \"192.168.0.5\", \"dst\": \"192.168.0.3\", \"spi\": 10001, \"reqid\": "
		"100, \"encryption\": \"rijndael-cbc\", \"encryption_key\": \"VerySecureKey!!2\"}],"
		"\"sysctl\": {\"net.key.preferred_oldsa\": 0}}";

/* --- texts --- */

/* The configuration with one passage replaced. */
static inline char *
with(const char *text, const char *old, const char *new)
{
	const size_t size = strlen(text) + strlen(new) + 1;
	const char *at = strstr(text, old);
	char *changed = malloc(size);

	if (at == NULL)
		fail_msg("%s is nowhere", old);
	assert_non_null(changed);
	snprintf(changed, size, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	return changed;
}

static inline struct cfg *
parse(const char *text)
{
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = cfg_read_text(text, ".", &errors);

	if (cfg == NULL)
		fail_msg("%s: %s", errors.list[0].path, errors.list[0].msg);
	return cfg;
}

/* Apply; "" or the mistakes, a line each. */
static inline const char *
apply(struct ctl *ctl, const char *text)
{
	static char said[2048];
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = parse(text);
	const int rc = ctl_apply(ctl, cfg, &errors);
	size_t n = 0;
	unsigned int i;

	said[0] = '\0';
	for (i = 0; i < errors.n && n < sizeof(said); i++)
		n += (size_t)snprintf(said + n, sizeof(said) - n, "%s%s%s%s", i == 0 ? "" : "\n",
				errors.list[i].path, errors.list[i].path[0] == '\0' ? "" : ": ",
				errors.list[i].msg);
	assert_int_equal(rc, errors.n == 0 ? 0 : -errors.list[0].code);
	cfg_errors_free(&errors);
	cfg_free(cfg);
	return said;
}

static inline void
take_line(const char *text, void *arg)
{
	strcat(strcat(arg, text), "\n");
}

static inline const char *
diff(struct ctl *ctl, const char *text)
{
	static char lines[4096];
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = parse(text);

	lines[0] = '\0';
	if (ctl_diff(ctl, cfg, take_line, lines, &errors) != 0)
		fail_msg("%s: %s", errors.list[0].path, errors.list[0].msg);
	cfg_free(cfg);
	return lines;
}

static inline char *
saved(struct ctl *ctl)
{
	struct err err = { 0 };
	struct cfg *cfg = ctl_snapshot(ctl, &err);
	char *text;

	if (cfg == NULL)
		fail_msg("%s", err.msg);
	text = cfg_dump(cfg);
	cfg_free(cfg);
	return text;
}

static inline struct ctl *
running(void **state)
{
	struct ctl *ctl = *state;

	assert_string_equal(apply(ctl, base), "");
	return ctl;
}

static inline const struct sa_ctl *
sa_of(struct ctl *ctl, const char *dst, uint32_t spi)
{
	return sadb_find(ctl_sadb(ctl), IP(dst), spi);
}

#endif
