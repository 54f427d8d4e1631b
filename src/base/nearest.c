// SPDX-License-Identifier: GPL-2.0-or-later
#include <base/nearest.h>

#include <string.h>

#define WORD_MAX 63

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein distance with one row; both words at most WORD_MAX bytes. */
static size_t edit_distance(const char *a, size_t la, const char *b, size_t lb)
{
	size_t row[WORD_MAX + 1];
	size_t i, j;

	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1,
				      diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

const char *nearest_word(const char *word, size_t len, const char *const *words, size_t nr)
{
	const char *best = NULL;
	size_t best_distance = len / 3 > 1 ? len / 3 : 1;
	size_t i;

	if (len > WORD_MAX)
		return NULL;
	for (i = 0; i < nr; i++) {
		size_t d, l = words[i] ? strlen(words[i]) : WORD_MAX + 1;

		if (l > WORD_MAX)
			continue;
		d = edit_distance(word, len, words[i], l);
		if (d < best_distance || (d == best_distance && !best)) {
			best = words[i];
			best_distance = d;
		}
	}
	return best;
}
