/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state file as text and back. JSON, an SA to a line, and at the end a check value over all that stands before it: a file that was
 * cut off, edited or damaged is refused as a whole.
 */
#include "config/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "config/file.h"
#include "config/text.h"

#define VERSION 1
#define CHECK "\"check\": \""

/* FNV-1a */
static uint64_t
check_value(const char *text, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	while (n-- > 0)
		h = (h ^ (uint8_t)*text++) * UINT64_C(0x100000001b3);
	return h;
}

/* --- write --- */

static void
dump_sa(struct text *t, const struct cfg_state_sa *sa)
{
	unsigned int i;

	text_fmt(t, "{ \"src\": \"%s\", \"dst\": \"%s\", \"spi\": %" PRIu32 ", \"key\": \"",
			ip_str(&sa->src), ip_str(&sa->dst), sa->spi);
	for (i = 0; i < sizeof(sa->key); i++)
		text_fmt(t, "%02x", sa->key[i]);
	text_fmt(t, "\", \"direction\": \"%s\", \"sequence\": \"%" PRIu64 "\"", sa->direction,
			sa->sequence);
	if (sa->window != 0) {
		text_fmt(t, ", \"window\": %" PRIu32 ", \"seen\": \"", sa->window);
		for (i = 0; i < (sa->window + 63) / 64; i++)
			text_fmt(t, "%016" PRIx64, sa->seen[i]);
		text_str(t, "\"");
	}
	text_fmt(t,
			", \"packets\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"created\": %" PRIu64
			", \"first_use\": %" PRIu64,
			sa->packets, sa->bytes, sa->created_s, sa->first_use_s);
	if (sa->has_age)
		text_fmt(t, ", \"age_ms\": %" PRIu64, sa->age_ms);
	if (sa->has_age && sa->first_use_s != 0)
		text_fmt(t, ", \"use_age_ms\": %" PRIu64, sa->use_age_ms);
	text_str(t, " }");
}

char *
cfg_state_dump(const struct cfg_state *state)
{
	struct text t = { 0 };
	unsigned int i;

	text_fmt(&t, "{\n  \"version\": %d,\n  \"saved\": %" PRIu64 ",\n  \"running\": %s,\n  ",
			VERSION, state->saved_s, state->running ? "true" : "false");
	if (state->boot[0] != '\0')
		text_fmt(&t, "\"boot\": \"%s\",\n  \"uptime_ms\": %" PRIu64 ",\n  ", state->boot,
				state->uptime_ms);
	text_str(&t, "\"sa\": [");
	for (i = 0; i < state->nb_sas; i++) {
		text_str(&t, i == 0 ? "\n    " : ",\n    ");
		dump_sa(&t, &state->sas[i]);
	}
	text_str(&t, "\n  ],\n  ");
	if (!t.failed)
		text_fmt(&t, CHECK "%016" PRIx64 "\"\n}\n", check_value(t.at, t.len));
	if (t.failed)
		text_discard(&t);
	return t.at;
}

/* --- read --- */

static bool
read_hex(const char *hex, unsigned int digits, uint64_t *ret)
{
	char word[17] = { 0 };
	char *end;

	memcpy(word, hex, digits);
	*ret = strtoull(word, &end, 16);
	return end == word + digits && word[0] != '-' && word[0] != '+' && word[0] != ' ';
}

static bool
read_seen(struct cfg_state_sa *sa, const char *seen)
{
	const unsigned int words = (sa->window + 63) / 64;
	unsigned int i;

	if (strlen(seen) != 16 * (size_t)words)
		return false;
	for (i = 0; i < words; i++) {
		if (!read_hex(seen + 16 * (size_t)i, 16, &sa->seen[i]))
			return false;
	}
	return true;
}

static bool
read_sa(json_t *json, struct cfg_state_sa *sa)
{
	const char *src, *dst, *key, *direction, *sequence, *seen = "";
	json_int_t spi, window = 0, packets, bytes, created, first_use, age = -1, use_age = 0;
	uint64_t byte;
	unsigned int i;
	char *end;

	if (json_unpack(json,
			    "{s:s, s:s, s:I, s:s, s:s, s:s, s?I, s?s, s:I, s:I, s:I, s:I, s?I, s?I "
			    "!}",
			    "src", &src, "dst", &dst, "spi", &spi, "key", &key, "direction",
			    &direction, "sequence", &sequence, "window", &window, "seen", &seen,
			    "packets", &packets, "bytes", &bytes, "created", &created, "first_use",
			    &first_use, "age_ms", &age, "use_age_ms", &use_age) != 0)
		return false;
	if (ip_parse(src, &sa->src) != 0 || ip_parse(dst, &sa->dst) != 0 || spi < 256 ||
			spi > UINT32_MAX || window < 0 || window > REPLAY_WINDOW_MAX ||
			(strcmp(direction, "in") != 0 && strcmp(direction, "out") != 0) ||
			strlen(key) != 2 * sizeof(sa->key) || packets < 0 || bytes < 0 ||
			created < 0 || first_use < 0 || age < -1 || use_age < 0)
		return false;
	for (i = 0; i < sizeof(sa->key); i++) {
		if (!read_hex(key + 2 * (size_t)i, 2, &byte))
			return false;
		sa->key[i] = (uint8_t)byte;
	}
	sa->spi = (uint32_t)spi;
	memcpy(sa->direction, direction, strlen(direction) + 1);
	sa->sequence = strtoull(sequence, &end, 10);
	sa->window = (uint32_t)window;
	sa->packets = (uint64_t)packets;
	sa->bytes = (uint64_t)bytes;
	sa->created_s = (uint64_t)created;
	sa->first_use_s = (uint64_t)first_use;
	sa->has_age = age >= 0;
	sa->age_ms = sa->has_age ? (uint64_t)age : 0;
	sa->use_age_ms = (uint64_t)use_age;
	return *end == '\0' && sequence[0] >= '0' && sequence[0] <= '9' && read_seen(sa, seen);
}

/* NULL: it does not have the form. */
static struct cfg_state *
read_json(const json_t *json)
{
	struct cfg_state *state = calloc(1, sizeof(*state));
	const char *check, *boot = "";
	json_t *list;
	json_int_t saved, uptime = 0;
	int version, running;
	size_t i;

	if (state == NULL)
		return NULL;
	if (json_unpack((json_t *)(uintptr_t)json, "{s:i, s:I, s:b, s?s, s?I, s:o, s:s !}",
			    "version", &version, "saved", &saved, "running", &running, "boot",
			    &boot, "uptime_ms", &uptime, "sa", &list, "check", &check) != 0 ||
			version != VERSION || saved < 0 || uptime < 0 ||
			strlen(boot) >= sizeof(state->boot) || !json_is_array(list))
		goto bad;
	state->saved_s = (uint64_t)saved;
	memcpy(state->boot, boot, strlen(boot) + 1);
	state->uptime_ms = (uint64_t)uptime;
	state->running = running != 0;
	state->sas = calloc(json_array_size(list) + 1, sizeof(*state->sas));
	if (state->sas == NULL)
		goto bad;
	for (i = 0; i < json_array_size(list); i++) {
		if (!read_sa(json_array_get(list, i), &state->sas[i]))
			goto bad;
	}
	state->nb_sas = (unsigned int)i;
	return state;
bad:
	cfg_state_free(state);
	return NULL;
}

/* The check value stands last, over all bytes before its key. */
static bool
is_whole(const char *text, size_t len)
{
	const size_t room = strlen(CHECK) + 16 + strlen("\"\n}\n");
	uint64_t check;

	if (len < room || memcmp(text + len - room, CHECK, strlen(CHECK)) != 0 ||
			!read_hex(text + len - room + strlen(CHECK), 16, &check))
		return false;
	return check == check_value(text, len - room);
}

struct cfg_state *
cfg_state_read(const char *path, struct err *err)
{
	struct cfg_state *state = NULL;
	json_error_t error;
	json_t *json;
	size_t len;
	char *text;

	text = cfg_file_read(path, &len, err);
	if (text == NULL)
		return NULL;
	if (!is_whole(text, len)) {
		(void)err_set(err, EBADMSG,
				"%s: is damaged or no state file (its check value is wrong)", path);
		free(text);
		return NULL;
	}
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	free(text);
	if (json != NULL)
		state = read_json(json);
	json_decref(json);
	if (state == NULL)
		(void)err_set(err, EBADMSG, "%s: is not a state file of this version (%d)", path,
				VERSION);
	return state;
}

void
cfg_state_free(struct cfg_state *state)
{
	if (state == NULL)
		return;
	free(state->sas);
	free(state);
}
