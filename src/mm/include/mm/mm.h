/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The primary MMU: address spaces with VMAs and real page tables, and the operations that change
 * them, with Linux's notifications. A machine holds what address spaces share: frames, files,
 * settings.
 *
 * Addresses and lengths are bytes. The functions named after system calls return 0 or what Linux
 * returns (negative errno), with Linux's partial effects: mprotect over a hole has changed and
 * notified the VMAs before it when it returns -ENOMEM. When the model itself runs out of memory
 * they return -ENOMEM too, and machine_oom() tells the two apart.
 *
 * Single threaded; each function runs to its end with the mmap lock held, as it were.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/geometry.h>
#include <base/event.h>
#include <mm/profile.h>

struct machine;
struct mm_struct;
struct mm_file;

enum thp_mode { THP_NEVER, THP_MADVISE, THP_ALWAYS };

/**
 * struct mm_stat - what the primary MMU did; machine-wide, never reset
 * @pgfault .. @thp_split_pmd: as in /proc/vmstat
 * @changed: leaf entries changed or removed by operations (not by faults)
 * @tables: page tables visited by operations
 * @tlb_flushes: flushes of the CPU's TLB
 * @bytes_populated: bytes mapped inside the ranges of notifications when they started
 */
struct mm_stat {
	uint64_t pgfault;
	uint64_t thp_fault_alloc;
	uint64_t thp_split_pmd;
	uint64_t changed;
	uint64_t tables;
	uint64_t tlb_flushes;
	uint64_t bytes_populated;
};

/**
 * struct machine_config - how to build a machine
 * @profile, @geo: constant tables that outlive the machine
 * @design: deviations from the profile; all zero for none
 * @events: where records go; not owned; may have no sink
 * @thp, @shmem_thp: transparent_hugepage/enabled and shmem_enabled
 * @before_change: an entry that maps part of [start, end) is about to become less permissive or
 *	to point elsewhere (audit of invariant 1); may be NULL. @ctx: for it
 */
struct machine_config {
	const struct mm_profile *profile;
	struct mm_design design;
	const struct pt_geometry *geo;
	struct event_source *events;
	enum thp_mode thp;
	enum thp_mode shmem_thp;
	void (*before_change)(void *ctx, struct mm_struct *mm, uint64_t start, uint64_t end);
	void *ctx;
};

/** machine_create() - Return: 0 or -ENOMEM. */
int machine_create(const struct machine_config *config, struct machine **ret_machine);

/**
 * machine_end() - the machine is about to be destroyed and nobody will look at it again: address
 * spaces that end from now on leave their pages and tables to machine_destroy(). They notify as
 * ever.
 */
void machine_end(struct machine *machine);

/** machine_destroy() - free everything, address spaces included; NULL is fine; returns NULL. */
struct machine *machine_destroy(struct machine *machine);

/** machine_stat() - the figures now; machine_profile() - what it was made with. Not to be freed. */
const struct mm_stat *machine_stat(const struct machine *machine);
const struct mm_profile *machine_profile(const struct machine *machine);

/**
 * struct mm_memory - what the machine takes now; bytes
 * @tables: page tables and the tables of files, with their records
 * @frames: records of frames in use and of huge pages; not those of the parts of huge pages
 * @vmas: VMAs
 * @pages: 4 KiB frames in use, 512 for a huge one; hugetlb pages of 1 GiB are left out
 */
struct mm_memory {
	uint64_t tables;
	uint64_t frames;
	uint64_t vmas;
	uint64_t pages;
};

/** machine_memory() - as of now. */
void machine_memory(const struct machine *machine, struct mm_memory *ret);

/** machine_bytes() - memory that tables and frame records take now; @ret_peak the most ever. */
uint64_t machine_bytes(const struct machine *machine, uint64_t *ret_peak);

/** machine_oom() - true once the model itself (not the modelled kernel) ran out of memory. */
bool machine_oom(const struct machine *machine);

/**
 * machine_set_thp(), machine_set_shmem_thp() - /sys/kernel/mm/transparent_hugepage/enabled and
 * shmem_enabled, for faults from now on.
 */
void machine_set_thp(struct machine *machine, enum thp_mode mode);
void machine_set_shmem_thp(struct machine *machine, enum thp_mode mode);

/**
 * machine_set_numa_balancing() - sysctl kernel.numa_balancing. Off, hinting notifies as ever and
 * leaves every page alone, all nodes being of the top tier (mm/mprotect.c, since 5.18). On at first.
 */
void machine_set_numa_balancing(struct machine *machine, bool on);

/** mm_create() - an empty address space with a top-level table. Return: 0 or -ENOMEM. */
int mm_create(struct machine *machine, struct mm_struct **ret_mm);

/** mm_destroy() - exit_mmap(): release, unmap, free. NULL is fine; returns NULL. */
struct mm_struct *mm_destroy(struct mm_struct *mm);

/** mm_machine() - the machine that @mm lives on. */
struct machine *mm_machine(const struct mm_struct *mm);

/** mm_pgd() - frame number of the top-level table (what CR3 would hold). */
uint64_t mm_pgd(const struct mm_struct *mm);

/** mm_table() - the 512 entries of the page table at frame @pfn; NULL if that is no table. */
const uint64_t *mm_table(const struct machine *machine, uint64_t pfn);

/**
 * mm_file_create() - an object that can be mapped: a memfd, a tmpfs file.
 * @size: bytes; accesses behind fail as with SIGBUS
 * @shmem: subject to shmem_thp
 * The caller holds one reference. Return: 0 or -ENOMEM.
 */
int mm_file_create(struct machine *machine, uint64_t size, bool shmem, struct mm_file **ret_file);

/**
 * mm_file_create_hugetlb() - a file of hugetlbfs.
 * @page_size: 2 MiB or 1 GiB; @size is rounded up to it
 * Return: 0, -EINVAL for another page size, -ENOMEM.
 */
int mm_file_create_hugetlb(struct machine *machine, uint64_t size, uint64_t page_size,
			   struct mm_file **ret_file);

/**
 * mm_file_create_dax() - a DAX device of @size bytes (drivers/dax/device.c).
 * @align: 4 KiB, 2 MiB or 1 GiB; it maps entries of that size and nothing else
 * Return: 0; -EINVAL for another alignment; -ENOSPC when the machine's devices would exceed
 * 1 PiB; -ENOMEM.
 */
int mm_file_create_dax(struct machine *machine, uint64_t size, uint64_t align,
		       struct mm_file **ret_file);

/**
 * mm_file_read() - [@start, @end) bytes of @file get into the page cache, as read() or readahead
 * does; pages behind the end of the file do not. Return: 0, -EINVAL for devices and hugetlbfs,
 * -ENOMEM.
 */
int mm_file_read(struct mm_file *file, uint64_t start, uint64_t end);

/**
 * mm_truncate() - ftruncate(): @size bytes are left. Return: 0; -EINVAL for devices and for sizes
 * of hugetlbfs that are not whole pages; -ENOMEM.
 */
int mm_truncate(struct mm_file *file, uint64_t size);

/** mm_file_get() - one more reference. */
void mm_file_get(struct mm_file *file);

/** mm_file_put() - drop the caller's reference; NULL is fine. */
void mm_file_put(struct mm_file *file);

/**
 * mm_mmap() - mmap(@addr, @len, @prot, MAP_FIXED | @flags, ...)
 * @prot: PROT_*; @flags: MAP_SHARED or MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE
 * @file: the object, NULL with MAP_ANONYMOUS; @offset: bytes, page aligned
 * Source: mm/mmap.c:do_mmap(), mmap_region(); 6.12: mm/vma.c.
 */
int mm_mmap(struct mm_struct *mm, uint64_t addr, uint64_t len, int prot, int flags,
	    struct mm_file *file, uint64_t offset);

/** mm_munmap() - mm/mmap.c:do_munmap(), do_vmi_align_munmap(). */
int mm_munmap(struct mm_struct *mm, uint64_t addr, uint64_t len);

/** mm_mprotect() - mm/mprotect.c:do_mprotect_pkey(). */
int mm_mprotect(struct mm_struct *mm, uint64_t addr, uint64_t len, int prot);

/** mm_madvise() - @advice: MADV_* (mm/madvise.c). */
int mm_madvise(struct mm_struct *mm, uint64_t addr, uint64_t len, int advice);

/**
 * mm_mremap() - @flags: MREMAP_MAYMOVE | MREMAP_FIXED [| MREMAP_DONTUNMAP] moves to @new_addr;
 * 0 resizes in place (mm/mremap.c).
 */
int mm_mremap(struct mm_struct *mm, uint64_t addr, uint64_t old_len, uint64_t new_len, int flags,
	      uint64_t new_addr);

/**
 * mm_set_heap() - start_brk = brk = @addr (prctl PR_SET_MM_START_BRK and PR_SET_MM_BRK).
 * Return: 0; -EINVAL beyond user space.
 */
int mm_set_heap(struct mm_struct *mm, uint64_t addr);

/**
 * mm_brk() - brk(@addr) (mm/mmap.c).
 * Return: 0; -ENOMEM where the system call would return the old break; what a failing munmap says.
 */
int mm_brk(struct mm_struct *mm, uint64_t addr);

/**
 * mm_numa_hint() - change_prot_numa() over [@addr, @addr + @len), VMA by VMA (mm/mempolicy.c).
 * Return: 0; -EINVAL for an unaligned @addr or a range that wraps.
 */
int mm_numa_hint(struct mm_struct *mm, uint64_t addr, uint64_t len);

/**
 * mm_pin() - pin the pages of [@addr, @addr + @len) for DMA, faulting them in for writing, to the
 * end of the machine (mm/gup.c:pin_user_pages() with FOLL_LONGTERM). fork() copies such pages, and
 * NUMA hinting may leave them alone.
 * Return: 0; -EINVAL; -EFAULT where the range cannot be written: what comes before stays pinned.
 */
int mm_pin(struct mm_struct *mm, uint64_t addr, uint64_t len);

/* NUMA nodes of the machine; the CPU belongs to node 0. */
#define MM_NODES 2

enum mm_mpol {
	MM_MPOL_DEFAULT,
	MM_MPOL_PREFERRED,
	MM_MPOL_BIND,
	MM_MPOL_INTERLEAVE,
	MM_MPOL_LOCAL,
};
enum { MM_MBIND_MOVE = 1, MM_MBIND_STRICT = 2 };

/**
 * mm_mbind() - mbind(); @nodes is a mask; @flags: MM_MBIND_MOVE (MPOL_MF_MOVE), MM_MBIND_STRICT
 * (mm/mempolicy.c:do_mbind()).
 * Return: 0; -EINVAL; -EFAULT for a hole, unless the policy is the default; -EIO when pages are
 * elsewhere and may not move; -ENOMEM.
 */
int mm_mbind(struct mm_struct *mm, uint64_t addr, uint64_t len, enum mm_mpol mode, uint64_t nodes,
	     unsigned int flags);

/**
 * mm_move_pages() - move_pages() of every page of [@addr, @addr + @len) with MPOL_MF_MOVE
 * (mm/migrate.c:do_pages_move()). Return: the first page's error, -ENOENT and -EFAULT aside;
 * -ENODEV for a node that is not there; -ENOMEM.
 */
int mm_move_pages(struct mm_struct *mm, uint64_t addr, uint64_t len, unsigned int node);

/** machine_ksm() - @passes full passes of ksmd (mm/ksm.c). Return: 0 or -ENOMEM. */
int machine_ksm(struct machine *machine, uint64_t passes);

/**
 * mm_numa_scan() - one task_numa_work() of the process, whose time has come
 * (kernel/sched/fair.c). Return: 0.
 */
int mm_numa_scan(struct mm_struct *mm);

/**
 * mm_clear_refs() - write @value to /proc/PID/clear_refs (fs/proc/task_mmu.c:clear_refs_write()).
 * 4 clears the soft-dirty bits and so write-protects. Return: 0; -EINVAL for what is not 1 to 5.
 */
int mm_clear_refs(struct mm_struct *mm, uint64_t value);

/**
 * mm_pagemap_scan() - the PAGEMAP_SCAN ioctl over [@addr, @addr + @len) without output, with @wp
 * PM_SCAN_WP_MATCHING. Memory without asynchronous write protection, which this model does not
 * have, is left alone; the notification is sent all the same.
 * Return: 0; -EINVAL for an unaligned @addr; -EFAULT for a range beyond user space; -ENOTTY
 * before 6.7.
 */
int mm_pagemap_scan(struct mm_struct *mm, uint64_t addr, uint64_t len, bool wp);

/**
 * mm_uffd_register(), mm_uffd_unregister() - UFFDIO_REGISTER in write-protect mode and
 * UFFDIO_UNREGISTER of the process's one userfaultfd, which has UFFD_FEATURE_SIGBUS: an access
 * that it would be told of fails (fs/userfaultfd.c; 6.12: mm/userfaultfd.c).
 * Return: 0; -EINVAL for a range that is unaligned, empty, without a VMA, or partly of memory that
 * cannot be registered; -ENOMEM.
 */
int mm_uffd_register(struct mm_struct *mm, uint64_t addr, uint64_t len);
int mm_uffd_unregister(struct mm_struct *mm, uint64_t addr, uint64_t len);

/**
 * mm_uffd_writeprotect() - UFFDIO_WRITEPROTECT, or with !@wp its end.
 * Return: 0; -ENOENT: not registered, or to 6.4 not all in one VMA; -EINVAL; -ENOMEM.
 */
int mm_uffd_writeprotect(struct mm_struct *mm, uint64_t addr, uint64_t len, bool wp);

/** mm_fork() - a child with a copy (kernel/fork.c:dup_mmap()). Return: 0 or -ENOMEM. */
int mm_fork(struct mm_struct *mm, struct mm_struct **ret_child);

/** mm_forkwait() - a child that exits at once, and the wait for it. Return: 0 or -ENOMEM. */
int mm_forkwait(struct mm_struct *mm);

enum mm_access { MM_READ, MM_WRITE, MM_EXEC };

/**
 * mm_access() - user accesses: one at @addr, @addr + @step, ... below @addr + @len.
 * @len: bytes; @addr + @len does not wrap
 * @step: bytes, not 0
 * All are tried. Return: 0; -EFAULT when one or more would have raised SIGSEGV or SIGBUS; -ENOMEM
 * ends them.
 */
int mm_access(struct mm_struct *mm, uint64_t addr, uint64_t len, uint64_t step,
	      enum mm_access access);

/**
 * mm_populate() - the faults that accesses to each page of [@addr, @addr + @len) would take, and
 * what they map, without a byte written (mm/gup.c:populate_vma_page_range()). Return: as mm_access().
 */
int mm_populate(struct mm_struct *mm, uint64_t addr, uint64_t len, bool write);

/** mm_set_threaded() - the process has more than one thread: NUMA hinting takes local pages, too. */
void mm_set_threaded(struct mm_struct *mm);

/** mm_observe() - notifications are sent even when nobody has subscribed (an empty VM watches). */
void mm_observe(struct mm_struct *mm);

/**
 * struct mm_vma_info - one VMA, [start, end) bytes
 * @flags: VM_*, Linux's numbers
 * @pgoff: page index in the file; of anonymous memory the page number at which it was mapped
 */
struct mm_vma_info {
	uint64_t start;
	uint64_t end;
	uint64_t flags;
	uint64_t pgoff;
	bool has_file;
	bool has_anon_vma;
	bool hugetlb;
};

/**
 * mm_vma_next() - look at the VMAs in ascending order.
 * @addr: the first VMA that ends above it is shown
 * Return: false when there is none.
 */
bool mm_vma_next(struct mm_struct *mm, uint64_t addr, struct mm_vma_info *ret_info);

#endif /* MM_MM_H */
