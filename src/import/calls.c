// SPDX-License-Identifier: GPL-2.0-or-later
/* Which calls mean something here, and counts of all of them by name. */
#include "import_internal.h"

#include <string.h>

static const struct call calls[] = {
	{ "mmap", CALL_MMAP, 9 },
	{ "mmap2", CALL_MMAP, -1 },
	{ "munmap", CALL_MUNMAP, 11 },
	{ "mprotect", CALL_MPROTECT, 10 },
	{ "pkey_mprotect", CALL_MPROTECT, 329 },
	{ "madvise", CALL_MADVISE, 28 },
	{ "mremap", CALL_MREMAP, 25 },
	{ "brk", CALL_BRK, 12 },
	{ "mbind", CALL_MBIND, 237 },
	{ "fork", CALL_FORK, 57 },
	{ "vfork", CALL_VFORK, 58 },
	{ "clone", CALL_CLONE, 56 },
	{ "clone3", CALL_CLONE3, 435 },
	{ "execve", CALL_EXEC, 59 },
	{ "execveat", CALL_EXEC, 322 },
	{ "exit", CALL_EXIT, 60 },
	{ "exit_group", CALL_EXIT_GROUP, 231 },
	{ "ioctl", CALL_IOCTL, 16 },
	{ "shmat", CALL_OTHER_MEMORY, 30 },
	{ "shmdt", CALL_OTHER_MEMORY, 67 },
	{ "remap_file_pages", CALL_OTHER_MEMORY, 216 },
	{ "mlock", CALL_OTHER_MEMORY, 149 },
	{ "mlock2", CALL_OTHER_MEMORY, 325 },
	{ "munlock", CALL_OTHER_MEMORY, 150 },
	{ "mlockall", CALL_OTHER_MEMORY, 151 },
	{ "munlockall", CALL_OTHER_MEMORY, 152 },
	{ "userfaultfd", CALL_OTHER_MEMORY, 323 },
	{ "move_pages", CALL_OTHER_MEMORY, 279 },
	{ "migrate_pages", CALL_OTHER_MEMORY, 256 },
	{ "set_mempolicy", CALL_OTHER_MEMORY, 238 },
	{ "set_mempolicy_home_node", CALL_OTHER_MEMORY, 450 },
	{ "process_madvise", CALL_OTHER_MEMORY, 440 },
	{ "process_vm_writev", CALL_OTHER_MEMORY, 311 },
	{ "process_mrelease", CALL_OTHER_MEMORY, 448 },
	{ "map_shadow_stack", CALL_OTHER_MEMORY, 453 },
	{ "mseal", CALL_OTHER_MEMORY, 462 },
};

#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

const struct call *imp_call_find(const char *name, size_t len)
{
	for (size_t i = 0; i < NR_CALLS; i++)
		if (calls[i].name[0] == name[0] && strlen(calls[i].name) == len &&
		    !memcmp(calls[i].name, name, len))
			return &calls[i];
	return NULL;
}

const struct call *imp_call_by_number(uint64_t number)
{
	for (size_t i = 0; i < NR_CALLS; i++)
		if (calls[i].number >= 0 && (uint64_t)calls[i].number == number)
			return &calls[i];
	return NULL;
}

uint32_t imp_hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

struct import_call *imp_count_call(struct import *im, const char *name, size_t len)
{
	const uint32_t mask = 2 * IMPORT_MAX_CALLS - 1;
	struct import_report *report = im->report;
	struct import_call *call;
	const struct call *known;
	uint32_t i;

	if (len >= sizeof(call->name))
		len = sizeof(call->name) - 1;
	for (i = imp_hash(name, len) & mask; im->call_slots[i]; i = (i + 1) & mask) {
		call = &report->calls[im->call_slots[i] - 1];
		if (strlen(call->name) == len && !memcmp(call->name, name, len)) {
			call->seen++;
			return call;
		}
	}
	if (report->nr_calls >= IMPORT_MAX_CALLS - 1) {
		call = &report->calls[IMPORT_MAX_CALLS - 1];
		memcpy(call->name, "(other)", sizeof("(other)"));
		report->nr_calls = IMPORT_MAX_CALLS;
	} else {
		call = &report->calls[report->nr_calls++];
		memcpy(call->name, name, len);
		known = imp_call_find(name, len);
		call->memory = known && known->id == CALL_OTHER_MEMORY;
		im->call_slots[i] = report->nr_calls;
	}
	call->seen++;
	return call;
}

void imp_count_bad(struct import *im, const char *s, size_t len)
{
	struct import_report *report = im->report;
	size_t n = 0;

	if (report->nr_bad < IMPORT_MAX_BAD) {
		char *text = report->bad[report->nr_bad].text;

		report->bad[report->nr_bad].line = im->line;
		for (; n < len && n < sizeof(report->bad[0].text) - 1; n++)
			text[n] = s[n] >= ' ' && s[n] < 127 ? s[n] : '?';
		text[n] = '\0';
	}
	report->nr_bad++;
}
