/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest with page tables of its own: its tables, and how the vCPU uses them. */
#ifndef HOST_GUESTPAGING_INTERNAL_H
#define HOST_GUESTPAGING_INTERNAL_H

#include "guest_internal.h"

/*
 * The executor's own pages for such a guest: one region at the end of guest-physical
 * memory, and one just below 4 GiB for guests that reach no further.
 */
#define GUEST_PAGED_GPA (GUEST_OWN_GPA - 16 * GUEST_PAGE)
#define GUEST_LOW_GPA ((1ull << 32) - 16 * GUEST_PAGE)
/* Guest-virtual addresses below 4 GiB that are the executor's in 32-bit formats. */
#define GUEST_LOW_VA 0xffc00000ull

/**
 * struct guest_format - one format of page tables
 * @levels: of the tables, @bits: of an index, @entry_size: bytes
 * @own_index: the top entry that leads to the executor's own part
 */
struct guest_format {
	unsigned int levels;
	unsigned int bits;
	unsigned int entry_size;
	unsigned int own_index;
};
extern const struct guest_format guest_formats[SCRIPT_PAGING_NR];

/* guesttables.c */
struct guest_space *guest_find_space(struct guest_vm *vm, uint64_t root);
/*
 * guest_get_space() - the address space of op->tables; a new one's top table gets the entry for
 * the executor's own part. Return: 0; -EINVAL: it is of another format; as touch_store().
 */
int guest_get_space(struct guest_vm *vm, const struct script_op *op,
		    struct guest_space **ret_space);
/* guest_map_range() - the loader maps op's range. Return: 0 or a negative errno. */
int guest_map_range(struct guest_vm *vm, struct guest_space *space, const struct script_op *op);
/* guest_find_entry() - where the entry for op->addr is. Return: 0; -ENOENT: nowhere. */
int guest_find_entry(struct guest_vm *vm, const struct guest_space *space,
		     const struct script_op *op, uint64_t *ret_gpa);
/* guest_leaf() - the entry of @op's rights for @gpa; 0 for none */
uint64_t guest_leaf(const struct guest_space *space, const struct script_op *op, uint64_t gpa);
/* guest_keep_entry() - the guest itself wrote it. Return: 0 or -ENOMEM. */
int guest_keep_entry(struct guest_vm *vm, const struct guest_space *space, uint64_t gpa,
		     uint64_t value);

/* guestpaging.c */
uint64_t guest_own_entry(enum script_paging paging);

#endif /* HOST_GUESTPAGING_INTERNAL_H */
