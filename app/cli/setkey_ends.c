/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ends of SAs in setkey(8)'s statements: addresses, or names of hosts, which may have several. A statement between names becomes
 * one for each pair of addresses of one family.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/setkey_parse.h"

void
setkey_set_family(struct setkey_parser *p, struct setkey_text t)
{
	unsigned int i;

	for (i = 1; i < t.len; i++) {
		if (t.at[i] == 'n')
			p->numeric = true;
		else
			p->af = t.at[i] == '4' ? AF_INET : AF_INET6;
	}
}

static const char *
family_name(int af)
{
	return af == 0 ? "" : af == AF_INET ? "IPv4 " : "IPv6 ";
}

/* An address, fe80::1%wan0 (an SA belongs to no port: the name behind % is left out), or a name of /etc/hosts. */
static int
end_read(struct setkey_parser *p, struct setkey_ends *ends, struct setkey_text t)
{
	char buf[256];
	char *zone;

	p->at = t;
	ends->n = 0;
	if (setkey_copy(p, "address", t, buf, sizeof(buf)) != 0)
		return -1;
	if (ip_parse(buf, &ends->addr[0]) == 0) {
		ends->n = 1;
	} else if ((zone = strchr(buf, '%')) != NULL) {
		*zone = '\0';
		if (ip_parse(buf, &ends->addr[0]) != 0 || !ip_is_link_local(&ends->addr[0]))
			return setkey_wrong(p, "%.*s is not a link-local address", SHOW(t));
		ends->n = 1;
	}
	if (ends->n == 1 && p->af != 0 && ends->addr[0].af != p->af)
		return setkey_wrong(p, "%.*s is not an %saddress", SHOW(t), family_name(p->af));
	if (ends->n == 1)
		return 0;
	if (p->numeric || hosts_is_number(buf))
		return setkey_wrong(p, "%.*s is not an IP address", SHOW(t));
	if (p->hosts == NULL)
		p->hosts = hosts_read();
	ends->n = hosts_find(p->hosts, buf, p->af, ends->addr, SETKEY_ENDS_MAX);
	if (ends->n == 0)
		return setkey_wrong(p,
				"%.*s has no %saddress in %s (names are not asked for in the DNS)",
				SHOW(t), family_name(p->af), hosts_path);
	return 0;
}

int
setkey_set_end(struct setkey_parser *p, bool dst, struct setkey_text t)
{
	p->ends_at = t;
	return end_read(p, dst ? &p->dst : &p->src, t);
}

int
setkey_set_natt_ends(struct setkey_parser *p, struct setkey_text src, struct setkey_text dst)
{
	struct setkey_ends ends;

	return end_read(p, &ends, src) != 0 ? -1 : end_read(p, &ends, dst);
}

/* One statement for each pair of addresses of one family. @return their number, -1: out of memory. */
static int
enter_pairs(struct setkey_parser *p)
{
	struct setkey_statement *s;
	unsigned int i, j;
	int n = 0;

	for (i = 0; i < p->src.n; i++) {
		for (j = 0; j < p->dst.n; j++) {
			if (p->src.addr[i].af != p->dst.addr[j].af)
				continue;
			s = malloc(sizeof(*s));
			if (s == NULL)
				return -1;
			*s = *p->now;
			s->prm.src = p->src.addr[i];
			s->prm.dst = p->dst.addr[j];
			STAILQ_INSERT_TAIL(p->list, s, next);
			n++;
		}
	}
	return n;
}

int
setkey_end(struct setkey_parser *p)
{
	const enum setkey_op op = p->now->op;
	int n;

	p->at = p->ends_at;
	p->now->prm.src = p->src.addr[0];
	p->now->prm.dst = p->dst.addr[0];
	if (p->src.n == 0 ||
			(p->src.n == 1 && p->dst.n == 1 &&
					p->src.addr[0].af == p->dst.addr[0].af)) {
		STAILQ_INSERT_TAIL(p->list, p->now, next);
		p->now = NULL;
		return 0;
	}
	n = enter_pairs(p);
	setkey_statement_free(p->now);
	p->now = NULL;
	if (n < 0)
		return setkey_wrong(p, "out of memory");
	if (n == 0)
		return setkey_wrong(p, "%s and %s mix IPv4 and IPv6", ip_str(&p->src.addr[0]),
				ip_str(&p->dst.addr[0]));
	if (n > 1 && op != SETKEY_ADD && op != SETKEY_DELETEALL)
		return setkey_wrong(p,
				"the names have several addresses, %d pairs (-4, -6, or an "
				"address)",
				n);
	return 0;
}
