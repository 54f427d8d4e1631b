// SPDX-License-Identifier: GPL-2.0-or-later
/* Values into statements, and into hashes. */
#include "store_internal.h"

#include <stdio.h>
#include <string.h>

int store_prepare(struct report_store *store, const char *sql, sqlite3_stmt **ret)
{
	return sqlite3_prepare_v2(store->db, sql, -1, ret, NULL);
}

/* Bytes of the UTF-8 character at @s, 0 when there is none; surrogates are none. */
static size_t character(const unsigned char *s, size_t len)
{
	size_t i, n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n > len || (n > 1 && (s[0] < 0xc2 || s[0] > 0xf4)))
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static bool is_text(const unsigned char *s, size_t len)
{
	while (len) {
		size_t n = s[0] ? character(s, len) : 0;

		if (!n)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

void report_text_clean(struct strbuf *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = strlen(text), n;

	for (; len; s += n, len -= n) {
		n = character(s, len);
		if (n == 1 && (s[0] < 0x20 || s[0] == 0x7f))
			strbuf_addf(out, "\\x%02x", s[0]);
		else if (n == 2 && s[0] == 0xc2 && s[1] < 0xa0)
			strbuf_addf(out, "\\x%02x\\x%02x", s[0], s[1]);
		else if (n)
			strbuf_add(out, s, n);
		else
			strbuf_addf(out, "\\x%02x", s[0]);
		n += !n;
	}
}

int store_bind_bytes(sqlite3_stmt *stmt, int nr, const void *bytes, size_t len)
{
	if (is_text(bytes, len))
		return sqlite3_bind_text64(stmt, nr, bytes ? bytes : "", len, SQLITE_TRANSIENT,
					   SQLITE_UTF8);
	return sqlite3_bind_blob64(stmt, nr, bytes, len, SQLITE_TRANSIENT);
}

int store_bind_str(sqlite3_stmt *stmt, int nr, const char *text)
{
	return store_bind_bytes(stmt, nr, text, strlen(text));
}

int store_bind_uint(sqlite3_stmt *stmt, int nr, uint64_t value)
{
	return sqlite3_bind_int64(stmt, nr, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

int store_step_once(sqlite3_stmt *stmt, int rc)
{
	int end;

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(stmt);
		rc = rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
	}
	end = sqlite3_finalize(stmt);
	return rc != SQLITE_OK ? rc : end;
}

void store_hash_bytes(SHA2_CTX *hash, const void *bytes, size_t len)
{
	char number[32];

	snprintf(number, sizeof(number), "%zu:", len);
	SHA256Update(hash, (const uint8_t *)number, strlen(number));
	if (len)
		SHA256Update(hash, bytes, len);
}

void store_hash_str(SHA2_CTX *hash, const char *text)
{
	store_hash_bytes(hash, text, strlen(text));
}

void store_hash_uint(SHA2_CTX *hash, uint64_t value)
{
	char number[32];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
	store_hash_str(hash, number);
}
