/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM: a virtual machine, its memory slots, its secondary page tables and how they follow
 * the primary MMU. Models virt/kvm/kvm_main.c and arch/x86/kvm/mmu of Linux 6.1 to 7.2 on
 * AMD with accessed and dirty bits.
 *
 * Single threaded: one vCPU, "in progress" means between a start and its end in program
 * order. Guest-physical ranges are bytes, half open; gfn is a 4 KiB guest frame.
 */
#ifndef KVM_KVM_H
#define KVM_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/event.h>
#include <kvm/profile.h>

struct kvm;
struct mm_struct;

/**
 * enum kvm_mmu_kind - which of KVM's page tables a VM uses
 * @KVM_MMU_TDP: npt=1 tdp_mmu=1: the TDP MMU
 * @KVM_MMU_DIRECT: npt=1 tdp_mmu=0: tables by guest-physical address with reverse maps
 * @KVM_MMU_SHADOW: npt=0: guest-virtual accesses are translated by shadow pages of the
 *	guest's own tables. A guest-physical access below 4 GiB is that of a guest with
 *	paging off, which KVM serves with direct shadow pages of levels 2 and 1 below four
 *	roots. One beyond needs paging: the guest's tables then lie outside of its slots
 *	and map everything to itself with pages of 1 GiB. From one to the other, and to
 *	tables of its own, all roots are thrown away.
 * @KVM_MMU_NESTED: npt=1 tdp_mmu=1 (unless no_tdp_mmu) and an L1 hypervisor: as TDP for L1's own accesses;
 *	shadow pages of L1's nested tables for L2's. Reverse maps exist from the first
 *	shadow root on.
 */
enum kvm_mmu_kind {
	KVM_MMU_TDP,
	KVM_MMU_DIRECT,
	KVM_MMU_SHADOW,
	KVM_MMU_NESTED,
};

/**
 * struct kvm_config - how to make a VM
 * @mmu: kind of page tables
 * @profile: see kvm_profile_find(); must outlive the VM
 * @mm: the process that creates it; must outlive the VM
 * @events: where records are made; must outlive the VM
 * @root_level: 4, or 5 for 57 bits of guest-physical address; 0 is 4
 * @table_base_pfn: frame number of the first table minus one; 0 is a default above all
 *	memory. Only seen in events.
 * @literal: scan reverse-map heads one by one instead of finding the non-empty ones by an
 *	index; same counts, for tests
 * @rmap_index: the design "rmap=index": notifications find the heads in use through an index
 *	and can yield after every word or head. No kernel has it.
 * @no_tdp_mmu: kind NESTED with tdp_mmu=0: L1's own accesses as DIRECT, reverse maps always
 */
struct kvm_config {
	enum kvm_mmu_kind mmu;
	const struct kvm_profile *profile;
	struct mm_struct *mm;
	struct event_source *events;
	unsigned int root_level;
	uint64_t table_base_pfn;
	bool literal;
	bool rmap_index;
	bool no_tdp_mmu;
};

/**
 * kvm_create() - a VM without memory, subscribed to the notifications of its process
 * (KVM_CREATE_VM).
 * Return: 0; -ENOMEM; @ret_kvm is untouched on failure.
 * Source: virt/kvm/kvm_main.c:kvm_create_vm().
 */
int kvm_create(const struct kvm_config *config, struct kvm **ret_kvm);

/**
 * kvm_release() - the VM goes: unsubscribe, zap everything (kvm_mmu_zap_all(), which may yield
 * behind each page) unless the process went first and told so, free the roots. Only
 * kvm_get_stat(), kvm_rmap_bytes() and kvm_destroy() after that.
 * Source: virt/kvm/kvm_main.c:kvm_mmu_notifier_release().
 */
void kvm_release(struct kvm *kvm);

/** kvm_destroy() - kvm_release() if that was not yet, and free; NULL is fine. */
void kvm_destroy(struct kvm *kvm);

/*
 * struct kvm_memory_region.flags; Linux's KVM_MEM_*. While LOG_DIRTY_PAGES is set, mappings of the
 * slot are made with 4 KiB and without prefetch, and frames that become writable are logged.
 */
#define KVM_MEM_LOG_DIRTY_PAGES (1u << 0)
#define KVM_MEM_READONLY (1u << 1)

#define KVM_ADDRESS_SPACES 2u                   /* normal, SMM */
#define KVM_MEM_SLOTS 32764u                    /* per address space */
#define KVM_MEM_MAX_NR_PAGES ((1ull << 31) - 1) /* per slot: 8 TiB less one page */

/**
 * struct kvm_memory_region - Linux's struct kvm_userspace_memory_region
 * @slot: number; bits 16 and up are the address space
 * @guest_phys_addr, @memory_size, @userspace_addr: bytes
 */
struct kvm_memory_region {
	uint32_t slot;
	uint32_t flags;
	uint64_t guest_phys_addr;
	uint64_t memory_size;
	uint64_t userspace_addr;
};

/**
 * kvm_set_memory_region() - create, change, move or (size 0) delete a slot
 * (KVM_SET_USER_MEMORY_REGION). Deleting and moving zap every page table of the VM.
 *
 * Return: 0; -EINVAL: not page aligned, unknown flag or slot number, larger than
 * KVM_MEM_MAX_NR_PAGES, beyond the guest-physical address width, deletion of a slot that
 * does not exist, change of size, address or read-only of one that does; -EEXIST:
 * overlaps another slot of the address space; -ENOMEM; -EBUSY: a notification is running, or
 * this is called by a fault's hook: Linux sleeps there until the one has ended
 * (kvm_swap_active_memslots), or the other (SRCU); one thread cannot.
 * Source: virt/kvm/kvm_main.c:__kvm_set_memory_region() of 6.12.
 */
int kvm_set_memory_region(struct kvm *kvm, const struct kvm_memory_region *region);

/**
 * kvm_enable_dirty_log_protect() - KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: reading a log neither clears
 * nor protects; kvm_clear_dirty_log() does.
 * @initially_set: a new log has every frame; nothing is protected when logging starts
 *
 * Before any slot logs.
 */
void kvm_enable_dirty_log_protect(struct kvm *kvm, bool initially_set);

/**
 * struct kvm_dirty_log - what a log held
 * @pages: frames that were written to
 * @hash: kvm_dirty_hash() over their numbers within the slot, ascending, from 0
 */
struct kvm_dirty_log {
	uint64_t pages;
	uint64_t hash;
};

/** kvm_dirty_hash() - one more frame; the executor computes the same. */
static inline uint64_t kvm_dirty_hash(uint64_t hash, uint64_t page)
{
	return (hash ^ page) * 0x100000001b3ull + 1;
}

/**
 * kvm_get_dirty_log() - read the log of slot number @slot (bits 16 and up: address space), clear
 * it and write-protect what it held again, unless that is left to kvm_clear_dirty_log().
 *
 * Return: 0; -EINVAL: no such slot number; -ENOENT: the slot does not exist or does not log.
 * Source: virt/kvm/kvm_main.c:kvm_get_dirty_log_protect().
 */
int kvm_get_dirty_log(struct kvm *kvm, uint32_t slot, struct kvm_dirty_log *ret);

/**
 * kvm_clear_dirty_log() - clear the bits of [@first, @first + @nr) frames of the slot, and
 * write-protect those that were set.
 *
 * Return: as kvm_get_dirty_log(); -EINVAL also: @first is no multiple of 64, @nr neither that nor up
 * to the end of the slot, or beyond it; -ENOMEM: large pages stay unsplit.
 * Source: virt/kvm/kvm_main.c:kvm_clear_dirty_log_protect().
 */
int kvm_clear_dirty_log(struct kvm *kvm, uint32_t slot, uint64_t first, uint64_t nr);

/* How the guest accesses; EVENT's error code follows from it. */
#define KVM_ACCESS_READ 0u
#define KVM_ACCESS_WRITE (1u << 0)
#define KVM_ACCESS_EXEC (1u << 1)
#define KVM_ACCESS_PAGING                                                                \
	(1u << 2) /* by the guest's own page walk, not for its final address */
#define KVM_ACCESS_SMM (1u << 3) /* in system management mode: address space 1 */

/**
 * kvm_guest_access() - the guest accesses one byte at guest-physical address @gpa.
 *
 * The hardware walks the tables first and sets accessed and dirty bits; on a miss KVM
 * handles the fault: samples the sequence, faults the primary MMU, obeys the retry rule,
 * installs; as often as the retry rule sends it back.
 *
 * Return: 0; -ENOENT: no slot there, or a write to a read-only slot (MMIO to user space);
 * -EFAULT: the primary MMU does not allow it; -ENOMEM; -EAGAIN: an invalidation of this
 * frame is in progress: the vCPU of a real kernel spins until it has ended, one thread
 * cannot.
 * Source: arch/x86/kvm/mmu/mmu.c:kvm_mmu_page_fault(), kvm_tdp_page_fault(), direct_page_fault().
 */
int kvm_guest_access(struct kvm *kvm, uint64_t gpa, unsigned int access);

/**
 * kvm_guest_access_range() - kvm_guest_access() of @gpa, @gpa + @stride, ... below @gpa +
 * @len.
 * @ret_done: accesses that succeeded; set on failure, too; may be NULL
 *
 * Return: as kvm_guest_access(), of the first access that fails; the rest is not tried.
 */
int kvm_guest_access_range(struct kvm *kvm, uint64_t gpa, uint64_t len, uint64_t stride,
			   unsigned int access, uint64_t *ret_done);

/*
 * Guests with tables of their own, long mode with four levels unless said otherwise. Kind SHADOW:
 * the guest's tables for virtual addresses. Kind NESTED: an L1 hypervisor's nested tables, and
 * every "gva" below is an L2 guest-physical address. The contents of the tables are kept by the
 * VM, by guest frame; the frames themselves are ordinary memory of the process, which KVM reads
 * and writes, so that walks touch the primary MMU as they do in reality.
 */

/* Bits of a guest table entry for kvm_guest_map(). */
#define KVM_GPTE_WRITABLE (1ull << 1)
#define KVM_GPTE_USER (1ull << 2) /* required in nested tables */
#define KVM_GPTE_ACCESSED (1ull << 5)
#define KVM_GPTE_DIRTY (1ull << 6)
#define KVM_GPTE_NX (1ull << 63)

/**
 * enum kvm_guest_paging - format of the guest's tables
 * @KVM_PAGING_LONG: long mode, four levels
 * @KVM_PAGING_LA57: long mode, five levels
 * @KVM_PAGING_PAE: 32 bits, entries of 8 bytes: four top entries, which are read when CR3 is
 *	loaded, and two levels; pages of 4 KiB and 2 MiB
 * @KVM_PAGING_32: 32 bits, entries of 4 bytes, two levels; pages of 4 KiB and 4 MiB (level 2)
 */
enum kvm_guest_paging {
	KVM_PAGING_LONG,
	KVM_PAGING_LA57,
	KVM_PAGING_PAE,
	KVM_PAGING_32,
};

/**
 * struct kvm_guest_tables - where kvm_guest_map() puts tables
 * @root: guest-physical address of the top table; 0: taken from the area at first use
 * @next, @end: area of guest-physical memory for tables, page aligned
 * @paging: their format
 */
struct kvm_guest_tables {
	uint64_t root;
	uint64_t next;
	uint64_t end;
	enum kvm_guest_paging paging;
};

/**
 * kvm_guest_map() - the loader (the process, not the guest) makes tables that map [@va,
 * @va + @len) to @gpa with pages of @level (1: 4 KiB, 2: 2 MiB, 3: 1 GiB) and rights
 * @flags (KVM_GPTE_*).
 *
 * Writes to the table's frames through the process, which faults them in; KVM learns
 * nothing.
 * Return: 0; -EINVAL: not aligned to the page size, beyond the format; -ENOSPC: the area is
 * used up; -ENOENT: the area is in no slot; -EFAULT; -ENOMEM. What was mapped before the
 * error stays.
 */
int kvm_guest_map(struct kvm *kvm, struct kvm_guest_tables *tables, uint64_t va,
		  uint64_t gpa, uint64_t len, unsigned int level, uint64_t flags);

/**
 * kvm_guest_find_entry() - where the entry of @level for @va is; touches nothing.
 * Return: 0; -EINVAL: as kvm_guest_map(); -ENOENT: there is no table of that level.
 */
int kvm_guest_find_entry(struct kvm *kvm, const struct kvm_guest_tables *tables, uint64_t va,
			 unsigned int level, uint64_t *ret_gpa);

/**
 * kvm_guest_leaf() - the entry with which kvm_guest_map() maps a page of @level, to @gpa with
 * @flags (KVM_GPTE_*), in the format of @tables.
 */
uint64_t kvm_guest_leaf(const struct kvm_guest_tables *tables, uint64_t gpa,
			unsigned int level, uint64_t flags);

/** kvm_load_guest_entry() - the loader writes 8 bytes of a table. As kvm_guest_map(). */
int kvm_load_guest_entry(struct kvm *kvm, uint64_t gpa, uint64_t value);

/**
 * kvm_guest_entry() - what the guest's memory holds there; 0 where no table was written.
 */
uint64_t kvm_guest_entry(struct kvm *kvm, uint64_t gpa);

/**
 * kvm_guest_store() - the guest itself writes an entry of a table: at a virtual address
 * (SHADOW), or at a guest-physical one. A write to an
 * upper table that is shadowed is emulated and zaps; one to a table of level 1 makes its
 * shadow page unsync.
 * Return: as kvm_guest_access_gva().
 * Source: arch/x86/kvm/mmu/mmu.c:kvm_mmu_track_write(), mmu_try_to_unsync_pages().
 */
int kvm_guest_store(struct kvm *kvm, uint64_t addr, uint64_t value);

/**
 * kvm_load_cr3() - a load of CR3 with the address of a top table of @format; paging is on from
 * now on. The same value again synchronises, as a move to CR3 (SHADOW) or a VMRUN (NESTED) does.
 *
 * In long mode the last three roots are kept for the next load; a change of the format or of
 * paging throws all roots away (kvm_set_cr3, fast_pgd_switch, kvm_mmu_reset_context). The pages
 * of a root that is let go of stay until zapped.
 * Return: 0; -EINVAL: not for this kind of MMU; -ENOENT: the top table is in no slot (SHADOW);
 * -EACCES: PAE's top entries cannot be read; -ENOMEM.
 * Source: arch/x86/kvm/x86.c:kvm_set_cr3(); arch/x86/kvm/svm/nested.c:nested_svm_load_cr3();
 * arch/x86/kvm/mmu/mmu.c:kvm_mmu_new_pgd(), mmu_sync_children().
 */
int kvm_load_cr3(struct kvm *kvm, uint64_t cr3, enum kvm_guest_paging format);

/** kvm_set_cr3() - kvm_load_cr3() in long mode with four levels. */
int kvm_set_cr3(struct kvm *kvm, uint64_t cr3);

/**
 * kvm_set_sregs() - user space sets the control registers of a SHADOW guest: all roots are thrown
 * away, kept ones included. @paging: on, by the top table at @cr3 of @format, which is not yet
 * loaded; else off, and both mean nothing.
 * Return: 0; -EINVAL: not for this kind of MMU; -EACCES: PAE's top entries cannot be read; -ENOMEM.
 * Source: arch/x86/kvm/x86.c:__set_sregs(), kvm_mmu_reset_context().
 */
int kvm_set_sregs(struct kvm *kvm, bool paging, uint64_t cr3, enum kvm_guest_paging format);

/**
 * kvm_set_l1_nx() - L1's EFER.NXE, before the first kvm_set_cr3(): without it (as a VM
 * starts) KVM_GPTE_NX is reserved in nested tables.
 */
void kvm_set_l1_nx(struct kvm *kvm, bool nx);

/**
 * kvm_invlpg() - the guest executes INVLPG: synchronise the entry for @gva. Return: 0; -EINVAL
 * without paging.
 * Source: arch/x86/kvm/mmu/mmu.c:kvm_mmu_invlpg().
 */
int kvm_invlpg(struct kvm *kvm, uint64_t gva);

/**
 * kvm_guest_access_gva() - the guest accesses one byte by virtual (L2 guest-physical)
 * address.
 * Return: as kvm_guest_access(); -EACCES: its own tables forbid it: the guest (L1) gets
 * the fault; -EINVAL: no paging, or beyond the format.
 * Source: arch/x86/kvm/mmu/paging_tmpl.h:walk_addr_generic(), page_fault(), fetch().
 */
int kvm_guest_access_gva(struct kvm *kvm, uint64_t gva, unsigned int access);

/**
 * enum kvm_fault_point - where a fault can be interrupted
 * @KVM_FAULT_SAMPLED: the sequence has been read, the primary MMU not yet asked
 * @KVM_FAULT_TRANSLATED: the primary MMU has answered, mmu_lock is not yet taken
 */
enum kvm_fault_point {
	KVM_FAULT_SAMPLED,
	KVM_FAULT_TRANSLATED,
};

/**
 * kvm_set_fault_hook() - call @hook at the points of every fault; NULL switches off.
 *
 * The hook may start and end notifications of the process, as another thread would there.
 */
void kvm_set_fault_hook(struct kvm *kvm,
			void (*hook)(void *ctx, struct kvm *kvm,
				     enum kvm_fault_point point, uint64_t gfn),
			void *ctx);

/** kvm_set_rip() - what the vCPU's faults report as rip (initially 0). */
void kvm_set_rip(struct kvm *kvm, uint64_t rip);

/**
 * struct kvm_stat - figures, always counted; names of KVM's binary statistics where one
 * exists
 * @pages_4k, @pages_2m, @pages_1g: leaf SPTEs now
 * @pf_taken: guest faults handled
 * @pf_fixed: of them, those that installed or changed an SPTE
 * @pf_spurious: of them, those that found nothing to change
 * @pf_emulate: of them, those that went to user space as MMIO
 * @pf_fast: of them, those that the lockless path finished
 * @pf_mmio_spte_created: of them, those that remembered a frame without a slot
 * @pf_guest: of them, those that the guest's own tables forbid
 * @invlpg: kvm_invlpg() calls
 * @mmu_pde_zapped: entries of shadowed upper tables cut off by emulated writes
 * @mmu_flooded: emulated writes that zapped a shadow page for being too many
 * @mmu_recycled: shadow pages zapped for want of room: always 0, there is room
 * @nx_lpage_splits: always 0, on AMD there is no such splitting
 * @mmu_shadow_zapped: shadow pages (not TDP MMU pages) zapped
 * @mmu_cache_miss: shadow pages made
 * @mmu_unsync: shadow pages now unsync
 * @mmu_pte_write: emulated writes to guest tables
 * @max_mmu_rmap_size: most SPTEs that a head held when one more was added
 * @remote_tlb_flush: flushes of the vCPUs' TLBs (as if one was running)
 * @invalidations: notifications that reached at least one slot
 * @pf_retried: faults that the retry rule sent back
 * @frames_covered: guest frames in notified ranges, clipped to slots, summed over the
 *	slots
 * @rmap_scanned: heads looked at by notifications; with rmap_index: words of the index
 *	looked at and heads visited
 * @rmap_visited: heads visited: the first of each level, and every non-empty one; with
 *	rmap_index: every non-empty one
 * @rmap_longest: most heads scanned in one stretch without a chance to yield; a maximum,
 *	reset by kvm_reset_maxima()
 * @tdp_walked: entries looked at by notifications in TDP tables
 * @sptes_zapped: leaf SPTEs zapped by notifications
 * @tables: tables in use, shadow pages and TDP MMU pages
 */
struct kvm_stat {
	uint64_t pages_4k;
	uint64_t pages_2m;
	uint64_t pages_1g;
	uint64_t pf_taken;
	uint64_t pf_fixed;
	uint64_t pf_spurious;
	uint64_t pf_emulate;
	uint64_t pf_fast;
	uint64_t pf_mmio_spte_created;
	uint64_t pf_guest;
	uint64_t invlpg;
	uint64_t mmu_pde_zapped;
	uint64_t mmu_flooded;
	uint64_t mmu_recycled;
	uint64_t nx_lpage_splits;
	uint64_t mmu_shadow_zapped;
	uint64_t mmu_cache_miss;
	uint64_t mmu_unsync;
	uint64_t mmu_pte_write;
	uint64_t max_mmu_rmap_size;
	uint64_t remote_tlb_flush;
	uint64_t invalidations;
	uint64_t pf_retried;
	uint64_t frames_covered;
	uint64_t rmap_scanned;
	uint64_t rmap_visited;
	uint64_t rmap_longest;
	uint64_t tdp_walked;
	uint64_t sptes_zapped;
	uint64_t tables;
};

/** kvm_get_stat() - the figures now; valid as long as the VM. */
const struct kvm_stat *kvm_get_stat(const struct kvm *kvm);

/** kvm_reset_maxima() - rmap_longest back to 0, to measure one operation. */
void kvm_reset_maxima(struct kvm *kvm);

/**
 * kvm_rmap_bytes() - what a kernel allocates for reverse-map heads of all slots that have them,
 * touched or not, and for the index over them (0 without rmap_index).
 */
void kvm_rmap_bytes(struct kvm *kvm, uint64_t *ret_heads, uint64_t *ret_index);

/**
 * struct kvm_memory - what a VM takes now; bytes
 * @tables: with their records
 * @heads: reverse-map heads in use
 * @chains: descriptors of heads with more than one SPTE
 */
struct kvm_memory {
	uint64_t tables;
	uint64_t heads;
	uint64_t chains;
};

/** kvm_memory() - counted now. */
void kvm_memory(const struct kvm *kvm, struct kvm_memory *ret);

/**
 * struct kvm_invalidate_state - the invalidation window, for tests and audits
 * @seq: mmu_invalidate_seq
 * @in_progress: mmu_invalidate_in_progress
 * @active: mn_active_invalidate_count
 * @start, @end: union of the running ranges: guest frames or host addresses by profile;
 *	meaningless while @in_progress is 0
 */
struct kvm_invalidate_state {
	uint64_t seq;
	uint64_t in_progress;
	uint64_t active;
	uint64_t start;
	uint64_t end;
};

/** kvm_get_invalidate_state() - as it is now. */
void kvm_get_invalidate_state(const struct kvm *kvm, struct kvm_invalidate_state *ret);

/**
 * struct kvm_mapping - what the hardware's walk of the secondary tables finds
 * @spte: the leaf entry; @level: its level
 */
struct kvm_mapping {
	uint64_t spte;
	unsigned int level;
};

/**
 * kvm_lookup() - walk the tables for @gpa in address space @as_id; changes nothing.
 * Return: 0; -ENOENT when no leaf maps it.
 */
int kvm_lookup(const struct kvm *kvm, unsigned int as_id, uint64_t gpa,
	       struct kvm_mapping *ret);

/**
 * kvm_next_mapped() - the first guest-physical address in [@start, @end), page aligned bytes of one
 * slot in address space @as_id, that any of the VM's page tables maps: those that shadow a guest's
 * own tables and those of L2 as well. Changes nothing.
 * Return: @end when none does.
 */
uint64_t kvm_next_mapped(const struct kvm *kvm, unsigned int as_id, uint64_t start, uint64_t end);

/**
 * typedef kvm_violation_fn - one broken invariant
 * @invariant: its number in the list of ARCHITECTURE.md
 * @text: in words, no newline; valid during the call
 */
typedef void kvm_violation_fn(void *ctx, unsigned int invariant, const char *text);

/**
 * kvm_audit() - check the secondary side: invariants 2, 3, 4, 6 and 8.
 * @idle: no operation is running, so that nothing may be in progress
 *
 * 2: no SPTE is more permissive than the primary entry, or maps another frame, outside a
 * running notification. 3: no fault installed an SPTE although an invalidation of it
 * began after it had sampled the sequence. 4: in-progress counts are zero when no
 * notification is active. 6: tables point to live tables of the next level, counts of
 * used entries and of leaves agree, every leaf of a table with reverse maps is in exactly
 * one head and every head entry is such a leaf, and every frame that is writable in a slot that
 * logs is in its log. 8: the longest stretch without a yield is
 * within the profile's promise. Cost: in proportion to the tables that exist.
 *
 * Return: violations found.
 */
uint64_t kvm_audit(const struct kvm *kvm, bool idle, kvm_violation_fn *report, void *ctx);

#endif /* KVM_KVM_H */
