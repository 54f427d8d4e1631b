/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A streaming JSON writer: no tree in memory, names in the order they are written. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_JSON_DEPTH 16

/**
 * struct report_json - the state of the writer
 * @depth: open objects and arrays
 * @nr: members written so far at each depth
 * @flat: depth of the value that is written on one line, 0 while there is none
 */
struct report_json {
	FILE *out;
	unsigned int depth;
	uint64_t nr[REPORT_JSON_DEPTH];
	bool array[REPORT_JSON_DEPTH];
	unsigned int flat;
};

/** report_json_init() - write to @out, which stays the caller's. */
void report_json_init(struct report_json *json, FILE *out);

/**
 * report_json_end() - the newline after the whole value; everything must be closed.
 * Return: 0, or -EIO when @out had an error.
 */
int report_json_end(struct report_json *json);

/*
 * In all of these @name is the member's name inside an object and NULL inside an array or for the
 * outermost value. Bytes that are not UTF-8 are replaced by U+FFFD. Numbers are plain decimals;
 * a double that is not finite is written as null.
 */

/** report_json_object(), report_json_array() - open one; report_json_close() closes it. */
void report_json_object(struct report_json *json, const char *name);
void report_json_array(struct report_json *json, const char *name);
/** report_json_line() - an object like report_json_object(), with all that is in it on one line. */
void report_json_line(struct report_json *json, const char *name);
/**
 * report_json_skip() - @nr members of the innermost open object or array are written by another
 * writer: what comes next is not the first.
 */
void report_json_skip(struct report_json *json, uint64_t nr);
/** report_json_close() - the innermost open object or array. */
void report_json_close(struct report_json *json);
/** report_json_str(), report_json_strn() - a string, up to its NUL or @len bytes of any value. */
void report_json_str(struct report_json *json, const char *name, const char *value);
void report_json_strn(struct report_json *json, const char *name, const char *value, size_t len);
/** report_json_uint() and those below - a number, true or false. */
void report_json_uint(struct report_json *json, const char *name, uint64_t value);
void report_json_int(struct report_json *json, const char *name, int64_t value);
void report_json_double(struct report_json *json, const char *name, double value);
void report_json_bool(struct report_json *json, const char *name, bool value);

#endif /* REPORT_JSON_H */
