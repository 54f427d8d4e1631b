// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keeps khugepaged out of the scripts (mm/khugepaged.c). It cannot be switched off without huge
 * pages as a whole. It looks at memory once each time it is woken: when its first address space
 * with huge pages comes up, when its own settings are written, and when it is started anew because
 * huge pages are allowed again. So its settings, which make its sleep endless, are written once;
 * our own address space is there before any script's, so large that it gets no further, one huge
 * page each time; and after each change of what is allowed we wait until it sleeps, for it runs at
 * the lowest priority and could come in much later.
 */
#include "guest_internal.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KHUGEPAGED "/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define HUGE_SIZE (2ul << 20)
#define OURS_SIZE (64ul << 30)
#define MAX_WAITS 500

/* The state letter of the thread @pid when it is khugepaged, else 0. */
static char state_of(int pid)
{
	char path[48];
	struct strbuf text = STRBUF_INIT;
	const char *at;
	char state = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!get_file(path, &text)) {
		at = strstr(strbuf_str(&text), "(khugepaged) ");
		state = at ? at[13] : 0;
	}
	strbuf_release(&text);
	return state;
}

static int find(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int pid, found = 0;

	while (dir && !found && (entry = readdir(dir))) {
		pid = atoi(entry->d_name);
		if (pid > 0 && state_of(pid))
			found = pid;
	}
	if (dir)
		closedir(dir);
	return found;
}

void khugepaged_settle(void)
{
	static int pid;
	unsigned int i;

	if (!pid || !state_of(pid))
		pid = find();
	for (i = 0; pid && i < MAX_WAITS && state_of(pid) == 'R'; i++)
		usleep(1000);
}

void khugepaged_setup(void)
{
	static const char *const settings[][2] = {
		{ KHUGEPAGED "defrag", "0" },
		{ KHUGEPAGED "pages_to_scan", "1" },
		{ KHUGEPAGED "scan_sleep_millisecs", "4294967295" },
		{ KHUGEPAGED "alloc_sleep_millisecs", "4294967295" },
	};
	size_t i;
	void *ours;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		(void)put_file(settings[i][0], settings[i][1]);
	ours = mmap(NULL, OURS_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ours == MAP_FAILED)
		return;
	(void)madvise(ours, OURS_SIZE, MADV_DONTFORK);
	(void)madvise(ours, OURS_SIZE, MADV_HUGEPAGE);
	/* an address space comes up with its first fault of a huge page */
	*(volatile char *)(((uintptr_t)ours + HUGE_SIZE - 1) & ~(HUGE_SIZE - 1)) = 1;
	khugepaged_settle();
}
