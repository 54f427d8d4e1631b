// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An address space with a subscriber of our own: what is it told, before and after each change?
 *
 *	cc -o notifier notifier.c $(pkg-config --cflags --libs mmuscope)
 */
#define _GNU_SOURCE
#include <mmuscope/mmuscope.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RAM 0x100000000000ull
#define MiB (1ull << 20)

static int range_start(void *ctx, const struct ms_range *range)
{
	(void)ctx;
	printf("  start %-15s [%#llx, %#llx)%s\n", ms_notify_name(range->event),
	       (unsigned long long)range->start, (unsigned long long)range->end,
	       range->blockable ? "" : " must not block");
	return 0;
}

static void range_end(void *ctx, const struct ms_range *range)
{
	(void)ctx;
	printf("  end   %-15s [%#llx, %#llx)\n", ms_notify_name(range->event),
	       (unsigned long long)range->start, (unsigned long long)range->end);
}

static void release(void *ctx)
{
	(void)ctx;
	printf("  release\n");
}

/* Say what was done, and stop if the library could not. */
static void done(const char *what, int err)
{
	printf("%s: %s\n", what, err ? strerror(-err) : "ok");
	if (err)
		exit(1);
}

int main(int argc, char **argv)
{
	const struct ms_machine_options options = {
		.size = sizeof(options),
		.profile = argc > 1 ? argv[1] : "linux-6.12",
	};
	const struct ms_notifier_ops ops = {
		.size = sizeof(ops),
		.range_start = range_start,
		.range_end = range_end,
		.release = release,
	};
	struct ms_machine *machine;
	struct ms_mm *mm, *child;
	struct ms_notifier *notifier;
	uint64_t notifications;

	done("machine", ms_machine_create(&options, &machine));
	done("process", ms_mm_create(machine, &mm));
	done("subscribe", ms_notifier_register(mm, &ops, NULL, &notifier));
	done("map 8M", ms_mm_map(mm, RAM, 8 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE, NULL, 0));
	done("write to 4M", ms_mm_touch(mm, RAM, 4 * MiB, 4096, MS_WRITE));
	done("mprotect 8M r", ms_mm_mprotect(mm, RAM, 8 * MiB, PROT_READ));
	done("mprotect 8M rw", ms_mm_mprotect(mm, RAM, 8 * MiB, PROT_READ | PROT_WRITE));
	done("fork", ms_mm_fork(mm, &child));
	done("write to a page of both", ms_mm_touch(mm, RAM, 1, 1, MS_WRITE));
	done("child exits", ms_mm_destroy(child));
	done("madvise 2M dontneed", ms_mm_madvise(mm, RAM + 2 * MiB, 2 * MiB, MADV_DONTNEED));
	done("munmap 4M", ms_mm_munmap(mm, RAM, 4 * MiB));
	done("counter", ms_machine_counter(machine, "notifications", &notifications));
	printf("%s sent %llu notifications\n", ms_machine_profile(machine),
	       (unsigned long long)notifications);
	done("exit", ms_mm_destroy(mm));
	done("machine off", ms_machine_destroy(machine));
	return 0;
}
