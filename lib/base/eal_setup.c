/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL's arguments completed: what it is given where there are no hugepages, where its runtime directory is not ours, and
 * where another program has its name. What is said on the command line stays as it is.
 */
#include "base/eal_setup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "base/log.h"

/* The value of an option ("" of one that takes none), NULL: it is not there. */
static const char *
option(int argc, char *const *argv, const char *name)
{
	const size_t len = strlen(name);
	int i;

	for (i = 1; i < argc; i++) {
		const char *a = argv[i];

		if (strncmp(a, name, len) != 0)
			continue;
		if (a[len] == '\0')
			return i + 1 < argc ? argv[i + 1] : "";
		if (a[len] == '=')
			return a + len + 1;
		if (a[1] != '-') /* -m512 */
			return a + len;
	}
	return NULL;
}

const char *
eal_setup_prefix(int argc, char *const *argv)
{
	const char *prefix = option(argc, argv, "--file-prefix");

	return prefix == NULL || *prefix == '\0' ? "rte" : prefix;
}

static void
add(struct eal_setup *s, const char *word)
{
	s->argv[s->argc++] = (char *)(uintptr_t)word;
	s->argv[s->argc] = NULL;
}

/* --in-memory excludes --no-huge: it becomes --no-shconf, which is what is left of it. */
static void
replace_in_memory(struct eal_setup *s)
{
	int i;

	for (i = 1; i < s->argc; i++) {
		if (strcmp(s->argv[i], "--in-memory") == 0)
			s->argv[i] = (char *)(uintptr_t) "--no-shconf";
	}
}

/* The files of the runtime directory: can they be had, and if not, can we go on without? */
static int
complete_files(const struct eal_wish *wish, const struct eal_machine *m, bool huge,
		struct eal_setup *s, struct err *err)
{
	const bool none = option(s->argc, s->argv, "--no-shconf") != NULL ||
			option(s->argc, s->argv, "--in-memory") != NULL;

	if (!huge)
		replace_in_memory(s);
	if (option(s->argc, s->argv, "--proc-type") != NULL)
		return 0; /* the directory is another program's, on purpose */
	if (m->runtime_writable && (none || !m->runtime_taken))
		return 0;
	if (!none && m->runtime_taken && !wish->alone)
		return err_set(err, EBUSY,
				"EAL: another program runs with this name, %s is its directory "
				"(--file-prefix NAME)",
				m->runtime);
	s->unwritable = !none && !m->runtime_taken;
	/* with hugepages, --no-shconf alone would share their files with another program */
	if (!none)
		add(s, huge ? "--in-memory" : "--no-shconf");
	if (option(s->argc, s->argv, "--no-telemetry") == NULL)
		add(s, "--no-telemetry");
	return 0;
}

/* Why there are no hugepages for us, and how to get them. */
static void
say_without(const struct eal_machine *m, uint64_t mib, bool needs_mount, struct eal_setup *s)
{
	const uint64_t kib = m->huge_page_kib != 0 ? m->huge_page_kib : 2048;
	const bool few = m->huge_idle_mib < mib, mount = needs_mount && !(few && m->huge_mounted);
	char why[96], pages[64] = "", owner[32] = "", where[96] = "";

	if (few) {
		snprintf(why, sizeof(why), "%" PRIu64 " MiB are free, %" PRIu64 " are needed",
				m->huge_idle_mib, mib);
		snprintf(pages, sizeof(pages), "sysctl -w vm.nr_hugepages=%" PRIu64,
				m->huge_pages + ((mib - m->huge_idle_mib) * 1024 + kib - 1) / kib);
	} else if (!m->huge_mounted) {
		snprintf(why, sizeof(why), "no hugetlbfs is mounted");
	} else {
		snprintf(why, sizeof(why), "no hugetlbfs that has them is writable for uid %u",
				m->uid);
	}
	if (m->uid != 0)
		snprintf(owner, sizeof(owner), "-o uid=%u ", m->uid);
	if (mount)
		snprintf(where, sizeof(where), "%smount -t hugetlbfs %snone %s", few ? "; " : "",
				owner, m->huge_mounted ? "DIRECTORY" : "/dev/hugepages");
	snprintf(s->without, sizeof(s->without), "%s (as root: %s%s)", why, pages, where);
}

/* Hugepages or not, and how much memory without. @return with them. */
static bool
complete_memory(const struct eal_wish *wish, const struct eal_machine *m, struct eal_setup *s)
{
	const char *memory = option(s->argc, s->argv, "-m");
	/* These ask for hugepages, and exclude --no-huge: EAL finds them or ends. */
	const bool insists = option(s->argc, s->argv, "--socket-mem") != NULL ||
			option(s->argc, s->argv, "--huge-dir") != NULL ||
			option(s->argc, s->argv, "--huge-unlink") != NULL;
	const bool in_memory = option(s->argc, s->argv, "--in-memory") != NULL;
	const bool told = option(s->argc, s->argv, "--no-huge") != NULL;
	uint64_t mib = wish->huge_min_mib;
	bool huge = !told;

	if (memory != NULL && strtoull(memory, NULL, 10) > mib)
		mib = strtoull(memory, NULL, 10);
	if (huge && (in_memory ? m->huge_idle_mib : m->huge_free_mib) < mib) {
		say_without(m, mib, !in_memory, s);
		huge = insists;
	}
	if (huge && !insists && !in_memory && m->huge_dir[0] != '\0') {
		snprintf(s->huge_dir, sizeof(s->huge_dir), "%s", m->huge_dir);
		add(s, "--huge-dir");
		add(s, s->huge_dir);
	}
	if (huge)
		return true;
	if (!told)
		add(s, "--no-huge");
	if (memory == NULL && !insists) {
		snprintf(s->memory, sizeof(s->memory), "%u", wish->memory_mib);
		add(s, "-m");
		add(s, s->memory);
	}
	return false;
}

int
eal_setup_complete(int argc, char *const *argv, const struct eal_wish *wish,
		const struct eal_machine *m, struct eal_setup *ret, struct err *err)
{
	int i;

	if (argc > EAL_SETUP_ARGS_MAX)
		return err_set(err, E2BIG, "EAL: too many arguments, %d (%d)", argc,
				EAL_SETUP_ARGS_MAX);
	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < argc; i++)
		add(ret, argv[i]);
	if (wish->no_pci && option(argc, argv, "--no-pci") == NULL &&
			option(argc, argv, "-a") == NULL && option(argc, argv, "--allow") == NULL)
		add(ret, "--no-pci");
	return complete_files(wish, m, complete_memory(wish, m, ret), ret, err);
}

int
eal_setup_start(int argc, char *const *argv, const struct eal_wish *wish, struct err *err)
{
	static struct eal_setup s;
	struct eal_machine m;
	int rc;

	eal_setup_look(eal_setup_prefix(argc, argv), &m);
	rc = eal_setup_complete(argc, argv, wish, &m, &s, err);
	if (rc != 0)
		return rc;
	if (s.without[0] != '\0' && option(s.argc, s.argv, "--no-huge") != NULL)
		log_notice("EAL: going on without hugepages (slower: figures are not comparable "
			   "with those with hugepages): %s",
				s.without);
	if (s.unwritable)
		log_notice("EAL: %s cannot be written, going on without it (no telemetry, no "
			   "second process)",
				m.runtime);
	rte_openlog_stream(stderr); /* standard output is the program's */
	if (rte_eal_init(s.argc, s.argv) >= 0)
		return 0;
	return err_set(err, rte_errno == 0 ? EIO : rte_errno, "EAL: does not start, %s (%s%s)",
			rte_strerror(rte_errno), s.without[0] != '\0' ? "hugepages: " : "",
			s.without[0] != '\0' ? s.without : "see its lines above");
}
