/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What this machine has for EAL and this user: hugepages as EAL finds them, and its runtime directory. Only looks; what
 * follows from it is in eal_setup.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/eal_setup.h"

#define PAGES_DIR "/sys/kernel/mm/hugepages"

static uint64_t
pages_of(uint64_t kib, const char *name)
{
	uint64_t n = 0;
	char path[320];
	FILE *f;

	snprintf(path, sizeof(path), PAGES_DIR "/hugepages-%" PRIu64 "kB/%s", kib, name);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%" SCNu64, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* MiB of hugepages of one size that nobody has or has been promised. */
static uint64_t
free_mib(uint64_t kib)
{
	const uint64_t n = pages_of(kib, "free_hugepages"),
		       promised = pages_of(kib, "resv_hugepages");

	return n > promised ? (n - promised) * kib / 1024 : 0;
}

static uint64_t
idle_mib(void)
{
	DIR *dir = opendir(PAGES_DIR);
	struct dirent *e;
	uint64_t kib, sum = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (sscanf(e->d_name, "hugepages-%" SCNu64 "kB", &kib) == 1)
			sum += free_mib(kib);
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

/* The usual size, and how many pages of it there are. */
static void
look_at_pages(struct eal_machine *ret)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "HugePages_Total: %" SCNu64, &ret->huge_pages) != 1)
			sscanf(line, "Hugepagesize: %" SCNu64, &ret->huge_page_kib);
	}
	if (f != NULL)
		fclose(f);
}

static bool
is_ours(const char *path, int how)
{
	return faccessat(AT_FDCWD, path, how, AT_EACCESS) == 0;
}

/*
 * EAL takes the first hugetlbfs of each size of pages, and ends where it may not open it. If that does not help, the
 * largest one that we may write is named to it.
 */
static void
look_at_mounts(struct eal_machine *ret)
{
	FILE *f = setmntent("/proc/mounts", "re");
	uint64_t seen[8], kib, mib, sum = 0, best = 0;
	unsigned int n = 0, i;
	bool all_ours = true, ours;
	struct statfs fs;
	struct mntent *m;

	while (f != NULL && (m = getmntent(f)) != NULL) {
		if (strcmp(m->mnt_type, "hugetlbfs") != 0)
			continue;
		ret->huge_mounted = true;
		ours = statfs(m->mnt_dir, &fs) == 0 && is_ours(m->mnt_dir, R_OK | W_OK | X_OK);
		kib = ours ? (uint64_t)fs.f_bsize / 1024 : 0;
		mib = ours ? free_mib(kib) : 0;
		for (i = 0; i < n && seen[i] != kib; i++)
			;
		if (i == n && n < sizeof(seen) / sizeof(seen[0])) {
			seen[n++] = kib;
			all_ours &= ours;
			sum += mib;
		}
		if (mib > best && strlen(m->mnt_dir) < sizeof(ret->huge_dir)) {
			best = mib;
			strcpy(ret->huge_dir, m->mnt_dir);
		}
	}
	if (f != NULL)
		endmntent(f);
	if (all_ours)
		ret->huge_dir[0] = '\0';
	ret->huge_free_mib = all_ours ? sum : best;
}

/* As EAL chooses it. */
static const char *
runtime_base(void)
{
	const char *dir = getenv("RUNTIME_DIRECTORY");

	if (dir == NULL)
		dir = getuid() == 0 ? "/var/run" : getenv("XDG_RUNTIME_DIR");
	return dir == NULL ? "/tmp" : dir;
}

/* BASE, BASE/dpdk, BASE/dpdk/PREFIX, its config: the last of them that exists must be ours to write. */
static bool
is_writable(const char *base, const char *prefix)
{
	static const char *const forms[] = { "%s/dpdk/%s/config", "%s/dpdk/%s", "%s/dpdk", "%s" };
	char path[2 * EAL_SETUP_PATH_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(path, sizeof(path), forms[i], base, prefix);
		if (is_ours(path, F_OK))
			return is_ours(path, i == 0 ? R_OK | W_OK : R_OK | W_OK | X_OK);
		if (errno != ENOENT)
			return false;
	}
	return false;
}

/* The first program of a prefix holds a lock on the file "config" of its directory. */
static bool
is_taken(const char *runtime)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[EAL_SETUP_PATH_MAX + 8];
	bool taken;
	int fd;

	snprintf(path, sizeof(path), "%s/config", runtime);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	taken = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return taken;
}

void
eal_setup_look(const char *prefix, struct eal_machine *ret)
{
	const char *base = runtime_base();

	*ret = (struct eal_machine){ .uid = geteuid() };
	ret->huge_idle_mib = idle_mib();
	look_at_pages(ret);
	look_at_mounts(ret);
	snprintf(ret->runtime, sizeof(ret->runtime), "%s/dpdk/%s", base, prefix);
	ret->runtime_writable = is_writable(base, prefix);
	ret->runtime_taken = is_taken(ret->runtime);
}
