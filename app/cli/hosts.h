/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of hosts and services from /etc/hosts and /etc/services, read as files: nothing is asked for over the network, for the control
 * core must not wait for an answer.
 */
#ifndef CLI_HOSTS_H
#define CLI_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"

struct hosts;

/** Other files, for tests. */
extern const char *hosts_path, *hosts_services_path;

/** The file as it is now. NULL: it can not be read, as if it were empty. */
struct hosts *hosts_read(void);
void hosts_free(struct hosts *h);
/** Addresses of a name, in the order of the file, of @p af (0: both). @return their number, at most @p max. @p h may be NULL. */
unsigned int hosts_find(const struct hosts *h, const char *name, int af, struct ip_addr *ret_addrs,
		unsigned int max);
/** Not the name of a host: digits and dots, or a colon in it. */
bool hosts_is_number(const char *name);
/** 0 or -ENOENT. @p proto: "udp", "tcp". */
int hosts_service(const char *name, const char *proto, uint16_t *ret_port);

#endif
