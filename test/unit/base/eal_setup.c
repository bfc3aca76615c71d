/* SPDX-License-Identifier: BSD-3-Clause */
/* base/eal_setup: what EAL is given on which machine. EAL itself is not started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/eal_setup.h"

#define DIM(a) (sizeof(a) / sizeof((a)[0]))

static const struct eal_wish bench = {
	.memory_mib = 1024, .huge_min_mib = 512, .no_pci = true, .alone = true
};
static const struct eal_wish gateway = { .memory_mib = 1024, .huge_min_mib = 512 };

#define HUGE .huge_free_mib = 2048, .huge_idle_mib = 2048, .huge_mounted = true
#define PAGES .huge_pages = 1024, .huge_page_kib = 2048
#define FILES .runtime = "/r/dpdk/rte", .runtime_writable = true

static const struct eal_machine all = { HUGE, PAGES, FILES };
static const struct eal_machine nothing = { .huge_page_kib = 2048, FILES };
static const struct eal_machine few = {
	.huge_free_mib = 100, .huge_idle_mib = 100, .huge_mounted = true, PAGES, FILES
};
static const struct eal_machine unmounted = { .huge_idle_mib = 2048, PAGES, FILES };
static const struct eal_machine of_root = {
	.huge_idle_mib = 2048, .huge_mounted = true, PAGES, FILES, .uid = 1000
};
static const struct eal_machine of_user = { HUGE, PAGES, FILES, .huge_dir = "/mine" };
static const struct eal_machine locked = { HUGE, PAGES, .runtime = "/r/dpdk/rte", .uid = 1000 };
static const struct eal_machine bare = { .huge_page_kib = 2048, .uid = 1000 };
static const struct eal_machine taken = { HUGE, PAGES, FILES, .runtime_taken = true };

/* Words into argv. @return argc. */
static int
split(char *text, char **argv, int max)
{
	char *save, *word;
	int n = 0;

	for (word = strtok_r(text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		assert_true(n < max);
		argv[n++] = word;
	}
	return n;
}

static const char *
join(const struct eal_setup *s)
{
	static char text[2048];
	int i;

	text[0] = '\0';
	for (i = 0; i < s->argc; i++) {
		strcat(text, i == 0 ? "" : " ");
		strcat(text, s->argv[i]);
	}
	assert_null(s->argv[s->argc]);
	return text;
}

static void
completes_the_command_line(void **state)
{
	static const struct {
		const char *given;
		const struct eal_wish *wish;
		const struct eal_machine *machine;
		const char *want, *without; /* in the sentence; NULL: there is none */
	} cases[] = {
		{ "p -l 0", &gateway, &all, "p -l 0", NULL },
		{ "p -l 0", &bench, &all, "p -l 0 --no-pci", NULL },
		{ "p --no-pci", &bench, &all, "p --no-pci", NULL },
		{ "p -a 0000:01:00.0", &bench, &all, "p -a 0000:01:00.0", NULL },
		{ "p", &gateway, &nothing, "p --no-huge -m 1024",
				"0 MiB are free, 512 are needed (as root: sysctl -w "
				"vm.nr_hugepages=256; mount -t hugetlbfs none /dev/hugepages)" },
		{ "p", &gateway, &few, "p --no-huge -m 1024",
				"100 MiB are free, 512 are needed (as root: sysctl -w "
				"vm.nr_hugepages=1230)" },
		{ "p", &gateway, &unmounted, "p --no-huge -m 1024",
				"no hugetlbfs is mounted (as root: mount -t hugetlbfs none "
				"/dev/hugepages)" },
		{ "p", &gateway, &of_root, "p --no-huge -m 1024",
				"no hugetlbfs that has them is writable for uid 1000 (as root: "
				"mount -t hugetlbfs -o uid=1000 none DIRECTORY)" },
		{ "p", &gateway, &of_user, "p --huge-dir /mine", NULL },
		{ "p --huge-dir /d", &gateway, &of_user, "p --huge-dir /d", NULL },
		{ "p -m 600", &gateway, &all, "p -m 600", NULL },
		{ "p -m4096", &gateway, &all, "p -m4096 --no-huge", "4096 are needed" },
		{ "p --no-huge", &gateway, &nothing, "p --no-huge -m 1024", NULL },
		{ "p --no-huge -m 200", &gateway, &all, "p --no-huge -m 200", NULL },
		/* --no-huge and these exclude each other */
		{ "p --socket-mem 512", &gateway, &nothing, "p --socket-mem 512", "0 MiB" },
		{ "p --huge-dir=/d", &gateway, &nothing, "p --huge-dir=/d", "0 MiB" },
		{ "p --in-memory", &gateway, &unmounted, "p --in-memory", NULL },
		{ "p --in-memory", &gateway, &nothing, "p --no-shconf --no-huge -m 1024", "0 MiB" },
		/* files of the runtime directory */
		{ "p", &gateway, &locked, "p --in-memory --no-telemetry", NULL },
		{ "p", &gateway, &bare, "p --no-huge -m 1024 --no-shconf --no-telemetry", "0 MiB" },
		{ "p --no-shconf", &gateway, &locked, "p --no-shconf --no-telemetry", NULL },
		{ "p --no-shconf", &gateway, &all, "p --no-shconf", NULL },
		{ "p --in-memory --no-telemetry", &gateway, &locked, "p --in-memory --no-telemetry",
				NULL },
		{ "p --no-shconf", &gateway, &taken, "p --no-shconf", NULL },
		{ "p", &bench, &taken, "p --no-pci --in-memory --no-telemetry", NULL },
		{ "p --no-huge", &bench, &taken,
				"p --no-huge --no-pci -m 1024 --no-shconf --no-telemetry", NULL },
		{ "p --proc-type=secondary", &gateway, &taken, "p --proc-type=secondary", NULL },
	};
	struct eal_setup s;
	char text[128], *argv[16];
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < DIM(cases); i++) {
		int argc;

		snprintf(text, sizeof(text), "%s", cases[i].given);
		argc = split(text, argv, (int)DIM(argv));
		assert_int_equal(eal_setup_complete(argc, argv, cases[i].wish, cases[i].machine, &s,
						 &err),
				0);
		assert_string_equal(join(&s), cases[i].want);
		if (cases[i].without == NULL)
			assert_string_equal(s.without, "");
		else
			assert_non_null(strstr(s.without, cases[i].without));
	}
}

static void
refuses_the_name_of_a_program_that_runs(void **state)
{
	char *argv[] = { (char[]){ "p" } };
	struct eal_setup s;
	struct err err;

	(void)state;
	assert_int_equal(eal_setup_complete(1, argv, &gateway, &taken, &s, &err), -EBUSY);
	assert_string_equal(err.msg,
			"EAL: another program runs with this name, /r/dpdk/rte is its directory "
			"(--file-prefix NAME)");
}

static void
refuses_more_words_than_there_is_room_for(void **state)
{
	char word[] = "p", *argv[EAL_SETUP_ARGS_MAX + 1];
	struct eal_setup s;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < DIM(argv); i++)
		argv[i] = word;
	assert_int_equal(eal_setup_complete(
					 EAL_SETUP_ARGS_MAX + 1, argv, &bench, &nothing, &s, &err),
			-E2BIG);
	assert_int_equal(eal_setup_complete(EAL_SETUP_ARGS_MAX, argv, &bench, &bare, &s, &err), 0);
}

static void
finds_the_file_prefix(void **state)
{
	char *apart[] = { (char[]){ "p" }, (char[]){ "--file-prefix" }, (char[]){ "a" } };
	char *together[] = { (char[]){ "p" }, (char[]){ "--file-prefix=b" } };

	(void)state;
	assert_string_equal(eal_setup_prefix(3, apart), "a");
	assert_string_equal(eal_setup_prefix(2, together), "b");
	assert_string_equal(eal_setup_prefix(1, apart), "rte");
}

/* The directories that EAL would make need not be there, but what is there must be a directory to write to. */
static void
sees_whether_the_runtime_directory_can_be_had(void **state)
{
	char top[] = "/tmp/eal_setup_XXXXXX", path[64];
	struct eal_machine m;

	(void)state;
	assert_non_null(mkdtemp(top));
	assert_int_equal(setenv("RUNTIME_DIRECTORY", top, 1), 0);
	eal_setup_look("x", &m);
	assert_true(m.runtime_writable);
	assert_false(m.runtime_taken);
	snprintf(path, sizeof(path), "%s/dpdk/x", top);
	assert_string_equal(m.runtime, path);
	snprintf(path, sizeof(path), "%s/dpdk", top);
	assert_int_equal(symlink("/proc/self/status", path), 0); /* no directory, for root too */
	eal_setup_look("x", &m);
	assert_false(m.runtime_writable);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(top), 0);
	eal_setup_look("x", &m);
	assert_false(m.runtime_writable);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(completes_the_command_line),
		cmocka_unit_test(refuses_the_name_of_a_program_that_runs),
		cmocka_unit_test(refuses_more_words_than_there_is_room_for),
		cmocka_unit_test(finds_the_file_prefix),
		cmocka_unit_test(sees_whether_the_runtime_directory_can_be_had),
	};

	return cmocka_run_group_tests_name("base/eal_setup", tests, NULL, NULL);
}
