/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formatting of one record into memory. */
#ifndef TRACE_FORMAT_INTERNAL_H
#define TRACE_FORMAT_INTERNAL_H

#include <trace/trace.h>

/* Room that trace_put_payload() and trace_put_line() may need, in bytes. */
#define TRACE_PUT_MAX (TRACE_MARK_MAX + 1024)

/* Each returns the end of what it wrote; no NUL is written. */
char *trace_put_payload(char *p, const struct event *event);
char *trace_put_line(char *p, const struct event *event);

#endif /* TRACE_FORMAT_INTERNAL_H */
