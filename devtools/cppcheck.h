/* SPDX-License-Identifier: BSD-3-Clause */
/* What cppcheck is shown instead of the system's headers, which it is not given. */
#define TAILQ_HEAD(n, t)         \
	struct n {               \
		struct t *first; \
	}
#define LIST_HEAD(n, t)          \
	struct n {               \
		struct t *first; \
	}
#define __rte_cache_aligned
