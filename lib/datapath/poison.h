/* SPDX-License-Identifier: BSD-3-Clause */
/* What a stage must not call: it would log, allocate, lock, sleep or enter the kernel. Included last in each stage's file. */
#ifndef DATAPATH_POISON_H
#define DATAPATH_POISON_H

#pragma GCC poison malloc calloc realloc printf fprintf log_line rte_log rte_malloc rte_zmalloc \
		rte_free
#pragma GCC poison rte_spinlock_lock rte_rwlock_write_lock pthread_mutex_lock usleep nanosleep \
		write read ioctl

#endif
