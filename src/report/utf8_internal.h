/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPORT_UTF8_INTERNAL_H
#define REPORT_UTF8_INTERNAL_H

#include <stddef.h>

/**
 * report_utf8_len() - bytes of the UTF-8 sequence at @s, of which @left > 0 are there; 0 when it is
 * none (overlong, surrogate, cut off).
 */
size_t report_utf8_len(const unsigned char *s, size_t left);

#endif /* REPORT_UTF8_INTERNAL_H */
