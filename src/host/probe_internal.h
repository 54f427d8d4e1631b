/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest of the probe, and the probe's own state. */
#ifndef HOST_PROBE_INTERNAL_H
#define HOST_PROBE_INTERNAL_H

#include <host/probe.h>

/* Where the guest has the aliases of the slot's start, HOST_PROBE_ALIAS_BYTES each; in scripts, too. */
#define PROBE_ALIAS_GVA (HOST_PROBE_GUEST_BYTES + (1ull << 30))

struct kvm_run;

/**
 * struct probe_guest - a virtual machine with one memslot and one vCPU
 * @vm: -1 while there is none
 * @len: bytes of the memslot
 * @stats: descriptor of the VM's statistics, -1 where the kernel has none
 * @pages_4k: where the counter lies in it
 */
struct probe_guest {
	int vm;
	int vcpu;
	int stats;
	uint64_t pages_4k;
	uint64_t len;
	unsigned char *own;
	struct kvm_run *run;
	size_t run_size;
};

#define PROBE_NO_GUEST { .vm = -1, .vcpu = -1, .stats = -1 }

struct host_probe {
	int kvm;
	struct host_probe_info info;
	struct probe_guest guest;
	unsigned char *evict;
	uint64_t len; /* of the region that is mapped, 0 for none */
};

/** probe_guest_create() - a VM with @len bytes at @addr. Return: 0 or a negative errno. */
int probe_guest_create(int kvm, void *addr, uint64_t len, struct probe_guest *ret_guest);

/** probe_guest_destroy() - fine for none. */
void probe_guest_destroy(struct probe_guest *guest);

/**
 * probe_guest_touch() - write to @nr pages at distance @stride, from byte @first of the memslot.
 * Return: 0; -EOPNOTSUPP when the guest does not run here; -ETIMEDOUT.
 */
int probe_guest_touch(struct probe_guest *guest, uint64_t first, uint64_t nr, uint64_t stride);

/**
 * probe_guest_touch_alias() - the same at alias number @alias (below HOST_PROBE_ALIASES) of the first
 * HOST_PROBE_ALIAS_BYTES.
 */
int probe_guest_touch_alias(struct probe_guest *guest, unsigned int alias, uint64_t first, uint64_t nr,
			    uint64_t stride);

/** probe_guest_sptes() - 4 KiB SPTEs of the VM now. Return: false where nobody counts them. */
bool probe_guest_sptes(const struct probe_guest *guest, uint64_t *ret_nr);

/** probe_info_fill() - what the machine is. */
void probe_info_fill(struct host_probe_info *info);

#endif /* HOST_PROBE_INTERNAL_H */
