/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nearest valid word for a misspelt one, for error messages. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/**
 * nearest_word() - the word of @words closest to @word by edit distance
 * @words: an array of @nr C strings; NULL entries are passed over
 *
 * Words longer than 63 bytes are never near anything.
 * Return: the word, or NULL when none is within a third of its length (at least one edit).
 */
const char *nearest_word(const char *word, size_t len, const char *const *words, size_t nr);

#endif /* BASE_NEAREST_H */
