// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <base/mem.h>

#define PAGE 4096ull
#define GIB (1ull << 30)
#define MAX_SAMPLES 1000
/* What a head costs, and zeroing a memslot's arrays per page of it, for estimates of time. */
#define ESTIMATE_SCAN 1.5e-9
#define ESTIMATE_SLOT 8e-9
#define ESTIMATE_PAGE 10e-6
#define ESTIMATE_EVICT 0.3e-9

const char *const host_probe_op_names[HOST_PROBE_OP_NR] = {
	[HOST_PROBE_MPROTECT] = "mprotect",
	[HOST_PROBE_DONTNEED] = "dontneed",
	[HOST_PROBE_MUNMAP] = "munmap",
	[HOST_PROBE_REFAULT] = "refault",
};

static unsigned char *region(void)
{
	return (unsigned char *)HOST_PROBE_ADDR;
}

/* Why there is no KVM, and what helps. */
static void explain(const char *device, int err, struct strbuf *diag)
{
	strbuf_addf(diag, "%s: %s\n", device, strerror(-err));
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		strbuf_addstr(diag, "load the module (modprobe kvm_intel or kvm_amd), enable virtualization "
				    "in the firmware, or nesting in the hypervisor\n");
	else if (err == -EACCES || err == -EPERM)
		strbuf_addstr(diag, "join the group that owns the device: usermod -aG kvm $USER, then "
				    "log in again\n");
	else
		strbuf_addstr(diag, "this is no KVM device\n");
}

static int open_device(const char *device, struct strbuf *diag, int *ret_fd)
{
	int fd = open(device, O_RDWR | O_CLOEXEC), err = fd < 0 ? -errno : 0;

	if (!err && ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		err = -ENOTTY;
	if (err) {
		explain(device, err, diag);
		if (fd >= 0)
			close(fd);
		return -EOPNOTSUPP;
	}
	*ret_fd = fd;
	return 0;
}

static int map_evict(struct host_probe *probe)
{
	void *evict = mmap(NULL, probe->info.evict, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (evict == MAP_FAILED)
		return -errno;
	memset(evict, 1, probe->info.evict);
	probe->evict = evict;
	return 0;
}

int host_probe_open(const struct host_probe_options *options, struct strbuf *diag,
		    struct host_probe **ret_probe)
{
	const char *device = options->device ? options->device : "/dev/kvm";
	struct host_probe *probe = mem_zalloc(sizeof(*probe));
	int err;

	if (!probe)
		return -ENOMEM;
	probe->guest = (struct probe_guest)PROBE_NO_GUEST;
	probe->kvm = -1;
	probe->info.memory = options->memory;
	err = open_device(device, diag, &probe->kvm);
	if (!err) {
		probe_info_fill(&probe->info);
		err = map_evict(probe);
	}
	if (err) {
		host_probe_close(probe);
		return err;
	}
	*ret_probe = probe;
	return 0;
}

static void drop_region(struct host_probe *probe)
{
	probe_guest_destroy(&probe->guest);
	if (probe->len)
		munmap(region(), probe->len);
	probe->len = 0;
}

struct host_probe *host_probe_close(struct host_probe *probe)
{
	if (!probe)
		return NULL;
	drop_region(probe);
	if (probe->evict)
		munmap(probe->evict, probe->info.evict);
	if (probe->kvm >= 0)
		close(probe->kvm);
	mem_free(probe);
	return NULL;
}

const struct host_probe_info *host_probe_get_info(const struct host_probe *probe)
{
	return &probe->info;
}

/* Primary tables of the touched pages: one per 2 MiB, 1 GiB and 512 GiB that has one. */
static uint64_t tables(const struct host_probe_shape *shape)
{
	uint64_t span = shape->nr ? (shape->nr - 1) * shape->stride + PAGE : 0;
	uint64_t in_2m = span / (2ull << 20) + 2;

	return (in_2m < shape->nr ? in_2m : shape->nr) + shape->len / GIB + 8;
}

uint64_t host_probe_bytes(const struct host_probe *probe, const struct host_probe_shape *shape)
{
	uint64_t bytes = probe->info.evict + shape->nr * PAGE + tables(shape) * PAGE;

	/* the arrays of the memslot with 2 MiB and 1 GiB levels, and shadow pages */
	if (shape->vm)
		bytes += shape->len / PAGE * 10 + shape->len / (2ull << 20) * 16 + (1u << 20);
	if (shape->guest)
		bytes += tables(shape) * PAGE * (2 + shape->aliases);
	return bytes;
}

double host_probe_estimate(const struct host_probe *probe, const struct host_probe_shape *shape,
			   unsigned int samples, bool fresh)
{
	double heads = shape->vm ? shape->len / PAGE : 0;
	double each = probe->info.evict * ESTIMATE_EVICT + 2 * heads * ESTIMATE_SCAN;

	return (fresh ? heads * ESTIMATE_SLOT : 0) + shape->nr * ESTIMATE_PAGE +
	       (samples + 1) * each + (shape->guest ? samples * shape->nr * ESTIMATE_PAGE : 0);
}

/* The pages lie below this many bytes from the start of the region. */
static uint64_t touched_limit(const struct host_probe_shape *shape)
{
	uint64_t limit = shape->aliases ? HOST_PROBE_ALIAS_BYTES :
			 shape->guest ? HOST_PROBE_GUEST_BYTES : shape->len;

	return limit < shape->len ? limit : shape->len;
}

static bool is_shape(const struct host_probe_shape *shape)
{
	uint64_t limit = touched_limit(shape);

	if (!shape->len || shape->len % GIB || shape->len > (64ull << 40) || shape->op < 0 ||
	    shape->op >= HOST_PROBE_OP_NR || (shape->guest && !shape->vm) ||
	    (shape->op == HOST_PROBE_REFAULT && !shape->guest) ||
	    (shape->aliases && (!shape->guest || shape->op == HOST_PROBE_REFAULT)) ||
	    shape->aliases > HOST_PROBE_ALIASES)
		return false;
	if (!shape->nr)
		return !shape->guest;
	if (shape->first % PAGE || shape->stride % PAGE || shape->first >= limit)
		return false;
	return shape->nr == 1 || (shape->stride && (limit - PAGE - shape->first) / shape->stride >=
							   shape->nr - 1);
}

/* A fresh region without any page table; a guest over it stays. */
static int map_region(struct host_probe *probe, uint64_t len)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
	void *at;

	if (probe->len && munmap(region(), probe->len))
		return -errno;
	probe->len = 0;
	at = mmap(region(), len, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (at == MAP_FAILED)
		return -errno;
	if (at != region()) { /* a kernel before 4.17 takes the address for a hint */
		munmap(at, len);
		return -EEXIST;
	}
	probe->len = len;
	return madvise(region(), len, MADV_NOHUGEPAGE) && errno != EINVAL ? -errno : 0;
}

static int prepare(struct host_probe *probe, const struct host_probe_shape *shape)
{
	int err;

	if (!shape->vm || probe->guest.len != shape->len)
		probe_guest_destroy(&probe->guest);
	err = map_region(probe, shape->len);
	if (!err && shape->vm && probe->guest.vm < 0)
		err = probe_guest_create(probe->kvm, region(), shape->len, &probe->guest);
	return err;
}

static int guest_touch(struct host_probe *probe, const struct host_probe_shape *shape)
{
	unsigned int alias;
	int err = 0;

	if (!shape->aliases)
		return probe_guest_touch(&probe->guest, shape->first, shape->nr, shape->stride);
	for (alias = 0; alias < shape->aliases && !err; alias++)
		err = probe_guest_touch_alias(&probe->guest, alias, shape->first, shape->nr,
					      shape->stride);
	return err;
}

static int touch(struct host_probe *probe, const struct host_probe_shape *shape)
{
	uint64_t i;

	for (i = 0; i < shape->nr; i++)
		*(volatile unsigned char *)(region() + shape->first + i * shape->stride) = 1;
	return shape->guest ? guest_touch(probe, shape) : 0;
}

static void evict(struct host_probe *probe)
{
	volatile unsigned char *p = probe->evict;
	uint64_t i;

	for (i = 0; i < probe->info.evict; i += 64)
		(void)p[i];
}

static double clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static int call(struct host_probe *probe, const struct host_probe_shape *shape)
{
	switch (shape->op) {
	case HOST_PROBE_MPROTECT:
		return mprotect(region(), shape->len, PROT_READ) ? -errno : 0;
	case HOST_PROBE_DONTNEED:
		return madvise(region(), shape->len, MADV_DONTNEED) ? -errno : 0;
	case HOST_PROBE_MUNMAP:
		return munmap(region(), shape->len) ? -errno : 0;
	case HOST_PROBE_REFAULT:
		return guest_touch(probe, shape);
	case HOST_PROBE_OP_NR:
		break;
	}
	return -EINVAL;
}

struct sample {
	double cpu;
	double wall;
};

/* Before everybody else for the time of one call, where that is permitted. */
static bool hurry(bool on)
{
	const struct sched_param param = { .sched_priority = on ? 1 : 0 };

	return !sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &param);
}

static int timed_call(struct host_probe *probe, const struct host_probe_shape *shape,
		      struct sample *ret)
{
	double cpu, wall;
	int err;

	probe->info.realtime = hurry(true);
	evict(probe);
	wall = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	err = call(probe, shape);
	ret->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	ret->wall = clock_ns(CLOCK_MONOTONIC) - wall;
	if (probe->info.realtime)
		(void)hurry(false);
	return err;
}

/* The region as it was before the call, writable and with its pages where they were taken. */
static int put_back(struct host_probe *probe, const struct host_probe_shape *shape)
{
	if (shape->op == HOST_PROBE_MUNMAP) {
		probe->len = 0;
		return map_region(probe, shape->len);
	}
	if (shape->op == HOST_PROBE_MPROTECT &&
	    mprotect(region(), shape->len, PROT_READ | PROT_WRITE))
		return -errno;
	return 0;
}

/* With the faults, and the same accesses once they are handled. */
static int sample_refault(struct host_probe *probe, const struct host_probe_shape *shape,
			  struct sample *ret, struct sample *ret_handled)
{
	int err;

	if (mprotect(region(), shape->len, PROT_READ) ||
	    mprotect(region(), shape->len, PROT_READ | PROT_WRITE))
		return -errno;
	touch(probe, &(struct host_probe_shape){ .first = shape->first, .nr = shape->nr,
						 .stride = shape->stride });
	err = timed_call(probe, shape, ret);
	return err ? err : timed_call(probe, shape, ret_handled);
}

static int sample(struct host_probe *probe, const struct host_probe_shape *shape,
		  struct sample *ret, struct sample *ret_handled, struct host_probe_times *times)
{
	uint64_t before = 0, after = 0;
	int err = touch(probe, shape);

	if (err)
		return err;
	if (shape->op == HOST_PROBE_REFAULT)
		return sample_refault(probe, shape, ret, ret_handled);
	times->counted = shape->vm && probe_guest_sptes(&probe->guest, &before);
	err = timed_call(probe, shape, ret);
	if (err)
		return err;
	if (times->counted && probe_guest_sptes(&probe->guest, &after)) {
		times->sptes = before;
		times->zapped = before - after;
	}
	return put_back(probe, shape);
}

/* The samples of one round; from those of faults the rest of their accesses is taken out. */
static int take_samples(struct host_probe *probe, const struct host_probe_shape *shape,
			unsigned int nr, double *cpu, double *wall, struct host_probe_times *times)
{
	struct sample one, handled = { 0 }, least = { 0 };
	unsigned int i;
	int err = 0;

	/* the first one finds page tables and KVM's caches not there yet */
	for (i = 0; i < nr + 1 && !err; i++) {
		err = sample(probe, shape, &one, &handled, times);
		cpu[i ? i - 1 : 0] = one.cpu;
		wall[i ? i - 1 : 0] = one.wall;
		least.cpu = i && least.cpu < handled.cpu ? least.cpu : handled.cpu;
		least.wall = i && least.wall < handled.wall ? least.wall : handled.wall;
	}
	for (i = 0; i < nr && !err; i++) {
		cpu[i] = cpu[i] > least.cpu ? cpu[i] - least.cpu : 0;
		wall[i] = wall[i] > least.wall ? wall[i] - least.wall : 0;
	}
	return err;
}

/*
 * On one processor: the caches that are filled with something else before a call are those of the
 * processor that does it.
 */
static int take_samples_here(struct host_probe *probe, const struct host_probe_shape *shape,
			     unsigned int nr, double *cpu, double *wall,
			     struct host_probe_times *times)
{
	cpu_set_t before, here;
	bool pinned;
	int err;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	pinned = !sched_getaffinity(0, sizeof(before), &before) &&
		 !sched_setaffinity(0, sizeof(here), &here);
	err = take_samples(probe, shape, nr, cpu, wall, times);
	if (pinned)
		(void)sched_setaffinity(0, sizeof(before), &before);
	return err;
}

int host_probe_measure(struct host_probe *probe, const struct host_probe_shape *shape,
		       unsigned int samples, struct host_probe_times *ret_times)
{
	double cpu[MAX_SAMPLES], wall[MAX_SAMPLES];
	struct host_probe_times times = { 0 };
	int err;

	if (!is_shape(shape) || !samples || samples > MAX_SAMPLES)
		return -EINVAL;
	if (host_probe_bytes(probe, shape) > probe->info.memory)
		return -E2BIG;
	err = prepare(probe, shape);
	if (!err)
		err = take_samples_here(probe, shape, samples, cpu, wall, &times);
	if (err) {
		drop_region(probe);
		return err;
	}
	host_probe_summarise(cpu, wall, samples, &times);
	*ret_times = times;
	return 0;
}

