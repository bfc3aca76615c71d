/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files as a whole: read into memory, and written so that there is the old one or the new one and never a part, also when the disk is full
 * or the machine stops. They may hold keys: mode 0600, and nothing is left of one that could not be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/file.h"
#include "config/model.h"

#define FILE_BYTES_MAX (256u << 20)

/* --- read --- */

static char *
read_regular(int fd, const char *path, size_t *ret_len, struct err *err)
{
	struct stat st;
	char *text;
	size_t n = 0;
	ssize_t got;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)err_set(err, EINVAL, "%s: is not a regular file", path);
		return NULL;
	}
	if (st.st_size > (off_t)FILE_BYTES_MAX) {
		(void)err_set(err, EFBIG, "%s: is %lld bytes large (at most %u)", path,
				(long long)st.st_size, FILE_BYTES_MAX);
		return NULL;
	}
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL) {
		(void)err_set(err, ENOMEM, "%s: out of memory", path);
		return NULL;
	}
	while (n < (size_t)st.st_size) {
		got = read(fd, text + n, (size_t)st.st_size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			(void)err_set(err, errno, "%s: %s", path, strerror(errno));
			explicit_bzero(text, n);
			free(text);
			return NULL;
		}
		if (got == 0)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
	*ret_len = n;
	return text;
}

char *
cfg_file_read(const char *path, size_t *ret_len, struct err *err)
{
	char *text;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		(void)err_set(err, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	text = read_regular(fd, path, ret_len, err);
	(void)close(fd);
	return text;
}

/* --- write --- */

static int
write_bytes(int fd, const char *text, size_t n)
{
	while (n > 0) {
		const ssize_t put = write(fd, text, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		text += put;
		n -= (size_t)put;
	}
	return fsync(fd) != 0 ? -errno : 0;
}

/* The rename itself must reach the disk too. */
static void
sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (copy == NULL)
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(copy);
}

/* As write_bytes(), on a file that has just been made; it is gone when it can not be. */
static int
write_temporary(int fd, const char *temporary, const char *path, const char *text)
{
	int rc = write_bytes(fd, text, strlen(text));

	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temporary, path) != 0)
		rc = -errno;
	if (rc != 0)
		(void)unlink(temporary);
	return rc;
}

/* A device or a pipe of the name would be gone, replaced by a file: /dev/null, of all things. */
static bool
may_replace(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
}

int
cfg_write_file(const char *path, const char *text, struct err *err)
{
	char *target, *temporary;
	int fd, rc;

	if (!may_replace(path))
		return err_set(err, EINVAL, "%s: is not a regular file", path);
	/* what a symbolic link points to is replaced, the link stays */
	target = realpath(path, NULL);
	if (target == NULL)
		target = strdup(path);
	if (target == NULL || asprintf(&temporary, "%s.XXXXXX", target) < 0) {
		free(target);
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	rc = fd < 0 ? -errno : write_temporary(fd, temporary, target, text);
	if (rc == 0)
		sync_directory(target);
	free(temporary);
	free(target);
	return rc == 0 ? 0 : err_set(err, -rc, "%s: %s", path, strerror(-rc));
}
