/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hosts(5) and services(5) as files of words: the first one of a line is what the others name, # begins a comment.
 */
#include "cli/hosts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (8u << 20)

const char *hosts_path = "/etc/hosts", *hosts_services_path = "/etc/services";

#define BUCKETS 4096

/* A name and its address; those of a bucket in the order of the file. */
struct entry {
	const char *name; /* in the text */
	size_t len;
	struct ip_addr addr;
	uint32_t next; /* 1 beyond its index, 0: the last */
};

struct hosts {
	char *text; /* NUL behind */
	struct entry *entries;
	uint32_t n, room;
	uint32_t head[BUCKETS], tail[BUCKETS]; /* as next */
};

/* A regular file: nothing that could make us wait. NULL, or caller frees. */
static char *
file_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < (off_t)FILE_MAX)
		text = malloc((size_t)st.st_size + 1);
	while (text != NULL && len < (size_t)st.st_size &&
			(n = read(fd, text + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	if (text != NULL)
		text[len] = '\0';
	close(fd);
	return text;
}

/* The next word of a line. false: there is none. */
static bool
next_word(const char **line, const char **ret_word, size_t *ret_len)
{
	*line += strspn(*line, " \t\r");
	*ret_word = *line;
	*ret_len = strcspn(*line, " \t\r\n#");
	*line += *ret_len;
	return *ret_len > 0;
}

static bool
word_is(const char *word, size_t len, const char *name, size_t name_len)
{
	return len == name_len && strncasecmp(word, name, len) == 0;
}

static uint32_t
bucket_of(const char *name, size_t len)
{
	uint32_t hash = 2166136261u; /* FNV-1a of the name in small letters */
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ (uint32_t)tolower((unsigned char)name[i])) * 16777619u;
	return hash % BUCKETS;
}

/* false: out of memory */
static bool
entry_add(struct hosts *h, const char *name, size_t len, const struct ip_addr *addr)
{
	const uint32_t bucket = bucket_of(name, len);
	struct entry *more;

	if (h->n == h->room) {
		h->room = h->room == 0 ? 64 : 2 * h->room;
		more = realloc(h->entries, h->room * sizeof(*more));
		if (more == NULL)
			return false;
		h->entries = more;
	}
	h->entries[h->n++] = (struct entry){ .name = name, .len = len, .addr = *addr };
	if (h->head[bucket] == 0)
		h->head[bucket] = h->n;
	else
		h->entries[h->tail[bucket] - 1].next = h->n;
	h->tail[bucket] = h->n;
	return true;
}

/* "192.0.2.1 name alias # comment" */
static bool
line_add(struct hosts *h, const char *line)
{
	const char *word;
	struct ip_addr addr;
	char buf[IP_STR_MAX];
	size_t len;

	if (!next_word(&line, &word, &len) || len >= sizeof(buf))
		return true;
	memcpy(buf, word, len);
	buf[len] = '\0';
	if (ip_parse(buf, &addr) != 0)
		return true;
	while (next_word(&line, &word, &len))
		if (!entry_add(h, word, len, &addr))
			return false;
	return true;
}

struct hosts *
hosts_read(void)
{
	struct hosts *h = calloc(1, sizeof(*h));
	const char *line;

	if (h == NULL || (h->text = file_read(hosts_path)) == NULL) {
		free(h);
		return NULL;
	}
	for (line = h->text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!line_add(h, line)) {
			hosts_free(h);
			return NULL;
		}
	}
	return h;
}

void
hosts_free(struct hosts *h)
{
	if (h == NULL)
		return;
	free(h->text);
	free(h->entries);
	free(h);
}

bool
hosts_is_number(const char *name)
{
	return strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0';
}

unsigned int
hosts_find(const struct hosts *h, const char *name, int af, struct ip_addr *ret_addrs,
		unsigned int max)
{
	size_t len = strlen(name);
	unsigned int i, n = 0;
	uint32_t at;

	if (len > 1 && name[len - 1] == '.')
		len--;
	for (at = h == NULL ? 0 : h->head[bucket_of(name, len)]; at != 0 && n < max;
			at = h->entries[at - 1].next) {
		const struct entry *e = &h->entries[at - 1];

		if (!word_is(e->name, e->len, name, len) || (af != 0 && e->addr.af != af))
			continue;
		for (i = 0; i < n && !ip_equal(&ret_addrs[i], &e->addr); i++)
			;
		if (i == n)
			ret_addrs[n++] = e->addr;
	}
	return n;
}

/* "4500/udp" */
static bool
port_parse(const char *word, size_t len, const char *proto, uint16_t *ret_port)
{
	unsigned int port = 0;
	size_t i;

	for (i = 0; i < len && word[i] >= '0' && word[i] <= '9' && port <= UINT16_MAX; i++)
		port = port * 10 + (unsigned int)(word[i] - '0');
	if (i == 0 || port == 0 || port > UINT16_MAX || i == len || word[i] != '/' ||
			!word_is(word + i + 1, len - i - 1, proto, strlen(proto)))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

int
hosts_service(const char *name, const char *proto, uint16_t *ret_port)
{
	char *text = file_read(hosts_services_path);
	size_t first_len, port_len, len;
	const char *line, *first, *port, *word;
	int rc = -ENOENT;

	for (line = text; line != NULL && rc != 0; line = strchr(line, '\n')) {
		uint16_t v;
		bool is;

		line += *line == '\n';
		if (!next_word(&line, &first, &first_len) || !next_word(&line, &port, &port_len) ||
				!port_parse(port, port_len, proto, &v))
			continue;
		is = word_is(first, first_len, name, strlen(name));
		while (!is && next_word(&line, &word, &len))
			is = word_is(word, len, name, strlen(name));
		if (is) {
			*ret_port = v;
			rc = 0;
		}
	}
	free(text);
	return rc;
}
