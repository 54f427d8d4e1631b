// SPDX-License-Identifier: GPL-2.0-or-later
/* One recorded call each: keep the layout, write the operation. */
#include "import_internal.h"

#include <errno.h>
#include <string.h>

#define ROUND_UP(x) (((x) + PAGE - 1) & ~(PAGE - 1))
/* A process with a VM: maps of this size that can be written are called ram. */
#define RAM_SIZE (16ULL << 20)
/*
 * More names than the language allows in one script (SCRIPT_MAX_NAMES) get hex instead.
 */
#define MAX_NAMES 1000000u

static const char *const kind_words[] = {
	[KIND_ANON] = "anon",          [KIND_SHMEM] = "shmem",
	[KIND_FILE] = "file",          [KIND_HUGE_2M] = "hugetlb=2M",
	[KIND_HUGE_1G] = "hugetlb=1G",
};

bool imp_range_ok(struct import *im, uint64_t addr, uint64_t len)
{
	if (len && !(addr & (PAGE - 1)) && addr < ADDR_END && len <= ADDR_END - addr)
		return true;
	im->report->outside++;
	return false;
}

static bool starts_with(const char *s, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && !memcmp(s, prefix, n);
}

enum map_kind imp_map_kind_of(uint64_t flags, const char *path, size_t len)
{
	if (flags & MAP_BIT_HUGETLB)
		return (flags >> MAP_HUGE_SHIFT_BITS & 63) == 30 ? KIND_HUGE_1G
								 : KIND_HUGE_2M;
	if (flags & MAP_BIT_ANON || starts_with(path, len, "/dev/zero"))
		return KIND_ANON;
	if (starts_with(path, len, "/memfd:") || starts_with(path, len, "/dev/shm/") ||
	    starts_with(path, len, "/SYSV") || starts_with(path, len, "memfd:"))
		return KIND_SHMEM;
	return KIND_FILE;
}

/* As much of a file as a script can have in the page cache. */
#define MAX_CACHED (1ULL << 30)

static void give_name(struct import *im, struct vma *vma, enum map_name name)
{
	if (im->next_name[NAME_MAP] + im->next_name[NAME_IMPLIED] +
		    im->next_name[NAME_RAM] >=
	    MAX_NAMES)
		name = NAME_NONE;
	vma->name = name;
	vma->base = vma->start;
	vma->number = ++im->next_name[name];
}

static void out_map(struct import *im, const struct vma *vma)
{
	imp_out_str(im, "map ");
	imp_out_vma_name(im, vma);
	imp_out_bytes(im, " ", 1);
	imp_out_hex(im, vma->start);
	imp_out_bytes(im, " ", 1);
	imp_out_size(im, vma->end - vma->start);
	imp_out_bytes(im, " ", 1);
	imp_out_prot(im, vma->prot);
	imp_out_bytes(im, " ", 1);
	imp_out_str(im, kind_words[vma->kind]);
	imp_out_str(im, vma->shared ? " shared" : " private");
}

/* " of=m3 offset=2M" for a second view of an object, " offset=2M" for the first. */
static void out_view(struct import *im, const struct mm *mm, const struct vma *vma,
		     const struct map_call *call)
{
	const uint64_t key = call->object ^ (uint64_t)mm->number << 32;
	struct object *object = &im->objects[key % OBJECT_CACHE];
	struct vma first = { .name = object->name, .number = object->number };

	if (!call->object || vma->kind != KIND_SHMEM || !vma->shared ||
	    vma->name == NAME_NONE || call->offset & (PAGE - 1) ||
	    call->offset > ADDR_END)
		return;
	if (object->key == key) {
		imp_out_str(im, " of=");
		imp_out_vma_name(im, &first);
	} else {
		*object = (struct object){ key, vma->number, vma->name };
	}
	if (!call->offset)
		return;
	imp_out_str(im, " offset=");
	imp_out_size(im, call->offset);
}

/* What makes a writable map of a process with a VM look like guest memory. */
static enum map_name name_for(const struct mm *mm, const struct vma *vma)
{
	if (!SLIST_EMPTY(&mm->vms) && vma->prot & PROT_BIT_W &&
	    vma->end - vma->start >= RAM_SIZE)
		return NAME_RAM;
	return NAME_MAP;
}

int imp_op_mmap(struct import *im, struct mm *mm, const struct map_call *call)
{
	struct vma vma = { .start = call->addr,
			   .prot = call->prot & 7,
			   .kind = call->kind,
			   .shared = call->flags & MAP_BIT_SHARED };
	const struct vma *old;
	bool shown, fixed;
	int err;

	if (!call->len || call->len > ADDR_END ||
	    !imp_range_ok(im, call->addr, ROUND_UP(call->len)))
		return 0;
	vma.end = call->addr + ROUND_UP(call->len);
	imp_touch_flush(im); /* while the names still stand for what they did */
	old = imp_vma_find(mm, vma.start);
	fixed = old && old->start < vma.end;
	err = imp_vma_remove(mm, vma.start, vma.end);
	if (err)
		return err;
	shown = imp_go_to(im, mm);
	if (shown)
		give_name(im, &vma, name_for(mm, &vma));
	err = imp_vma_insert(mm, &vma);
	if (err || !shown)
		return err;
	out_map(im, &vma);
	imp_out_str(im, call->flags & MAP_BIT_NORESERVE ? " noreserve" : "");
	imp_out_str(im, call->flags & MAP_BIT_POPULATE ? " populate" : "");
	imp_out_str(im, fixed ? " fixed" : "");
	imp_out_str(im, im->cached && vma.kind == KIND_FILE && vma.end - vma.start <= MAX_CACHED ?
				" cached" : "");
	out_view(im, mm, &vma, call);
	imp_out_end(im);
	imp_touch_forget(im);
	if (vma.prot && !(call->flags & MAP_BIT_POPULATE))
		imp_touch_range(im, mm, vma.start, vma.end, vma.prot & PROT_BIT_W);
	return 1;
}

/* A map that the recording does not show being made, from its first use on. */
static int imply_one(struct import *im, struct mm *mm, uint64_t start, uint64_t end)
{
	struct vma vma = { .start = start,
			   .end = end,
			   .prot = PROT_BIT_R | PROT_BIT_W,
			   .kind = KIND_ANON };
	bool shown;
	int err;

	imp_touch_flush(im);
	shown = imp_go_to(im, mm);
	if (shown)
		give_name(im, &vma, NAME_IMPLIED);
	err = imp_vma_insert(mm, &vma);
	if (err || !shown)
		return err;
	im->report->implied++;
	out_map(im, &vma);
	imp_out_note(im, "assumed, not shown being mapped");
	imp_touch_range(im, mm, start, end, true);
	return 0;
}

int imp_op_imply(struct import *im, struct mm *mm, uint64_t addr, uint64_t end)
{
	while (addr < end) {
		struct vma *vma = imp_vma_find(mm, addr);
		uint64_t stop = vma && vma->start < end ? vma->start : end;
		uint64_t next = vma ? vma->end : end;
		int err;

		if (addr < stop) {
			err = imply_one(im, mm, addr, stop);
			if (err)
				return err;
		}
		addr = next;
	}
	return 0;
}

/* "NAME ADDR LEN", the beginning of most operations. */
static void out_op(struct import *im, struct mm *mm, const char *name, uint64_t addr,
		   uint64_t len)
{
	imp_touch_flush(im);
	imp_out_str(im, name);
	imp_out_bytes(im, " ", 1);
	imp_out_addr(im, mm, addr);
	imp_out_bytes(im, " ", 1);
	imp_out_size(im, len);
}

int imp_op_munmap(struct import *im, struct mm *mm, uint64_t addr, uint64_t len)
{
	int err;

	if (!len || len > ADDR_END || !imp_range_ok(im, addr, ROUND_UP(len)))
		return 0;
	len = ROUND_UP(len);
	if (imp_go_to(im, mm)) {
		out_op(im, mm, "munmap", addr, len);
		imp_out_end(im);
		imp_touch_forget(im);
	}
	err = imp_vma_remove(mm, addr, addr + len);
	return err ? err : 1;
}

/* What an mprotect makes accessible that was not: touched before any later call. */
static void touch_gained(struct import *im, struct mm *mm, uint64_t addr, uint64_t end,
			 const struct vma *old, unsigned int prot)
{
	uint64_t start = old->start > addr ? old->start : addr;
	bool write = prot & PROT_BIT_W;

	if (!prot || (write ? old->prot & PROT_BIT_W : old->prot))
		return;
	imp_touch_range(im, mm, start, old->end < end ? old->end : end, write);
}

/* Where the memory mapped without a hole from @addr on ends, @end at the latest. */
static uint64_t mapped_until(struct mm *mm, uint64_t addr, uint64_t end)
{
	struct vma *vma = imp_vma_find(mm, addr);

	for (; vma && vma->start <= addr && addr < end; vma = imp_vma_next(vma))
		addr = vma->end;
	return addr < end ? addr : end;
}

int imp_op_mprotect(struct import *im, struct mm *mm, uint64_t addr, uint64_t len,
		    unsigned int prot, bool enomem)
{
	struct vma *vma;
	uint64_t end;
	int err = 0;

	if (!len || len > ADDR_END || !imp_range_ok(im, addr, ROUND_UP(len)))
		return 0;
	prot &= 7;
	end = addr + ROUND_UP(len);
	if (!enomem)
		err = imp_op_imply(im, mm, addr, end);
	if (err)
		return err;
	if (imp_go_to(im, mm)) {
		out_op(im, mm, "mprotect", addr, end - addr);
		imp_out_bytes(im, " ", 1);
		imp_out_prot(im, prot);
		imp_out_note(im, enomem ? "ENOMEM" : NULL);
		imp_touch_forget(im);
	}
	end = mapped_until(mm, addr, end);
	for (vma = imp_vma_find(mm, addr); vma && vma->start < end;
	     vma = imp_vma_next(vma))
		touch_gained(im, mm, addr, end, vma, prot);
	err = end > addr ? imp_vma_protect(mm, addr, end, prot) : 0;
	return err ? err : 1;
}

int imp_op_madvise(struct import *im, struct mm *mm, uint64_t addr, uint64_t len,
		   const char *advice, bool enomem)
{
	int err = 0;

	if (!len)
		return 0;
	if (len > ADDR_END || !imp_range_ok(im, addr, ROUND_UP(len)))
		return 0;
	len = ROUND_UP(len);
	if (!enomem)
		err = imp_op_imply(im, mm, addr, addr + len);
	if (err || !imp_go_to(im, mm))
		return err;
	out_op(im, mm, "madvise", addr, len);
	imp_out_bytes(im, " ", 1);
	imp_out_str(im, advice);
	imp_out_note(im, enomem ? "ENOMEM" : NULL);
	imp_touch_forget(im);
	return 1;
}

/* Take what is mapped at [@addr, @addr + @len) to @to; its names stay behind. */
static int move_vmas(struct mm *mm, uint64_t addr, uint64_t len, uint64_t to, bool keep)
{
	struct vma *vma;
	int err = imp_vma_split(mm, addr);

	if (!err)
		err = imp_vma_split(mm, addr + len);
	if (!err)
		err = imp_vma_remove(mm, to, to + len);
	for (vma = imp_vma_find(mm, addr); !err && vma && vma->start < addr + len;
	     vma = imp_vma_next(vma)) {
		struct vma moved = *vma;

		moved.start += to - addr;
		moved.end += to - addr;
		moved.name = NAME_NONE;
		err = imp_vma_insert(mm, &moved);
	}
	return err || keep ? err : imp_vma_remove(mm, addr, addr + len);
}

/* The last vma below @end grows to @new_end. */
static int grow_vma(struct import *im, struct mm *mm, uint64_t end, uint64_t new_end)
{
	struct vma *vma = imp_vma_find(mm, end - 1);
	struct vma tail;
	int err;

	if (!vma || vma->end != end)
		return 0;
	tail = *vma;
	tail.start = end;
	tail.end = new_end;
	err = imp_vma_remove(mm, end, new_end);
	if (!err)
		err = imp_vma_insert(mm, &tail);
	if (!err && tail.prot)
		imp_touch_range(im, mm, end, new_end, tail.prot & PROT_BIT_W);
	return err ? err : imp_vma_protect(mm, end, new_end, tail.prot);
}

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

/* A result that mremap() cannot have: memory moved onto itself, or kept and resized. */
static bool no_kernel_moves(uint64_t addr, uint64_t len, uint64_t new_len,
			    uint64_t new_addr, bool dontunmap)
{
	if (dontunmap && (new_addr == addr || len != new_len))
		return true;
	return new_addr != addr && overlap(addr, len, new_addr, new_len);
}

int imp_op_mremap(struct import *im, struct mm *mm, uint64_t addr, uint64_t len,
		  uint64_t new_len, uint64_t new_addr, bool dontunmap)
{
	uint64_t keep;
	int err;

	/*
	 * an old length of 0 maps shared memory once more: the map follows when it is
	 * used
	 */
	if (!len || len > ADDR_END || new_len > ADDR_END ||
	    !imp_range_ok(im, addr, ROUND_UP(len)) ||
	    !imp_range_ok(im, new_addr, ROUND_UP(new_len)))
		return 0;
	len = ROUND_UP(len);
	new_len = ROUND_UP(new_len);
	if (no_kernel_moves(addr, len, new_len, new_addr, dontunmap)) {
		im->report->outside++;
		return 0;
	}
	err = imp_op_imply(im, mm, addr, addr + len);
	if (err)
		return err;
	if (imp_go_to(im, mm)) {
		out_op(im, mm, "mremap", addr, len);
		imp_out_bytes(im, " ", 1);
		imp_out_size(im, new_len);
		imp_out_bytes(im, " ", 1);
		imp_out_addr(im, mm, new_addr);
		imp_out_str(im, dontunmap ? " dontunmap" : "");
		imp_out_end(im);
		imp_touch_forget(im);
	}
	keep = len < new_len ? len : new_len;
	if (keep < len)
		err = imp_vma_remove(mm, addr + keep, addr + len);
	if (!err && new_addr != addr)
		err = move_vmas(mm, addr, keep, new_addr, dontunmap);
	if (!err && new_len > keep)
		err = grow_vma(im, mm, new_addr + keep, new_addr + new_len);
	return err ? err : 1;
}

static void out_heap_name(struct import *im, const struct mm *mm)
{
	struct vma heap = { .name = NAME_HEAP, .number = mm->heap_number };

	imp_out_vma_name(im, &heap);
}

void imp_op_heap(struct import *im, struct mm *mm, uint64_t start)
{
	mm->brk_start = mm->brk = start;
	if (!imp_go_to(im, mm))
		return;
	imp_touch_flush(im);
	mm->heap_number = ++im->next_name[NAME_HEAP];
	imp_out_str(im, "heap ");
	out_heap_name(im, mm);
	imp_out_bytes(im, " ", 1);
	imp_out_hex(im, start);
	imp_out_end(im);
}

void imp_out_brk(struct import *im, struct mm *mm, uint64_t brk)
{
	imp_touch_flush(im);
	imp_out_str(im, "brk ");
	out_heap_name(im, mm);
	if (brk > mm->brk_start) {
		imp_out_bytes(im, "+", 1);
		imp_out_size(im, brk - mm->brk_start);
	}
	imp_out_end(im);
	imp_touch_forget(im);
}

int imp_op_brk(struct import *im, struct mm *mm, uint64_t brk)
{
	struct vma heap = { .prot = PROT_BIT_R | PROT_BIT_W,
			    .kind = KIND_ANON,
			    .name = NAME_HEAP,
			    .base = mm->brk_start,
			    .number = mm->heap_number };
	const uint64_t old = ROUND_UP(mm->brk), new = ROUND_UP(brk);
	int err;

	if (!imp_range_ok(im, new, PAGE))
		return 0;
	/* the first call tells where the heap begins; nothing is mapped there yet */
	if (!mm->brk_start || brk < mm->brk_start) {
		imp_op_heap(im, mm, new);
		return 1;
	}
	if (brk == mm->brk)
		return 0;
	if (imp_go_to(im, mm))
		imp_out_brk(im, mm, brk);
	mm->brk = brk;
	err = new < old ? imp_vma_remove(mm, new, old) : 0;
	if (err || new <= old)
		return err ? err : 1;
	heap.start = old;
	heap.end = new;
	err = imp_vma_remove(mm, old, new);
	if (!err)
		err = imp_vma_insert(mm, &heap);
	if (err)
		return err;
	imp_touch_range(im, mm, old, new, true);
	err = imp_vma_protect(mm, old, new,
			      heap.prot); /* joins it with the rest of the heap */
	return err ? err : 1;
}

static void out_nodes(struct import *im, uint64_t nodes)
{
	const char *comma = " ";

	for (unsigned int node = 0; node < 64; node++) {
		if (!(nodes >> node & 1))
			continue;
		imp_out_str(im, comma);
		imp_out_dec(im, node);
		comma = ",";
	}
}

int imp_op_mbind(struct import *im, struct mm *mm, uint64_t addr, uint64_t len,
		 const char *policy, uint64_t nodes, uint64_t flags)
{
	int err;

	if (!len || len > ADDR_END || !imp_range_ok(im, addr, ROUND_UP(len)))
		return 0;
	len = ROUND_UP(len);
	err = imp_op_imply(im, mm, addr, addr + len);
	if (err || !imp_go_to(im, mm))
		return err;
	out_op(im, mm, "mbind", addr, len);
	imp_out_bytes(im, " ", 1);
	imp_out_str(im, policy);
	out_nodes(im, nodes);
	imp_out_str(im, flags & MBIND_BITS_MOVE ? " move" : "");
	imp_out_str(im, flags & MBIND_BIT_STRICT ? " strict" : "");
	imp_out_end(im);
	return 1;
}
