/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at a VM's memory slots and SPTEs as they are; nothing changes. */
#ifndef KVM_WALK_H
#define KVM_WALK_H

#include <stdint.h>

struct kvm;

/**
 * struct kvm_stretch - a memory slot, or leaf SPTEs of one table that follow each other
 * @start, @end: host addresses of the process, half open
 * @level: 1, 2 or 3 (4 KiB, 2 MiB, 1 GiB) of SPTEs; 0 for a slot
 */
struct kvm_stretch {
	uint64_t start;
	uint64_t end;
	uint8_t level;
};

typedef void kvm_walk_fn(void *ctx, const struct kvm_stretch *stretch);

/** kvm_walk_slots() - every memory slot, in the order of host addresses. */
void kvm_walk_slots(struct kvm *kvm, kvm_walk_fn *fn, void *ctx);

/**
 * kvm_walk_sptes() - every leaf SPTE that the guest or KVM can reach, by the host address that it
 * maps, those of shadow pages as often as they exist. Cost: in proportion to the tables.
 */
void kvm_walk_sptes(struct kvm *kvm, kvm_walk_fn *fn, void *ctx);

#endif /* KVM_WALK_H */
