/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hosts(5) and services(5) as files of words: the first one of a line is what the others name, # begins a comment.
 */
#include "cli/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (8u << 20)

const char *hosts_path = "/etc/hosts", *hosts_services_path = "/etc/services";

struct hosts {
	char text[1]; /* NUL behind */
};

/* A regular file: nothing that could make us wait. */
static struct hosts *
file_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct hosts *h = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < (off_t)FILE_MAX)
		h = malloc(sizeof(*h) + (size_t)st.st_size);
	while (h != NULL && len < (size_t)st.st_size &&
			(n = read(fd, h->text + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	if (h != NULL)
		h->text[len] = '\0';
	close(fd);
	return h;
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

struct hosts *
hosts_read(void)
{
	return file_read(hosts_path);
}

void
hosts_free(struct hosts *h)
{
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
	size_t name_len = strlen(name), addr_len, len;
	const char *line, *addr, *word;
	char buf[IP_STR_MAX];
	unsigned int i, n = 0;

	if (name_len > 1 && name[name_len - 1] == '.')
		name_len--;
	for (line = h == NULL ? NULL : h->text; line != NULL && n < max;
			line = strchr(line, '\n')) {
		struct ip_addr a;

		line += *line == '\n';
		if (!next_word(&line, &addr, &addr_len) || addr_len >= sizeof(buf))
			continue;
		while (next_word(&line, &word, &len) && !word_is(word, len, name, name_len))
			;
		if (len == 0)
			continue;
		memcpy(buf, addr, addr_len);
		buf[addr_len] = '\0';
		if (ip_parse(buf, &a) != 0 || (af != 0 && a.af != af))
			continue;
		for (i = 0; i < n && !ip_equal(&ret_addrs[i], &a); i++)
			;
		if (i == n)
			ret_addrs[n++] = a;
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
	struct hosts *h = file_read(hosts_services_path);
	size_t first_len, port_len, len;
	const char *line, *first, *port, *word;
	int rc = -ENOENT;

	for (line = h == NULL ? NULL : h->text; line != NULL && rc != 0;
			line = strchr(line, '\n')) {
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
	free(h);
	return rc;
}
