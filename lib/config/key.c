/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys of the configuration: text into bytes, and key files. What is said about a mistake never holds any of the key. Copies
 * made here are wiped.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config/value.h"

/* The longest key in hex, quotes, a line end, and one more to see that a file is larger. */
#define KEY_TEXT_MAX (2 + 2 * CFG_KEY_MAX + 4)
#define WHAT_MAX 64

static unsigned int
nibble(char c)
{
	return c <= '9' ? (unsigned int)(c - '0') : (unsigned int)((c | 0x20) - 'a' + 10);
}

static unsigned int
key_parse_hex(const char *digits, size_t len, uint8_t ret_key[CFG_KEY_MAX], char *ret_what)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!isxdigit((unsigned char)digits[i])) {
			(void)snprintf(ret_what, WHAT_MAX,
					"has no hex digit at place %zu behind 0x", i + 1);
			return 0;
		}
	}
	if (len == 0 || len % 2 != 0) {
		(void)snprintf(ret_what, WHAT_MAX, "has %zu hex digits (two for each byte)", len);
		return 0;
	}
	if (len / 2 > CFG_KEY_MAX) {
		(void)snprintf(ret_what, WHAT_MAX, "is %zu bytes long (at most %d)", len / 2,
				CFG_KEY_MAX);
		return 0;
	}
	for (i = 0; i < len / 2; i++)
		ret_key[i] = (uint8_t)(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
	return (unsigned int)(len / 2);
}

unsigned int
key_parse(const char *text, size_t len, uint8_t ret_key[CFG_KEY_MAX], char *ret_what)
{
	if (len >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x')
		return key_parse_hex(text + 2, len - 2, ret_key, ret_what);
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (len == 0) {
		(void)snprintf(ret_what, WHAT_MAX, "is empty");
		return 0;
	}
	if (len > CFG_KEY_MAX) {
		(void)snprintf(ret_what, WHAT_MAX, "is %zu bytes long (at most %d)", len,
				CFG_KEY_MAX);
		return 0;
	}
	memcpy(ret_key, text, len);
	return (unsigned int)len;
}

static int
key_open(const char *path)
{
	struct stat st;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return -EINVAL;
	}
	if ((st.st_mode & S_IROTH) != 0)
		log_warning("%s: a key that every user of this machine can read, mode %04o (0600)",
				path, (unsigned int)st.st_mode & 07777u);
	return fd;
}

/* Bytes read (at most size), or -errno. */
static ssize_t
read_whole(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size) {
		const ssize_t got = read(fd, buf + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

unsigned int
key_read_file(const char *dir, const char *name, uint8_t ret_key[CFG_KEY_MAX], char *ret_what)
{
	char path[1024], text[KEY_TEXT_MAX], what[WHAT_MAX];
	unsigned int len = 0;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : dir,
			name[0] == '/' ? "" : "/", name);
	fd = key_open(path);
	if (fd < 0) {
		(void)snprintf(ret_what, ERR_MSG_MAX, "%s: %s", printable(path),
				fd == -EINVAL ? "is not a regular file" : strerror(-fd));
		return 0;
	}
	n = read_whole(fd, text, sizeof(text));
	(void)close(fd);
	if (n < 0) {
		(void)snprintf(ret_what, ERR_MSG_MAX, "%s: %s", printable(path), strerror((int)-n));
		return 0;
	}
	if (n == sizeof(text)) {
		(void)snprintf(ret_what, ERR_MSG_MAX,
				"%s: is too large for a key (at most %d bytes of key)",
				printable(path), CFG_KEY_MAX);
	} else {
		if (n > 0 && text[n - 1] == '\n')
			n--;
		if (n > 0 && text[n - 1] == '\r')
			n--;
		len = key_parse(text, (size_t)n, ret_key, what);
		if (len == 0)
			(void)snprintf(ret_what, ERR_MSG_MAX, "%s: %s", printable(path), what);
	}
	explicit_bzero(text, sizeof(text));
	return len;
}
