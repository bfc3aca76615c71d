/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From words of setkey(8)'s statements to values: called by the grammar. Which SAs may be is not judged here but behind control.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/hosts.h"
#include "cli/setkey_parse.h"

struct setkey_text
setkey_shown(struct setkey_text t)
{
	if (t.len > 10 && t.at[0] == '0' && (t.at[1] | 0x20) == 'x')
		return (struct setkey_text){ "0x...", 5 };
	return (struct setkey_text){ t.at, RTE_MIN(t.len, 48u) };
}

int
setkey_wrong(struct setkey_parser *p, const char *fmt, ...)
{
	const char *at = p->at.at == NULL ? p->text : p->at.at, *c, *start = p->text;
	char msg[ERR_MSG_MAX - 32];
	unsigned int line = 1;
	va_list ap;

	if (p->err->code != 0)
		return -1;
	for (c = p->text; c < at; c++) {
		if (*c != '\n')
			continue;
		line++;
		start = c + 1;
	}
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(p->err, EINVAL, "line %u, column %u: %s", line, (unsigned int)(at - start) + 1,
			msg);
	return -1;
}

int
setkey_begin(struct setkey_parser *p, enum setkey_op op)
{
	p->now = calloc(1, sizeof(*p->now));
	if (p->now == NULL)
		return setkey_wrong(p, "out of memory");
	p->now->op = op;
	p->now->line = p->line;
	p->af = 0;
	p->numeric = false;
	p->src.n = p->dst.n = 0;
	return 0;
}

int
setkey_copy(struct setkey_parser *p, const char *what, struct setkey_text t, char *buf, size_t size)
{
	p->at = t;
	if (t.len >= size)
		return setkey_wrong(p, "%s %.*s... is too long", what, SHOW(t));
	memcpy(buf, t.at, t.len);
	buf[t.len] = '\0';
	return 0;
}

bool
setkey_is(struct setkey_text t, const char *word)
{
	return strlen(word) == t.len && memcmp(t.at, word, t.len) == 0;
}

/* SAs of the other protocols of setkey(8): what is said of them is not judged further. */
static bool
is_foreign(const struct setkey_parser *p)
{
	return p->now->protocol[0] != '\0' && strcmp(p->now->protocol, "esp") != 0;
}

int
setkey_set_protocol(struct setkey_parser *p, struct setkey_text t)
{
	static const char *const names[] = { "esp", "ah", "ipcomp", "tcp", "esp-old", "ah-old" };
	unsigned int i;

	p->at = t;
	if (setkey_is(t, "any") && p->now->op != SETKEY_ADD)
		return 0;
	for (i = 0; i < RTE_DIM(names); i++) {
		if (setkey_is(t, names[i])) {
			strcpy(p->now->protocol, names[i]);
			return 0;
		}
	}
	return setkey_wrong(p, "protocol %.*s is not there (esp)", SHOW(t));
}

/* Decimal, also with zeros in front as in setkey(8) (no octal there), or 0x and hexadecimal digits. */
int
setkey_set_number(struct setkey_parser *p, const char *what, struct setkey_text t, uint64_t max,
		uint64_t *ret_value)
{
	char buf[32];
	const char *digits = buf;

	p->at = t;
	if (t.len >= sizeof(buf) || setkey_copy(p, what, t, buf, sizeof(buf)) != 0)
		return setkey_wrong(p, "%s %.*s is not a number", what, SHOW(t));
	while (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9')
		digits++;
	switch (cli_number(digits, max, ret_value)) {
	case 0:
		return 0;
	case -ERANGE:
		return setkey_wrong(p, "%s %s is too large (0 to %llu)", what, buf,
				(unsigned long long)max);
	default:
		return setkey_wrong(p, "%s %s is not a number", what, buf);
	}
}

int
setkey_set_spi(struct setkey_parser *p, struct setkey_text t)
{
	const char *dash = memchr(t.at, '-', t.len);
	uint64_t v;

	p->at = t;
	if (dash != NULL && dash > t.at)
		return setkey_wrong(p, "SPI %.*s is a range, an SA has one", SHOW(t));
	if (setkey_set_number(p, "SPI", t, UINT32_MAX, &v) != 0)
		return -1;
	p->now->prm.spi = (uint32_t)v;
	return 0;
}

int
setkey_set_mode(struct setkey_parser *p, struct setkey_text t)
{
	static const enum sa_mode modes[] = { SA_MODE_ANY, SA_MODE_TUNNEL, SA_MODE_TRANSPORT };
	unsigned int i;

	p->at = t;
	for (i = 0; i < RTE_DIM(modes); i++) {
		if (setkey_is(t, sa_mode_name(modes[i]))) {
			p->now->prm.mode = modes[i];
			return 0;
		}
	}
	return setkey_wrong(p, "mode %.*s is not there (tunnel, transport, any)", SHOW(t));
}

int
setkey_set_window(struct setkey_parser *p, struct setkey_text t)
{
	uint64_t octets;

	if (setkey_set_number(p, "replay window", t, UINT32_MAX, &octets) != 0)
		return -1;
	if (octets > REPLAY_WINDOW_MAX / 8)
		return setkey_wrong(p,
				"replay window of %llu octets is above the maximum (%u octets, %u "
				"packets)",
				(unsigned long long)octets, REPLAY_WINDOW_MAX / 8,
				REPLAY_WINDOW_MAX);
	p->now->prm.replay_window = (uint32_t)octets * 8;
	return 0;
}

int
setkey_set_pad(struct setkey_parser *p, struct setkey_text t)
{
	struct sa_params *prm = &p->now->prm;

	p->at = t;
	if (setkey_is(t, "zero-pad"))
		prm->pad = SA_PAD_ZERO;
	else if (setkey_is(t, "random-pad"))
		prm->pad = SA_PAD_RANDOM;
	else if (setkey_is(t, "seq-pad"))
		prm->pad = SA_PAD_SEQ;
	else if (setkey_is(t, "nocyclic-seq"))
		prm->cyclic_seq_off = true;
	else
		return setkey_wrong(p,
				"-f %.*s is not there (zero-pad, random-pad, seq-pad, "
				"nocyclic-seq)",
				SHOW(t));
	return 0;
}

/* A number or a name of /etc/services. */
static int
port_read(struct setkey_parser *p, const char *what, struct setkey_text t, uint16_t *ret_port)
{
	char name[32];
	uint64_t v;

	if (t.len > 0 && t.len < sizeof(name) && (t.at[0] < '0' || t.at[0] > '9')) {
		setkey_copy(p, what, t, name, sizeof(name));
		if (hosts_service(name, "udp", ret_port) == 0)
			return 0;
	}
	if (setkey_set_number(p, what, t, UINT16_MAX, &v) != 0)
		return -1;
	if (v == 0)
		return setkey_wrong(p, "%s 0 is not a port (1 to 65535)", what);
	*ret_port = (uint16_t)v;
	return 0;
}

int
setkey_set_natt(struct setkey_parser *p, struct setkey_text sport, struct setkey_text dport)
{
	if (port_read(p, "-natt source port", sport, &p->now->prm.natt_sport) != 0)
		return -1;
	return port_read(p, "-natt destination port", dport, &p->now->prm.natt_dport);
}

int
setkey_set_compression(struct setkey_parser *p, struct setkey_text name)
{
	p->at = name;
	if (is_foreign(p))
		return 0;
	return setkey_wrong(p, "-C %.*s is not there: compression is ipcomp's (esp alone is done)",
			SHOW(name));
}

int
setkey_refuse_option(struct setkey_parser *p, struct setkey_text option)
{
	p->at = option;
	if (is_foreign(p))
		return 0;
	return setkey_wrong(p, "%.*s is not there", SHOW(option));
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * A key: "text" byte for byte, or 0x and digits; an odd one makes a byte of its own in front, as in setkey(8). The messages never
 * quote it.
 */
static int
key_read(struct setkey_parser *p, const char *opt, struct setkey_text t, uint8_t *key, size_t max,
		uint8_t *ret_len)
{
	unsigned int i, n;

	if (t.at == NULL) {
		*ret_len = 0;
		return 0;
	}
	p->at = t;
	if (t.at > p->text && t.at[-1] == '"') {
		if (t.len > max)
			return setkey_wrong(
					p, "%s key of %u bytes is too long (%zu)", opt, t.len, max);
		memcpy(key, t.at, t.len);
		*ret_len = (uint8_t)t.len;
		return 0;
	}
	if (t.len < 2 || t.at[0] != '0' || (t.at[1] | 0x20) != 'x')
		return setkey_wrong(p, "%s key is neither \"quoted\" nor 0x and hexadecimal digits",
				opt);
	if (t.len == 2)
		return setkey_wrong(p, "%s key 0x has no digits", opt);
	n = (t.len - 1) / 2;
	if (n > max)
		return setkey_wrong(p, "%s key of %u bytes is too long (%zu)", opt, n, max);
	for (i = 2; i < t.len; i++) {
		int digit = hex_digit(t.at[i]);

		if (digit < 0)
			return setkey_wrong(p, "%s key has something else than hexadecimal digits",
					opt);
		key[n - 1 - (t.len - 1 - i) / 2] |= (uint8_t)(digit << 4 * ((t.len - 1 - i) % 2));
	}
	*ret_len = (uint8_t)n;
	return 0;
}

static int
alg_read(struct setkey_parser *p, bool authentication, struct setkey_text name,
		const struct alg **ret_alg)
{
	const struct alg *alg = NULL;
	char buf[32], names[160];

	p->at = name;
	if (name.len < sizeof(buf)) {
		memcpy(buf, name.at, name.len);
		buf[name.len] = '\0';
		alg = authentication ? alg_find_authentication(buf) : alg_find_encryption(buf);
	}
	if (alg == NULL) {
		alg_names(authentication, names, sizeof(names));
		return setkey_wrong(p, "-%c %.*s is not there (%s)", authentication ? 'A' : 'E',
				SHOW(name), names);
	}
	*ret_alg = alg;
	return 0;
}

int
setkey_set_encryption(struct setkey_parser *p, struct setkey_text name, struct setkey_text key)
{
	struct sa_params *prm = &p->now->prm;

	p->at = name;
	if (is_foreign(p))
		return 0;
	if (prm->enc != NULL)
		return setkey_wrong(p, "-E is given twice");
	if (alg_read(p, false, name, &prm->enc) != 0)
		return -1;
	return key_read(p, "-E", key, prm->keys.enc, sizeof(prm->keys.enc), &prm->keys.enc_len);
}

int
setkey_set_authentication(struct setkey_parser *p, struct setkey_text name, struct setkey_text key)
{
	struct sa_params *prm = &p->now->prm;

	p->at = name;
	if (is_foreign(p))
		return 0;
	if (prm->auth != NULL)
		return setkey_wrong(p, "-A is given twice");
	if (alg_read(p, true, name, &prm->auth) != 0)
		return -1;
	return key_read(p, "-A", key, prm->keys.auth, sizeof(prm->keys.auth), &prm->keys.auth_len);
}

void
setkey_statement_free(struct setkey_statement *s)
{
	if (s == NULL)
		return;
	explicit_bzero(s, sizeof(*s));
	free(s);
}

void
setkey_free(struct setkey_list *list)
{
	struct setkey_statement *s;

	while ((s = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, next);
		setkey_statement_free(s);
	}
}
