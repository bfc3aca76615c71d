/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL's start, for all programs: its arguments completed with what this machine and this user need. Without hugepages,
 * without rights and without a directory to write to, EAL ends by itself; here it goes on, and says so.
 */
#ifndef BASE_EAL_SETUP_H
#define BASE_EAL_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define EAL_SETUP_ARGS_MAX 128
#define EAL_SETUP_PATH_MAX 256

/** What a program wants of EAL. */
struct eal_wish {
	uint32_t memory_mib;   /* without hugepages, where the command line has no -m */
	uint32_t huge_min_mib; /* with fewer free hugepages it goes on without them */
	bool no_pci; /* no device of the PCI bus is meant, unless the command line names one (-a) */
	bool alone;  /* no other program attaches to this one: needs no files of its own */
};

/** What this machine has for this user. */
struct eal_machine {
	uint64_t huge_free_mib; /* hugepages that can be had: free, and of a hugetlbfs that may be written */
	uint64_t huge_idle_mib;             /* free, whoever may have them */
	uint64_t huge_pages, huge_page_kib; /* of the usual size: how many there are, free or not */
	bool huge_mounted;                  /* there is a hugetlbfs, whoever may write it */
	char huge_dir[EAL_SETUP_PATH_MAX]; /* the hugetlbfs to name to EAL, "": the ones that it finds */
	char runtime[EAL_SETUP_PATH_MAX];     /* EAL's runtime directory of this prefix */
	bool runtime_writable, runtime_taken; /* taken: a program of this prefix runs */
	uint32_t uid;
};

/** The command line to be, and the texts that it points to: not to be copied. */
struct eal_setup {
	int argc;
	char *argv[EAL_SETUP_ARGS_MAX + 8];
	char memory[16];
	char huge_dir[EAL_SETUP_PATH_MAX];
	char without[512]; /* why there are no hugepages, and how to get them; "": there are */
	bool unwritable;   /* it must go on without the runtime directory */
};

/** The file prefix that the command line gives EAL: borrowed from @p argv, or "rte". */
const char *eal_setup_prefix(int argc, char *const *argv);

/** Look at /sys, /proc/mounts and the runtime directory of @p prefix. */
void eal_setup_look(const char *prefix, struct eal_machine *ret);

/**
 * Complete a command line of EAL. Looks at nothing but its arguments.
 *
 * @param argv
 *   argc words, the program's name first. Borrowed: *ret points to them.
 * @return
 *   0; -E2BIG with too many words; -EBUSY where another program has the file prefix.
 */
int eal_setup_complete(int argc, char *const *argv, const struct eal_wish *wish,
		const struct eal_machine *m, struct eal_setup *ret, struct err *err);

/** The three above, then EAL. Its lines go to standard error. @return 0, or -errno with @p err. */
int eal_setup_start(int argc, char *const *argv, const struct eal_wish *wish, struct err *err);

#endif
