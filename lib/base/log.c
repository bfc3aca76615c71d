/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log lines through rte_log: to standard error before rte_eal_init(), to standard error and syslog
 * after it. The log type is "ipsecif", so that EAL's --log-level=ipsecif:debug works too.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_log.h>

/* One line at most: a message of struct err with its path fits. */
#define LINE_MAX_BYTES 512

static const struct {
	uint32_t rte;
	const char *word;
} levels[] = {
	[LOG_LVL_ERROR] = { RTE_LOG_ERR, "error: " },
	[LOG_LVL_WARNING] = { RTE_LOG_WARNING, "warning: " },
	[LOG_LVL_NOTICE] = { RTE_LOG_NOTICE, "" },
	[LOG_LVL_INFO] = { RTE_LOG_INFO, "" },
	[LOG_LVL_DEBUG] = { RTE_LOG_DEBUG, "debug: " },
};

RTE_LOG_REGISTER(base_log_type, ipsecif, INFO)

void
log_line(enum log_level level, const char *fmt, ...)
{
	const uint32_t type = (uint32_t)base_log_type;
	char line[LINE_MAX_BYTES];
	va_list ap;

	if (!rte_log_can_log(type, levels[level].rte))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* In one call, so that lines of two threads do not mix. */
	rte_log(levels[level].rte, type, "ipsecif: %s%s\n", levels[level].word, line);
}

void
log_set_level(enum log_level level)
{
	rte_log_set_level((uint32_t)base_log_type, levels[level].rte);
}
