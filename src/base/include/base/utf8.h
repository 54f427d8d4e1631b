/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/**
 * utf8_len() - bytes of the UTF-8 sequence at @s, of which @left > 0 are there; 0 when it is none
 * (overlong, surrogate, cut off).
 */
size_t utf8_len(const unsigned char *s, size_t left);

#endif /* BASE_UTF8_H */
