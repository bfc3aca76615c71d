/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration as data: what the JSON file says, units in the names, text already parsed into values, nothing live. json.c reads
 * it, check.c looks for contradictions, control/apply.c makes it so, dump.c writes it.
 */
#ifndef CONFIG_MODEL_H
#define CONFIG_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "net/addr.h"

#define CFG_NAME_MAX 64
#define CFG_KEY_MAX 160
#define CFG_PATH_MAX 256

struct cfg_port {
	char name[IFACE_NAME_MAX];
	char device[CFG_NAME_MAX];
	char devargs[256]; /* "": the device exists already */
	bool has_mac;
	struct rte_ether_addr mac;
	uint16_t mtu_bytes; /* 1500 where not given */
	uint16_t fib;
	bool up; /* true where not given */
	bool monitor;
	char description[IFACE_DESCR_MAX];
	char host[IFACE_NAME_MAX]; /* "": no TAP towards the host */
	struct ip_prefix *addresses;
	unsigned int nb_addresses;
};

struct cfg_neighbor {
	char port[IFACE_NAME_MAX];
	struct ip_addr address;
	struct rte_ether_addr mac;
};

struct cfg_tunnel_addr {
	struct ip_prefix local;
	struct ip_addr peer; /* af 0: none */
};

struct cfg_ipsec {
	char name[IFACE_NAME_MAX];
	char description[IFACE_DESCR_MAX];
	uint32_t reqid;     /* 0: chosen */
	uint16_t mtu_bytes; /* 1400 where not given; 0 says the same */
	bool mtu_auto;
	bool up; /* true where not given and an address is, else false */
	bool monitor;
	uint16_t fib, tunnelfib;
	struct ip_addr tunnel_local, tunnel_remote; /* af 0: none */
	struct cfg_tunnel_addr *addresses;
	unsigned int nb_addresses;
};

enum cfg_route_kind {
	CFG_ROUTE_GATEWAY,
	CFG_ROUTE_INTERFACE,
	CFG_ROUTE_BLACKHOLE,
	CFG_ROUTE_REJECT
};

struct cfg_route {
	struct ip_prefix prefix;
	enum cfg_route_kind kind;
	struct ip_addr gateway;
	char interface[IFACE_NAME_MAX];
	uint16_t fib;
};

/** As struct sa_params, with algorithm names (config does not know the ipsec layer). Keys are wiped by cfg_free(). */
struct cfg_sa {
	struct ip_addr src, dst;
	uint32_t spi, reqid;
	char mode[12];           /* "tunnel" (not given), "any", "transport" */
	char encryption[32];     /* "": none */
	char authentication[32]; /* "": none */
	uint8_t encryption_key[CFG_KEY_MAX], authentication_key[CFG_KEY_MAX];
	unsigned int encryption_key_len, authentication_key_len; /* bytes */
	uint32_t replay_window_packets; /* 0: off. Not given: 0, as setkey(8) */
	bool esn;
	uint16_t natt_sport, natt_dport;
	char pad[12]; /* "seq-pad" (not given), "zero-pad", "random-pad", as setkey(8) */
	uint64_t soft_seconds, hard_seconds, soft_bytes, hard_bytes, soft_packets, hard_packets;
	uint64_t soft_use_seconds, hard_use_seconds; /* since the first packet */
};

struct cfg_sysctl {
	char name[CFG_NAME_MAX];
	int64_t value;
};

struct cfg {
	struct cfg_port *ports;
	unsigned int nb_ports;
	struct cfg_neighbor *neighbors;
	unsigned int nb_neighbors;
	struct cfg_ipsec *ipsec;
	unsigned int nb_ipsec;
	struct cfg_route *routes;
	unsigned int nb_routes;
	struct cfg_sa *sas;
	unsigned int nb_sas;
	char engine[16]; /* "auto" where not given */
	struct cfg_sysctl *sysctls;
	unsigned int nb_sysctls;
	char state_file[CFG_PATH_MAX]; /* "": none. Absolute */
	uint32_t state_seconds;        /* how often it is written; 0, not given: 60 */
};

/** Mistakes found in a file, each with its path; the array grows, cfg_errors_free() frees it. */
struct cfg_errors {
	struct err *list;
	unsigned int n;
};
void cfg_errors_free(struct cfg_errors *errors);
/** Add a mistake. @p path "" where there is none. Without memory the last entry is overwritten: a mistake is never lost unseen. */
void cfg_errors_add(struct cfg_errors *errors, int code, const char *path, const char *fmt, ...)
		__attribute__((format(printf, 4, 5)));

/**
 * Read a JSON file (or text). Every mistake of type, range, key and syntax is reported, not only the first.
 * @return The configuration (cfg_free()), or NULL with at least one entry in @p errors (path "" and "FILE:LINE:COLUMN: ..." for syntax).
 */
struct cfg *cfg_read_file(const char *path, struct cfg_errors *errors);
struct cfg *cfg_read_text(const char *text, const char *dir, struct cfg_errors *errors);
/**
 * As cfg_read_file(), but what could be read is returned beside the mistakes, each of its entries at its place, so that it can be
 * checked further and all mistakes be told at once. NULL only where nothing could be read. Not to be applied when there are mistakes.
 */
struct cfg *cfg_read_partial(const char *path, struct cfg_errors *errors);
/** Wipes the keys. NULL is allowed. */
void cfg_free(struct cfg *cfg);
/**
 * Contradictions between entries that need no live object: a name twice, a route to an interface that is not there, a reqid twice,
 * an address twice, SPI and destination twice, a neighbour on a port that is not there. @return Number of mistakes added.
 */
unsigned int cfg_check(const struct cfg *cfg, struct cfg_errors *errors);
/** Write as JSON, in the file's form. Caller frees with cfg_text_free(), which wipes. */
char *cfg_dump(const struct cfg *cfg);
void cfg_text_free(char *text);
/** Write @p text to a file atomically: temporary file beside it, mode 0600, fsync, rename. */
int cfg_write_file(const char *path, const char *text, struct err *err);

#endif
