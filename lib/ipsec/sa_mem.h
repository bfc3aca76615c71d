/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory for records that hold keys: pages that core dumps leave out and that are not swapped where
 * the kernel allows it. Control core. Inside lib/ipsec only.
 */
#ifndef IPSEC_SA_MEM_H
#define IPSEC_SA_MEM_H

struct sa_ctl;

/** A zeroed record; NULL without memory. */
struct sa_ctl *sa_mem_get(void);
/** Wipe it and give it back. NULL is allowed. */
void sa_mem_put(struct sa_ctl *ctl);

#endif
