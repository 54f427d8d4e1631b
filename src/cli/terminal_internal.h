/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the terminal can show, and the line that says how far a command is. */
#ifndef CLI_TERMINAL_INTERNAL_H
#define CLI_TERMINAL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <base/strbuf.h>

/** terminal_utf8() - the locale's text is UTF-8. */
bool terminal_utf8(void);

/** terminal_color() - standard output is a terminal that has colours, and NO_COLOR is not set. */
bool terminal_color(void);

/**
 * add_visible() - append text that names of files and of threads may be in: control bytes other
 * than newline and tab, which a terminal would obey, become \xNN.
 */
void add_visible(struct strbuf *out, const char *text, size_t len);

/** print_visible() - the same, written at once: what jobs write side by side does not mix. */
void print_visible(FILE *out, const char *text, size_t len);

/** terminal_width() - columns of standard output's terminal; else of COLUMNS; else 80. */
unsigned int terminal_width(void);

/*
 * A line on standard error, if that is a terminal, from a second after the start on: "1,234 WHAT".
 * There is one at a time.
 */
/** progress_init() - begin to count. @what: at most 100 bytes, until progress_end() */
void progress_init(const char *what);
/** progress_update() - cheap enough for every step. */
void progress_update(uint64_t done);
/** progress_clear() - take the line away before anything is printed; it comes back. */
void progress_clear(void);
/** progress_end() - take it away for good. */
void progress_end(void);

#endif /* CLI_TERMINAL_INTERNAL_H */
