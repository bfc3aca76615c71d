/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The form of the configuration file as tables: a row for each key with its type, its range and its place in the structs of
 * model.h. json.c reads by them, dump.c writes by them, a test compares them with config/schema.json. Nothing else may know a key.
 */
#ifndef CONFIG_FIELDS_H
#define CONFIG_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "config/model.h"

enum cfg_type {
	CFG_IGNORE, /* accepted, no meaning: $schema */
	CFG_TEXT,   /* char[size] */
	CFG_IFNAME, /* char[IFACE_NAME_MAX] that is an interface's name */
	CFG_CHOICE, /* char[size], one of choices */
	CFG_BOOL,   /* bool */
	CFG_KIND,   /* true: the enum at offset becomes min */
	CFG_U16,    /* min to max */
	CFG_U32,    /* min to max; a string "0x..." as well */
	CFG_U64,    /* min to max */
	CFG_MTU, /* uint16_t, min to max; where aux is given also "auto", which sets the bool at aux */
	CFG_ADDR,     /* struct ip_addr */
	CFG_PREFIX,   /* struct ip_prefix */
	CFG_MAC,      /* struct rte_ether_addr, and the bool at aux where that is given */
	CFG_KEY,      /* uint8_t[CFG_KEY_MAX], its length in the unsigned int at aux */
	CFG_KEY_FILE, /* the same, out of a file */
	CFG_GROUP,    /* an object whose members are fields of the same struct */
	CFG_LIST,     /* an array: pointer at offset, unsigned int count at aux */
	CFG_MAP, /* an object whose keys are the names, else as CFG_LIST: the name is the first member of the struct */
	CFG_SETTINGS /* an object of integers by name: struct cfg_sysctl, else as CFG_LIST */
};

struct cfg_struct;
struct json_reader;

struct cfg_field {
	const char *key;
	enum cfg_type type;
	bool required;
	bool always; /* written even where it is the default */
	uint16_t offset, size, aux;
	uint64_t min, max;
	const char *const *choices; /* NULL-terminated */
	const struct cfg_struct *sub;
};

/** An object of the file. */
struct cfg_struct {
	const struct cfg_field *fields;
	unsigned int nb_fields;
	uint16_t size; /* bytes of the C struct */
	bool scalar;   /* not an object: the value itself, as fields[0] says */
	/* What is there when nothing is given. NULL: zeroes. */
	void (*defaults)(void *object);
	/* Rules between the keys of one object, once it is read. NULL: none. */
	void (*finish)(struct json_reader *r, const json_t *json, void *object);
	/* Names of a CFG_MAP. NULL: any interface name. */
	bool (*name_ok)(const char *name);
	const char *name_what; /* what such a name should be, for the message */
};

/** The whole file. */
extern const struct cfg_struct cfg_file;

/** 1 to 15 of A-Z a-z 0-9 _ . - */
bool cfg_name_ok(const char *name);
/** ipsecN, N without leading zeroes. */
bool cfg_name_is_ipsec(const char *name);
/** Enough columns for any list of choices or keys in a message. */
#define CFG_LIST_TEXT_MAX 224

/** A section of the file by its key ("ports"): where its list is, and the struct of its entries. Never NULL for a key that is there. */
const struct cfg_field *cfg_section(const char *key);

/* --- compare.c --- */

struct text;
/** Do two objects say the same? Addresses of an interface may be in another order. */
bool cfg_struct_equal(const struct cfg_struct *s, const void *a, const void *b);
/** What is different, for people: "mtu 1400 -> 1300, addresses". Keys are not shown. */
void cfg_struct_changes(const struct cfg_struct *s, const void *a, const void *b, struct text *t);

/* --- of dump.c, for compare.c --- */

/** Is the field something else than the default? And its value as JSON, without the key. */
bool dump_is_wanted(const struct cfg_field *f, const void *object, const void *blank);
void dump_value(struct text *t, const struct cfg_field *f, const void *object, const void *blank);

/* --- of json.c, for finish hooks --- */

/** A mistake at the object being read, or at its member @p key where that is not NULL. */
void json_mistake(struct json_reader *r, const char *key, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));

#endif
