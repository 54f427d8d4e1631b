// SPDX-License-Identifier: GPL-2.0-or-later
/* The running kernel as the reference of the benchmarks. */
#include <host/bench.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/stopwatch.h>

#include "process_internal.h"

#define PAGE 4096u

uint64_t host_bench_memory(void)
{
	FILE *in = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	if (!in)
		return 0;
	while (fgets(line, sizeof(line), in))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	fclose(in);
	return (uint64_t)kib << 10;
}

static uint64_t count_lines(const char *path)
{
	FILE *in = fopen(path, "re");
	uint64_t lines = 0;
	int c;

	if (!in)
		return 0;
	while ((c = getc(in)) != EOF)
		lines += c == '\n';
	fclose(in);
	return lines;
}

uint64_t host_bench_maps(void)
{
	FILE *in = fopen("/proc/sys/vm/max_map_count", "re");
	unsigned long long max = 65530, used = count_lines("/proc/self/maps");

	if (in) {
		if (fscanf(in, "%llu", &max) != 1)
			max = 65530;
		fclose(in);
	}
	if (max > 1u << 20)
		max = 1u << 20;
	return max > used ? max - used : 0;
}

int host_area_map(uint64_t len, bool populate, struct host_area *ret_area)
{
	uint64_t at;
	char *base = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return -errno;
	(void)madvise(base, len, MADV_NOHUGEPAGE);
	for (at = 0; populate && at < len; at += PAGE)
		base[at] = 1;
	ret_area->base = base;
	ret_area->len = len;
	return 0;
}

int host_area_fresh(uint64_t len, struct host_area *ret_area)
{
	char *base = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return -errno;
	(void)madvise(base, len, MADV_HUGEPAGE);
	ret_area->base = base;
	ret_area->len = len;
	return 0;
}

void host_area_unmap(struct host_area *area)
{
	if (area->base)
		munmap(area->base, area->len);
	memset(area, 0, sizeof(*area));
}

int host_area_protect(struct host_area *area, uint64_t offset, uint64_t len, bool write,
		      double *ret_ns)
{
	int prot = PROT_READ | (write ? PROT_WRITE : 0);
	struct stopwatch watch;

	stopwatch_start(&watch);
	if (mprotect(area->base + offset, len, prot))
		return -errno;
	*ret_ns = stopwatch_ns(&watch);
	return 0;
}

/* A file without a name that holds @text, at its start; a negative errno. */
static int text_fd(const char *text)
{
	size_t len = strlen(text);
	int fd = memfd_create("stdin", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) == (ssize_t)len && !lseek(fd, 0, SEEK_SET))
		return fd;
	err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

static int reap(pid_t pid, struct rusage *ret_usage)
{
	int status;

	while (wait4(pid, &status, 0, ret_usage) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static double nanoseconds(const struct timeval *t)
{
	return t->tv_sec * 1e9 + t->tv_usec * 1e3;
}

int host_bench_spawn(const char *const argv[], const char *stdin_text, double *ret_ns)
{
	int fd = text_fd(stdin_text), status;
	struct rusage usage = { 0 };
	pid_t pid;

	if (fd < 0)
		return fd;
	status = process_start(argv, NULL, (const int[]){ fd, -1, -1 }, 3, &pid);
	if (!status)
		status = reap(pid, &usage);
	*ret_ns = nanoseconds(&usage.ru_utime) + nanoseconds(&usage.ru_stime);
	close(fd);
	return status;
}

/* The answer is in the first page of the memory shared with the parent, the result behind it. */
static void child(int (*work)(void *ctx, void *result), void *ctx, int *shared)
{
	*shared = work(ctx, (char *)shared + PAGE);
	_exit(0);
}

int host_bench_child(int (*work)(void *ctx, void *result), void *ctx, void *result, size_t len,
		     uint64_t *ret_resident)
{
	size_t size = PAGE + ((len + PAGE - 1) & ~(size_t)(PAGE - 1));
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rusage usage = { 0 };
	int status, err;
	pid_t pid;

	if (shared == MAP_FAILED)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (!pid)
		child(work, ctx, shared);
	status = pid < 0 ? -errno : reap(pid, &usage);
	err = status < 0 ? status : status ? -ENOMEM : *(int *)shared;
	memcpy(result, (char *)shared + PAGE, len);
	*ret_resident = (uint64_t)usage.ru_maxrss << 10;
	munmap(shared, size);
	return err;
}
