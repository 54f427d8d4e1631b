/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address space with VMAs and page tables, and the operations that change it, each with the
 * notifications of the machine's kernel.
 *
 * Functions named after a system call return what Linux returns, with Linux's partial effects:
 * mprotect over a hole has changed and notified the VMAs before it when it returns -ENOMEM.
 * Numbers (PROT_*, MAP_*, MADV_*, MREMAP_*) are those of <sys/mman.h>. Every function here returns
 * -EINVAL at once for a range that does not end below 2^57, -EDEADLK from a callback, and -ENOMEM
 * when memory for the model runs out (ms_machine_exhausted() tells).
 */
#ifndef MMUSCOPE_MM_H
#define MMUSCOPE_MM_H

#include <mmuscope/base.h>
#include <mmuscope/machine.h>

MS_BEGIN_DECLS

struct ms_mm;

/** ms_mm_create() - a process with an empty address space. Return: 0. */
MS_API int ms_mm_create(struct ms_machine *machine, struct ms_mm **ret_mm);

/**
 * ms_mm_fork() - a child with a copy of it, as fork() makes (kernel/fork.c:dup_mmap()). VMs and
 * subscriptions are not inherited. Return: 0.
 */
MS_API int ms_mm_fork(struct ms_mm *mm, struct ms_mm **ret_child);

/**
 * ms_mm_destroy() - the process exits. Its VMs and interval subscriptions end, its other
 * subscribers are told with release, everything is unmapped, and all handles that were made from
 * @mm are gone. NULL is fine.
 * Return: 0; -EDEADLK.
 */
MS_API int ms_mm_destroy(struct ms_mm *mm);

/** ms_mm_pid() - its number in event records: 1, 2, ... in order of making. Callback safe. */
MS_API uint32_t ms_mm_pid(const struct ms_mm *mm);

/** ms_mm_machine() - the machine that it lives on. Callback safe. */
MS_API struct ms_machine *ms_mm_machine(const struct ms_mm *mm);

/**
 * ms_mm_observe() - from now on notifications are sent, counted and recorded even while nobody has
 * subscribed, as if an empty VM watched. (Linux sends nothing without a subscriber.) Return: 0.
 */
MS_API int ms_mm_observe(struct ms_mm *mm);

/**
 * ms_mm_map() - map memory at a fixed address: mmap(@addr, @len, @prot, @flags | MAP_FIXED, ...).
 * What was there is unmapped.
 * @flags: MAP_PRIVATE or MAP_SHARED; MAP_NORESERVE
 * @file: what to map; NULL is anonymous memory (with MAP_SHARED: a nameless shmem file)
 * @offset: bytes into it, page aligned; below 64 PiB
 * Return: 0; -EINVAL: alignment, flags; -EOVERFLOW: offset; -ENOMEM: beyond the address space.
 * (mm/mmap.c:do_mmap())
 */
MS_API int ms_mm_map(struct ms_mm *mm, uint64_t addr, uint64_t len, int prot, int flags,
		     struct ms_file *file, uint64_t offset);

/** ms_mm_munmap() - unmap what is mapped in the range: munmap(). Return: 0; -EINVAL. */
MS_API int ms_mm_munmap(struct ms_mm *mm, uint64_t addr, uint64_t len);

/**
 * ms_mm_mprotect() - change the protection of the range: mprotect().
 * Return: 0; -EINVAL; -ENOMEM: a hole; -EACCES.
 */
MS_API int ms_mm_mprotect(struct ms_mm *mm, uint64_t addr, uint64_t len, int prot);

/**
 * ms_mm_madvise() - advice on the range: madvise().
 * @advice: MADV_*
 * Return: 0; -EINVAL: alignment, advice; -ENOMEM: a hole; what else Linux returns for that advice.
 */
MS_API int ms_mm_madvise(struct ms_mm *mm, uint64_t addr, uint64_t len, int advice);

/**
 * ms_mm_mremap() - move or resize: mremap(@old_addr, @old_len, @new_len, @flags, @new_addr).
 * @flags: MREMAP_MAYMOVE | MREMAP_FIXED, with MREMAP_DONTUNMAP or not, moves to @new_addr;
 *	0 resizes in place
 * Return: 0; -EINVAL: other flags, alignment, overlap; -EFAULT: nothing mapped; -ENOMEM: no room.
 */
MS_API int ms_mm_mremap(struct ms_mm *mm, uint64_t old_addr, uint64_t old_len, uint64_t new_len,
			int flags, uint64_t new_addr);

/** ms_mm_set_heap() - the heap begins and ends at @addr (PR_SET_MM). Return: 0. */
MS_API int ms_mm_set_heap(struct ms_mm *mm, uint64_t addr);

/**
 * ms_mm_brk() - move the end of the heap to @addr: brk().
 * Return: 0; -ENOMEM where brk() would return the old break.
 */
MS_API int ms_mm_brk(struct ms_mm *mm, uint64_t addr);

/**
 * ms_mm_touch() - the process accesses memory: @addr, @addr + @step, ... below @addr + @len.
 * @step: bytes, not 0
 * Return: 0; -EFAULT: at least one would have raised SIGSEGV or SIGBUS (all are tried); -EINVAL.
 */
MS_API int ms_mm_touch(struct ms_mm *mm, uint64_t addr, uint64_t len, uint64_t step,
		       enum ms_access access);

/** ms_mm_numa_hint() - NUMA hinting over exactly this range (change_prot_numa()). Return: 0. */
MS_API int ms_mm_numa_hint(struct ms_mm *mm, uint64_t addr, uint64_t len);

/** ms_mm_numa_scan() - one step of the NUMA scanner (task_numa_work()). Return: 0. */
MS_API int ms_mm_numa_scan(struct ms_mm *mm);

/**
 * enum ms_mpol - memory policies. The machine has two NUMA nodes; the CPU belongs to node 0.
 */
enum ms_mpol {
	MS_MPOL_DEFAULT = 0,
	MS_MPOL_PREFERRED = 1,
	MS_MPOL_BIND = 2,
	MS_MPOL_INTERLEAVE = 3,
	MS_MPOL_LOCAL = 4
};
/* ms_mm_mbind(): move pages that are elsewhere; fail if there are any */
#define MS_MBIND_MOVE (1u << 0)
#define MS_MBIND_STRICT (1u << 1)

/**
 * ms_mm_mbind() - set the memory policy of the range: mbind(). @nodes has a bit per node, @flags
 * are MS_MBIND_*.
 * Return: 0; -EINVAL; -EFAULT: a hole; -EIO: pages elsewhere. (mm/mempolicy.c:do_mbind())
 */
MS_API int ms_mm_mbind(struct ms_mm *mm, uint64_t addr, uint64_t len, enum ms_mpol mode,
		       uint64_t nodes, unsigned int flags);

/**
 * ms_mm_move_pages() - move_pages() of every page in the range to @node.
 * Return: 0; -ENODEV: no such node; the error of the first page that has one, -ENOENT (no page)
 * and -EFAULT (no memory) left aside.
 */
MS_API int ms_mm_move_pages(struct ms_mm *mm, uint64_t addr, uint64_t len, unsigned int node);

/**
 * ms_mm_pin() - pin the pages for DMA until the machine ends (pin_user_pages(), FOLL_LONGTERM).
 * Return: 0; -EINVAL; -EFAULT: not writable there; what comes before stays pinned.
 */
MS_API int ms_mm_pin(struct ms_mm *mm, uint64_t addr, uint64_t len);

/** ms_mm_clear_refs() - write 1 to 5 to /proc/PID/clear_refs; 4: soft-dirty. Return: 0; -EINVAL. */
MS_API int ms_mm_clear_refs(struct ms_mm *mm, unsigned int value);

/**
 * ms_mm_uffd_register() - register the range with the process's userfaultfd (UFFDIO_REGISTER).
 * Return: 0; -EINVAL; -EBUSY.
 */
MS_API int ms_mm_uffd_register(struct ms_mm *mm, uint64_t addr, uint64_t len);

/** ms_mm_uffd_unregister() - UFFDIO_UNREGISTER. Return: 0; -EINVAL. */
MS_API int ms_mm_uffd_unregister(struct ms_mm *mm, uint64_t addr, uint64_t len);

/**
 * ms_mm_uffd_writeprotect() - UFFDIO_WRITEPROTECT; @protect 0 ends it.
 * Return: 0; -EINVAL; -ENOENT: not registered.
 */
MS_API int ms_mm_uffd_writeprotect(struct ms_mm *mm, uint64_t addr, uint64_t len, int protect);

/**
 * struct ms_vma - one VMA; later versions may append members
 * @start, @end: bytes
 * @flags: Linux's VM_*: 1 read, 2 write, 4 exec, 8 shared, ...
 * @has_file: not 0: memory of a file or device
 */
struct ms_vma {
	size_t size;
	uint64_t start;
	uint64_t end;
	uint64_t flags;
	uint32_t has_file;
	uint32_t reserved;
};

/**
 * ms_mm_vma_next() - the first VMA that ends above @addr.
 * @ret_vma: ->size set to sizeof(struct ms_vma) before
 * Return: 0; -ENOENT: there is none; -EINVAL: size. Callback safe.
 */
MS_API int ms_mm_vma_next(const struct ms_mm *mm, uint64_t addr, struct ms_vma *ret_vma);

/**
 * struct ms_translation - what the page table says of an address
 * @size: sizeof(struct ms_translation), set by the caller
 * @pfn: 4 KiB frame behind it
 * @level: of the leaf entry: 1: 4 KiB, 2: 2 MiB, 3: 1 GiB
 * @writable: not 0: the entry allows writing
 */
struct ms_translation {
	size_t size;
	uint64_t pfn;
	uint32_t level;
	uint32_t writable;
};

/**
 * ms_mm_translate() - look an address up; no fault, no change.
 * Return: 0; -ENOENT: no present entry; -EINVAL: size. Callback safe.
 */
MS_API int ms_mm_translate(const struct ms_mm *mm, uint64_t addr, struct ms_translation *ret);

/**
 * ms_mm_get_user_page() - what a secondary MMU does for a fault of its own: fault @addr in as the
 * process would, and look it up. May notify (copy on write) before it returns.
 * @access: MS_READ or MS_WRITE
 * Return: 0; -EFAULT: not allowed, nothing mapped; -EINVAL: access, size.
 */
MS_API int ms_mm_get_user_page(struct ms_mm *mm, uint64_t addr, enum ms_access access,
			       struct ms_translation *ret);

MS_END_DECLS

#endif /* MMUSCOPE_MM_H */
