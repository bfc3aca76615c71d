/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The legend of shared fields, and the pointer type through which control publishes to workers.
 *
 * Who may touch a field (letters in the comments of every shared struct):
 *   [I] immutable once published    [C] control core only       [A] atomic, any core
 *   [W] its one worker              [R] RCU pointer: rcu_read() in a worker, rcu_publish() on the
 *                                       control core
 */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

/**
 * A pointer published by the control core: a struct, so that an unprotected read does not compile.
 */
#define RCU_PTR(type)              \
	struct {                   \
		type *unprotected; \
	}

/** Read in a worker. Valid until that worker is next quiescent. */
#define rcu_read(ptr) __atomic_load_n(&(ptr).unprotected, __ATOMIC_ACQUIRE)
/** Read on the control core, which is the only writer. */
#define rcu_own(ptr) ((ptr).unprotected)
/** Publish on the control core. The old object goes to rcu_retire(). */
#define rcu_publish(ptr, value) __atomic_store_n(&(ptr).unprotected, (value), __ATOMIC_RELEASE)

#endif
