/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log lines of the control core, through rte_log on a log type per layer. Workers never log.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARNING, LOG_LVL_NOTICE, LOG_LVL_INFO, LOG_LVL_DEBUG };

/** Write one line to standard error (and syslog as EAL is set up). No newline in @p fmt. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Lines above this level are not written. INFO at start. */
void log_set_level(enum log_level level);

#define log_error(...) log_line(LOG_LVL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LVL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LVL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LVL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LVL_DEBUG, __VA_ARGS__)

#endif
