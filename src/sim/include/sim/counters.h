/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mm, kvm and notifier count, as counters in the order of enum sim_counter: for whoever
 * executes on the model, scripts or not.
 */
#ifndef SIM_COUNTERS_H
#define SIM_COUNTERS_H

#include <stdint.h>

struct kvm;
struct machine;
struct mm_struct;

/** sim_counter_index() - the counter called @name, of enum sim_counter; -1 if there is none. */
int sim_counter_index(const char *name);

/**
 * sim_add_kvm() - add what a VM has counted so far; the larger one of maxima. Not rmap_longest,
 * which kvm_reset_maxima() takes back, and not how many SPTEs there are now.
 */
void sim_add_kvm(const struct kvm *kvm, uint64_t *counters);

/** sim_add_kvm_pages() - add the leaf SPTEs that a VM has now. */
void sim_add_kvm_pages(const struct kvm *kvm, uint64_t *counters);

/** sim_add_mm() - add the notifications of an address space so far. */
void sim_add_mm(struct mm_struct *mm, uint64_t *counters);

/** sim_set_machine() - set what is counted once for all processes. */
void sim_set_machine(const struct machine *machine, uint64_t *counters);

#endif /* SIM_COUNTERS_H */
