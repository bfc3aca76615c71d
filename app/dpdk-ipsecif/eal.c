/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL's start and end, with what it needs on machines without hugepages. And what keeps keys out of core dumps.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>

#include "app.h"
#include "base/log.h"

#define EAL_ARGS_MAX 128
/* Tables of the first FIB and the packet pool need about 400 MiB. */
#define HUGE_MIN (UINT64_C(512) << 20)

static int
secrets_start(struct app *app, struct err *err)
{
	const struct rlimit none = { 0, 0 };

	(void)app;
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return err_set(err, errno, "core dumps: can not be switched off, %s",
				strerror(errno));
#ifndef __SANITIZE_ADDRESS__ /* the leak checker must be able to trace us */
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return err_set(err, errno, "core dumps: can not be switched off, %s",
				strerror(errno));
#endif
	return 0;
}

/* Is a hugetlbfs mounted where we may write? */
static bool
have_hugetlbfs(void)
{
	FILE *f = setmntent("/proc/mounts", "re");
	struct mntent *m;
	bool found = false;

	while (f != NULL && !found && (m = getmntent(f)) != NULL)
		found = strcmp(m->mnt_type, "hugetlbfs") == 0 && access(m->mnt_dir, W_OK) == 0;
	if (f != NULL)
		endmntent(f);
	return found;
}

/* Bytes of free hugepages of all sizes. */
static uint64_t
free_hugepages(void)
{
	DIR *dir = opendir("/sys/kernel/mm/hugepages");
	uint64_t n, kib, sum = 0;
	struct dirent *e;
	char path[320];
	FILE *f;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (sscanf(e->d_name, "hugepages-%" SCNu64 "kB", &kib) != 1)
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/%s/free_hugepages",
				e->d_name);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fscanf(f, "%" SCNu64, &n) == 1)
			sum += n * kib * 1024;
		fclose(f);
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

static bool
has_arg(const struct app_args *args, const char *name)
{
	size_t len = strlen(name);
	int i;

	for (i = 1; i < args->eal_argc; i++) {
		const char *a = args->eal_argv[i];

		if (strncmp(a, name, len) == 0 && (a[len] == '\0' || a[len] == '=' || a[1] != '-'))
			return true;
	}
	return false;
}

static int
eal_start(struct app *app, struct err *err)
{
	const struct app_args *args = &app->args;
	static char *argv[EAL_ARGS_MAX + 8];
	int i, argc = 0;
	bool huge = !has_arg(args, "--no-huge");

	if (args->eal_argc > EAL_ARGS_MAX)
		return err_set(err, E2BIG, "EAL: more than %d arguments", EAL_ARGS_MAX);
	for (i = 0; i < args->eal_argc; i++)
		argv[argc++] = args->eal_argv[i];
	if (huge && !has_arg(args, "--in-memory") &&
			(free_hugepages() < HUGE_MIN || !have_hugetlbfs())) {
		log_notice("EAL: fewer than 512 MiB of hugepages are free, going on without them "
			   "(slower; --no-huge)");
		argv[argc++] = "--no-huge";
		huge = false;
	}
	if (!huge && !has_arg(args, "-m") && !has_arg(args, "--socket-mem")) {
		argv[argc++] = "-m";
		argv[argc++] = "1024";
	}
	rte_openlog_stream(stderr); /* standard output says "ready" */
	if (rte_eal_init(argc, argv) < 0)
		return err_set(err, rte_errno == 0 ? EIO : rte_errno,
				"EAL: does not start, %s (see its lines above)",
				rte_strerror(rte_errno));
	app->single_lcore = rte_lcore_count() == 1;
	return 0;
}

static void
eal_stop(struct app *app)
{
	(void)app;
	rte_eal_cleanup();
}

const struct module module_secrets = { .name = "secrets", .start = secrets_start };
const struct module module_eal = { .name = "eal", .start = eal_start, .stop = eal_stop };
