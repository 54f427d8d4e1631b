// SPDX-License-Identifier: GPL-2.0-or-later
/* The archive is read back by a reader of the test's own, after the format's description.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tap.h>

#include "cpio_internal.h"

struct entry {
	char name[64];
	unsigned int fields[13];
	const char *data;
};

static unsigned int hex8(const char *s)
{
	char text[9] = { 0 };

	memcpy(text, s, 8);
	return strtoul(text, NULL, 16);
}

/* Return: the offset behind the entry at @at, 0 when there is none. */
static size_t read_entry(const struct strbuf *archive, size_t at, struct entry *entry)
{
	const char *s = archive->buf + at;
	unsigned int i;

	if (at + 110 > archive->len || memcmp(s, "070701", 6))
		return 0;
	for (i = 0; i < 13; i++)
		entry->fields[i] = hex8(s + 6 + 8 * i);
	if (entry->fields[11] > sizeof(entry->name) || s[110 + entry->fields[11] - 1])
		return 0;
	strcpy(entry->name, s + 110);
	at = (at + 110 + entry->fields[11] + 3) & ~3ul;
	entry->data = archive->buf + at;
	return (at + entry->fields[6] + 3) & ~3ul;
}

int main(void)
{
	struct strbuf archive = STRBUF_INIT;
	struct entry entry;
	size_t at;

	cpio_dir(&archive, "dev");
	cpio_char_device(&archive, "dev/console", 5, 1);
	cpio_file(&archive, "init", 0755, "12345", 5);
	cpio_file(&archive, "empty", 0600, NULL, 0);
	cpio_end(&archive);
	tap_eq(strbuf_error(&archive), 0, "no error");
	tap_eq(archive.len % 4, 0, "padded to four bytes");
	at = read_entry(&archive, 0, &entry);
	tap_ok(at && !strcmp(entry.name, "dev") && entry.fields[1] == (S_IFDIR | 0755),
	       "folder");
	at = read_entry(&archive, at, &entry);
	tap_ok(at && !strcmp(entry.name, "dev/console") && S_ISCHR(entry.fields[1]) &&
		       entry.fields[9] == 5 && entry.fields[10] == 1,
	       "device");
	at = read_entry(&archive, at, &entry);
	tap_ok(at && !strcmp(entry.name, "init") && entry.fields[1] == (S_IFREG | 0755) &&
		       entry.fields[6] == 5 && !memcmp(entry.data, "12345", 5),
	       "file");
	at = read_entry(&archive, at, &entry);
	tap_ok(at && !strcmp(entry.name, "empty") && !entry.fields[6], "empty file");
	at = read_entry(&archive, at, &entry);
	tap_ok(at && !strcmp(entry.name, "TRAILER!!!"), "trailer");
	tap_eq(at, archive.len, "nothing behind the trailer");
	strbuf_release(&archive);
	return tap_done();
}
