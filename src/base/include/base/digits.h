/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as digits, written from the last to the first into the caller's buffer. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stdint.h>

/* Room that any number has in: with digits_dec(), digits_hex(), digits_size(). */
#define DIGITS_MAX 21

/**
 * digits_dec() - @value in decimal, so that its last digit is at @end - 1. No NUL is written.
 * Return: its first digit, at most DIGITS_MAX bytes before @end.
 */
static inline char *digits_dec(char *end, uint64_t value)
{
	do {
		*--end = '0' + value % 10;
		value /= 10;
	} while (value);
	return end;
}

/** digits_hex() - the same in lower-case hex, without 0x. */
static inline char *digits_hex(char *end, uint64_t value)
{
	do {
		*--end = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	return end;
}

/** digits_size() - @bytes with the largest exact binary unit: 4096 is "4K", 4100 is "4100". */
static inline char *digits_size(char *end, uint64_t bytes)
{
	int unit = -1;

	while (bytes && !(bytes & 1023) && unit < 5) {
		bytes >>= 10;
		unit++;
	}
	if (unit >= 0)
		*--end = "KMGTPE"[unit];
	return digits_dec(end, bytes);
}

#endif /* BASE_DIGITS_H */
