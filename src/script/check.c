// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be wrong with an operation whose words are right. An error is what no executor
 * could do; what Linux answers with an errno is a warning, because a script may want just
 * that.
 */
#include "script_internal.h"

#include <errno.h>

static bool page_aligned(uint64_t value)
{
	return !(value & (PAGE_SIZE - 1));
}

int check_wrap(struct parser *p, struct span at, uint64_t addr, uint64_t len)
{
	if (len && addr + (len - 1) < addr)
		return diag_error(p, at, "the range 0x%llx + 0x%llx wraps around 2^64",
				  (unsigned long long)addr, (unsigned long long)len);
	return 0;
}

/* An unaligned address, for which Linux returns EINVAL. */
static void warn_unaligned(struct parser *p, struct span at, uint64_t addr)
{
	if (!page_aligned(addr))
		diag_warn(p, at, "0x%llx is not a multiple of 4K: Linux returns EINVAL",
			  (unsigned long long)addr);
}

/* The range of a system call; @zero says what Linux does with an empty one. */
static int check_range(struct parser *p, const struct script_op *op,
		       unsigned int addr_arg, const char *zero)
{
	struct span addr = p->arg[addr_arg], len = p->arg[addr_arg + 1];
	int err = check_wrap(p, addr, op->addr, op->len);

	if (err)
		return err;
	warn_unaligned(p, addr, op->addr);
	if (!op->len)
		diag_warn(p, len, "length 0: Linux %s", zero);
	else if (op->addr + (op->len - 1) >= SCRIPT_ADDRESS_END)
		diag_warn(p, addr,
			  "the range ends beyond every address space: Linux refuses it");
	return 0;
}

static int check_length(struct parser *p, struct span at, uint64_t len)
{
	return len ? 0 : diag_error(p, at, "the length is 0");
}

static int check_map_words(struct parser *p)
{
	struct span none = {NULL, 0};
	bool kind = p->group[GROUP_KIND].len, sharing = p->group[GROUP_SHARING].len;

	if (kind && sharing)
		return 0;
	return diag_error(
		p, none, "the map lacks %s%s%s",
		kind ? "" : "its kind (anon, shmem, file, hugetlb=2M|1G, dax=4K|2M|1G)",
		kind || sharing ? "" : " and ", sharing ? "" : "private or shared");
}

static int check_map_range(struct parser *p, const struct script_op *op)
{
	if (!op->len)
		return diag_error(p, p->arg[2], "the length is 0");
	if (!page_aligned(op->addr))
		return diag_error(p, p->arg[1],
				  "the address 0x%llx is not a multiple of 4K",
				  (unsigned long long)op->addr);
	if (!page_aligned(op->len))
		return diag_error(p, p->arg[2],
				  "the length 0x%llx is not a multiple of 4K",
				  (unsigned long long)op->len);
	if (op->addr >= SCRIPT_ADDRESS_END || op->len > SCRIPT_ADDRESS_END - op->addr)
		return diag_error(
			p, p->arg[1],
			"the map ends beyond 2^56, the end of every address space");
	return 0;
}

static int check_page_size(struct parser *p, const struct script_op *op)
{
	uint64_t size = op->page_size;

	if (op->kind == SCRIPT_KIND_HUGETLB && size != SIZE_2M && size != SIZE_1G)
		return diag_error(p, p->group[GROUP_KIND], "a hugetlb page is 2M or 1G");
	if (op->kind == SCRIPT_KIND_DAX && size != PAGE_SIZE && size != SIZE_2M &&
	    size != SIZE_1G)
		return diag_error(p, p->group[GROUP_KIND], "a dax page is 4K, 2M or 1G");
	return 0;
}

/* Only files have a page cache that others fill; so much of it is held for one map. */
#define MAX_CACHED (1ull << 30)

static int check_cached(struct parser *p, const struct script_op *op)
{
	if (!(op->flags & SCRIPT_MAP_CACHED))
		return 0;
	if (op->kind != SCRIPT_KIND_FILE)
		return diag_error(p, p->group[GROUP_CACHED], "only a file is cached");
	if (op->len > MAX_CACHED)
		return diag_error(p, p->group[GROUP_CACHED], "at most 1G of a file is cached");
	return 0;
}

/* of= and offset= */
static int check_view(struct parser *p, const struct script_op *op)
{
	const struct name_info *info;

	if (!page_aligned(op->addr2))
		return diag_error(p, p->group[GROUP_OFFSET],
				  "the offset is not a multiple of 4K");
	if (op->addr2 + op->len < op->len)
		return diag_error(p, p->group[GROUP_OFFSET],
				  "the offset wraps around 2^64");
	if (!(op->flags & SCRIPT_MAP_OF)) {
		if (p->group[GROUP_OFFSET].len && op->kind == SCRIPT_KIND_ANON)
			return diag_error(p, p->group[GROUP_OFFSET],
					  "an anon map has no object to start inside of");
		return 0;
	}
	info = &p->names.infos[op->name2];
	if (info->broken)
		return 0;
	if (info->map_kind == SCRIPT_KIND_ANON && !(info->map_flags & SCRIPT_MAP_SHARED))
		return diag_error(
			p, p->group[GROUP_OF],
			"the map '%s' (line %u) is private anonymous memory: it has no "
			"object to map again",
			p->script->names[op->name2], info->line);
	if (info->map_kind != op->kind)
		return diag_error(p, p->group[GROUP_OF],
				  "the map '%s' (line %u) is of another kind",
				  p->script->names[op->name2], info->line);
	return 0;
}

static void bind_address(struct parser *p, const struct script_op *op,
			 enum name_kind kind)
{
	struct name_info *info = &p->names.infos[op->name];

	if (info->kind == kind && !info->broken && info->addr != op->addr)
		diag_warn(p, p->arg[0],
			  "'%s' meant 0x%llx (line %u); from here on it means 0x%llx",
			  p->script->names[op->name], (unsigned long long)info->addr,
			  info->line, (unsigned long long)op->addr);
	info->kind = kind;
	info->addr = op->addr;
	info->line = p->line_nr;
	info->broken = false;
	info->map_kind = op->kind;
	info->map_flags = op->flags;
}

/* Only the first process's maps are followed: a child starts with a copy. */
static int place_map(struct parser *p, const struct script_op *op)
{
	struct layout_cut cut;

	if (p->process)
		return 0;
	if (layout_remove(&p->layout, op->addr, op->addr + op->len, &cut) ||
	    layout_insert(&p->layout, op->addr, op->addr + op->len, op->name))
		return p->stop = -ENOMEM;
	if (cut.name == SCRIPT_NO_NAME || op->flags & SCRIPT_MAP_FIXED)
		return 0;
	if (cut.more)
		diag_warn(p, p->arg[1],
			  "replaces [0x%llx, 0x%llx) of '%s' and parts of %zu more, as "
			  "MAP_FIXED does",
			  (unsigned long long)cut.start, (unsigned long long)cut.end,
			  p->script->names[cut.name], cut.more);
	else
		diag_warn(p, p->arg[1],
			  "replaces [0x%llx, 0x%llx) of '%s', as MAP_FIXED does",
			  (unsigned long long)cut.start, (unsigned long long)cut.end,
			  p->script->names[cut.name]);
	return 0;
}

int check_map(struct parser *p, struct script_op *op)
{
	int err = check_map_words(p);

	if (!err)
		err = check_map_range(p, op);
	if (!err)
		err = check_page_size(p, op);
	if (!err)
		err = check_cached(p, op);
	if (!err)
		err = check_view(p, op);
	if (err)
		return err;
	bind_address(p, op, NAME_MAP);
	return place_map(p, op);
}

/* The length and stride of accesses from @addr on. */
static int check_accesses(struct parser *p, struct script_op *op, uint64_t addr,
			  struct span addr_at, struct span len_at)
{
	int err = check_length(p, len_at, op->len);

	if (err)
		return err;
	if (!p->group[GROUP_STRIDE].len)
		op->step = PAGE_SIZE;
	if (!op->step)
		return diag_error(p, p->group[GROUP_STRIDE], "the stride is 0");
	return check_wrap(p, addr_at, addr, op->len);
}

int check_touch(struct parser *p, struct script_op *op)
{
	return check_accesses(p, op, op->addr, p->arg[0], p->arg[1]);
}

int check_guest(struct parser *p, struct script_op *op)
{
	int err = check_accesses(p, op, op->addr2, p->arg[2], p->arg[3]);

	return !err && op->flags & SCRIPT_GUEST_L2 ? check_l2_access(p, op) : err;
}

int check_mprotect(struct parser *p, struct script_op *op)
{
	return check_range(p, op, 0, "does nothing");
}

int check_munmap(struct parser *p, struct script_op *op)
{
	int err = check_range(p, op, 0, "returns EINVAL");
	uint64_t end;

	if (err || !op->len || !page_aligned(op->addr) || p->process)
		return err;
	end = op->addr + (op->len - 1) >= SCRIPT_ADDRESS_END ? SCRIPT_ADDRESS_END
							     : op->addr + op->len;
	end = (end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	if (op->addr < end && layout_remove(&p->layout, op->addr, end, NULL))
		return p->stop = -ENOMEM;
	return 0;
}

int check_madvise(struct parser *p, struct script_op *op)
{
	return check_range(p, op, 0, "does nothing");
}

/* Where the moved memory lies afterwards. */
static int move_map(struct parser *p, const struct script_op *op)
{
	uint32_t name = SCRIPT_NO_NAME;
	struct layout_cut cut;

	if (layout_remove(&p->layout, op->addr, op->addr + op->len, &cut))
		return -ENOMEM;
	name = cut.name;
	if (op->flags & SCRIPT_MREMAP_DONTUNMAP && name != SCRIPT_NO_NAME &&
	    layout_insert(&p->layout, op->addr, op->addr + op->len, name))
		return -ENOMEM;
	if (layout_remove(&p->layout, op->addr2, op->addr2 + op->len2, NULL))
		return -ENOMEM;
	if (name == SCRIPT_NO_NAME)
		return 0;
	return layout_insert(&p->layout, op->addr2, op->addr2 + op->len2, name);
}

/* Shrinking forgets the tail; where growing succeeds is Linux's business. */
static int resize_map(struct parser *p, const struct script_op *op)
{
	if (op->len2 >= op->len)
		return 0;
	return layout_remove(&p->layout, op->addr + op->len2, op->addr + op->len, NULL);
}

int check_mremap(struct parser *p, struct script_op *op)
{
	int err = check_range(p, op, 0, "copies a shared map and refuses a private one");
	bool in_place = op->addr2 == op->addr;

	if (!err)
		err = check_wrap(p, p->arg[3], op->addr2, op->len2);
	if (err)
		return err;
	if (in_place && op->flags & SCRIPT_MREMAP_DONTUNMAP)
		return diag_error(p, p->group[0],
				  "'dontunmap' needs another address to move to");
	if (in_place)
		op->flags |= SCRIPT_MREMAP_IN_PLACE;
	else
		warn_unaligned(p, p->arg[3], op->addr2);
	if (!op->len2)
		diag_warn(p, p->arg[2], "new length 0: Linux returns EINVAL");
	if (!op->len || !op->len2 || p->process || !page_aligned(op->addr | op->addr2) ||
	    op->addr + (op->len - 1) >= SCRIPT_ADDRESS_END ||
	    op->addr2 + (op->len2 - 1) >= SCRIPT_ADDRESS_END)
		return 0;
	if (in_place ? resize_map(p, op) : move_map(p, op))
		return p->stop = -ENOMEM;
	return 0;
}

int check_heap(struct parser *p, struct script_op *op)
{
	if (op->addr >= SCRIPT_ADDRESS_END)
		return diag_error(
			p, p->arg[1],
			"the heap starts beyond 2^56, the end of every address space");
	bind_address(p, op, NAME_HEAP);
	return 0;
}

int check_mbind(struct parser *p, struct script_op *op)
{
	int err = check_range(p, op, 0, "does nothing");

	if (err)
		return err;
	if (!op->nodes &&
	    (op->policy == SCRIPT_MPOL_BIND || op->policy == SCRIPT_MPOL_INTERLEAVE))
		diag_warn(p, p->arg[2], "no nodes: Linux returns EINVAL");
	if (op->nodes &&
	    (op->policy == SCRIPT_MPOL_DEFAULT || op->policy == SCRIPT_MPOL_LOCAL))
		diag_warn(p, p->group[GROUP_NODES],
			  "this policy takes no nodes: Linux returns EINVAL");
	return 0;
}

int check_move_pages(struct parser *p, struct script_op *op)
{
	int err = check_wrap(p, p->arg[0], op->addr, op->len);

	if (!err && !op->len)
		diag_warn(p, p->arg[1], "length 0: no page is moved");
	return err;
}

int check_fork(struct parser *p, struct script_op *op)
{
	struct name_info *info = &p->names.infos[op->name];

	if (info->alive && !info->line)
		return diag_error(p, p->arg[0], "'%s' is the first process", SCRIPT_MAIN);
	if (info->alive && !info->broken)
		return diag_error(p, p->arg[0],
				  "the process '%s' (line %u) is still running",
				  p->script->names[op->name], info->line);
	info->kind = NAME_PROCESS;
	info->line = p->line_nr;
	info->alive = true;
	info->broken = false;
	return 0;
}

int check_exec(struct parser *p, struct script_op *op)
{
	(void)op;
	return layout_remove(&p->layout, 0, UINT64_MAX, NULL);
}

static int check_alive(struct parser *p, const struct script_op *op)
{
	const struct name_info *info = &p->names.infos[op->name];

	if (!info->alive)
		return diag_error(p, p->arg[0], "the process '%s' (line %u) has exited",
				  p->script->names[op->name], info->line);
	return 0;
}

int check_switch(struct parser *p, struct script_op *op)
{
	int err = check_alive(p, op);

	if (err)
		return err;
	p->process = op->name2 = op->name;
	return 0;
}

int check_exit(struct parser *p, struct script_op *op)
{
	int err = check_alive(p, op);

	if (err)
		return err;
	if (!op->name)
		return diag_error(p, p->arg[0],
				  "'%s' runs to the end of the script and cannot exit",
				  SCRIPT_MAIN);
	if (op->name == p->process)
		return diag_error(p, p->arg[0],
				  "'%s' is the running process; switch to another first",
				  p->script->names[op->name]);
	p->names.infos[op->name].alive = false;
	op->name2 = op->name;
	return 0;
}

/* Whole pages; @nothing says what happens to none. */
static int check_pages(struct parser *p, struct script_op *op, const char *nothing)
{
	int err = check_wrap(p, p->arg[0], op->addr, op->len);

	if (err)
		return err;
	if (!page_aligned(op->addr))
		return diag_error(p, p->arg[0], "0x%llx is not a multiple of 4K",
				  (unsigned long long)op->addr);
	if (!page_aligned(op->len))
		return diag_error(p, p->arg[1], "0x%llx is not a multiple of 4K",
				  (unsigned long long)op->len);
	if (!op->len)
		diag_warn(p, p->arg[1], "length 0: %s", nothing);
	return 0;
}

int check_numa_hint(struct parser *p, struct script_op *op)
{
	return check_pages(p, op, "nothing is hinted");
}

int check_pin(struct parser *p, struct script_op *op)
{
	return check_pages(p, op, "nothing is pinned");
}

int check_age(struct parser *p, struct script_op *op)
{
	if (op->policy == SCRIPT_AGE_TEST && op->len != PAGE_SIZE)
		return diag_error(p, p->arg[1], "'test' is about one page: the length is 4K");
	return check_pages(p, op, "nothing is asked for");
}

int check_uffd(struct parser *p, struct script_op *op)
{
	int err = check_range(p, op, 1, "returns EINVAL");

	if (!err && !page_aligned(op->len))
		diag_warn(p, p->arg[2],
			  "the length is not a multiple of 4K: Linux returns EINVAL");
	return err;
}

int check_pagemap_scan(struct parser *p, struct script_op *op)
{
	return check_range(p, op, 0, "does nothing");
}

/* A VM or a device lives until the end of the script. */
static int declare_once(struct parser *p, const struct script_op *op, enum name_kind kind)
{
	struct name_info *info = &p->names.infos[op->name];

	if (info->kind == kind && !info->broken)
		return diag_error(p, p->arg[0], "there is %s '%s' already (line %u)",
				  name_kind_text(kind), p->script->names[op->name],
				  info->line);
	info->kind = kind;
	info->line = p->line_nr;
	info->broken = false;
	return 0;
}

int check_vm(struct parser *p, struct script_op *op)
{
	if (op->flags & SCRIPT_VM_NO_TDP_MMU && op->mmu != SCRIPT_MMU_NESTED)
		return diag_error(p, p->arg[1],
				  "'no_tdp_mmu' is for nested VMs; without the TDP MMU this is 'direct'");
	return declare_once(p, op, NAME_VM);
}

int check_memslot(struct parser *p, struct script_op *op)
{
	int err;

	if (op->flags & SCRIPT_MEMSLOT_DELETE)
		return 0;
	if (!op->len)
		return diag_error(p, p->arg[4],
				  "the length is 0; write 'memslot %s %u delete'",
				  p->script->names[op->name2], op->slot);
	err = check_wrap(p, p->arg[3], op->addr, op->len);
	if (!err)
		err = check_wrap(p, p->arg[2], op->addr2, op->len);
	if (err)
		return err;
	warn_unaligned(p, p->arg[3], op->addr);
	warn_unaligned(p, p->arg[2], op->addr2);
	warn_unaligned(p, p->arg[4], op->len);
	return 0;
}

int check_device(struct parser *p, struct script_op *op)
{
	int err = check_length(p, p->arg[2], op->len);

	if (!err)
		err = check_wrap(p, p->arg[1], op->addr, op->len);
	return err ? err : declare_once(p, op, NAME_DEVICE);
}

/* Counts a loop that is nested too deeply as well, so that its end finds its partner. */
int check_repeat(struct parser *p, struct script_op *op)
{
	unsigned int depth = p->depth++;

	if (depth >= SCRIPT_LOOP_DEPTH)
		return diag_error(p, (struct span){p->script->text + op->text, 6},
				  "loops are nested more than %d deep",
				  SCRIPT_LOOP_DEPTH);
	p->loop[depth] = op - p->script->ops;
	return 0;
}

int check_end(struct parser *p, struct script_op *op)
{
	struct span at = {p->script->text + op->text, 3};
	struct script_op *repeat;

	if (!p->depth && p->last_end_line)
		return diag_error(
			p, at,
			"'end' without 'repeat': the loop of line %u ended in line %u",
			p->last_loop_line, p->last_end_line);
	if (!p->depth)
		return diag_error(p, at, "'end' without 'repeat'");
	if (--p->depth >= SCRIPT_LOOP_DEPTH)
		return 0;
	repeat = &p->script->ops[p->loop[p->depth]];
	repeat->jump = op - p->script->ops;
	op->jump = p->loop[p->depth];
	p->last_loop_line = repeat->line;
	p->last_end_line = p->line_nr;
	if (op == repeat + 1)
		return diag_error(p, at, "the loop of line %u repeats nothing",
				  repeat->line);
	return 0;
}
