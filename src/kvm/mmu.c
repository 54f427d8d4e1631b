// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest access: the hardware's walk of the tables, and the fault when it fails: sample,
 * ask the primary MMU, obey the retry rule, install. The part of arch/x86/kvm/mmu/mmu.c
 * that both kinds of table share.
 */
#include "kvm_internal.h"

#include <assert.h>
#include <errno.h>

/* Bits of the error code of a nested page fault and of a page fault. */
#define PFERR_PRESENT (1ull << 0)
#define PFERR_WRITE (1ull << 1)
#define PFERR_USER (1ull << 2)
#define PFERR_RSVD (1ull << 3)
#define PFERR_FETCH (1ull << 4)
#define PFERR_GUEST_FINAL (1ull << 32)
#define PFERR_GUEST_PAGE (1ull << 33)

/*
 * Retries of one access before we say that it spins: only a hook that never stops gets
 * there.
 */
#define MAX_RETRIES 1000000u
/*
 * Most additions to lists of SPTEs that one fault makes: a group of eight, and a link per
 * level.
 */
#define FAULT_DESCS 13u

spte_t *kvm_mmu_walk(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
		     unsigned int *ret_level)
{
	uint64_t pfn = kvm->root_pfn[as_id];
	unsigned int level = kvm->root_level;
	spte_t *sptep = cached_table(kvm, as_id, gfn);

	if (sptep) {
		*ret_level = SPTE_LEVEL_4K;
		return sptep + spte_index(gfn, SPTE_LEVEL_4K);
	}
	if (!pfn)
		return NULL;
	for (;; level--) {
		sptep = (spte_t *)pt_arena_table(&kvm->arena, pfn) +
			spte_index(gfn, level);
		if (!spte_table(*sptep, level))
			break;
		pfn = spte_pfn(*sptep);
	}
	if (level == SPTE_LEVEL_4K)
		cache_table(kvm, as_id, gfn, (spte_t *)pt_arena_table(&kvm->arena, pfn));
	*ret_level = level;
	return sptep;
}

int kvm_lookup(const struct kvm *kvm, unsigned int as_id, uint64_t gpa,
	       struct kvm_mapping *ret)
{
	unsigned int level;
	spte_t *sptep;

	if (as_id >= KVM_ADDRESS_SPACES ||
	    gpa >> PAGE_SHIFT >> (SPTE_LEVEL_BITS * kvm->root_level))
		return -ENOENT;
	/* the walk remembers where it ended, nothing else changes */
	sptep = kvm_mmu_walk((struct kvm *)kvm, as_id, gpa >> PAGE_SHIFT, &level);
	if (!sptep || !spte_leaf(*sptep, level))
		return -ENOENT;
	ret->spte = sptep->val;
	ret->level = level;
	return 0;
}

static unsigned int needed_rights(unsigned int access)
{
	return (access & KVM_ACCESS_WRITE ? SPTE_ACC_WRITE : 0) |
	       (access & KVM_ACCESS_EXEC ? SPTE_ACC_EXEC : 0);
}

/*
 * The hardware's part: true when the access went through. @ret_sptep: where it ended if not, NULL
 * without a root.
 */
static bool hardware_access(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
			    unsigned int access, const spte_t **ret_sptep)
{
	unsigned int level;
	spte_t *sptep = kvm_mmu_walk(kvm, as_id, gfn, &level);

	*ret_sptep = sptep;
	if (!sptep || !spte_allows(*sptep, needed_rights(access)))
		return false;
	sptep->val |= SPTE_ACCESSED;
	if (!(access & KVM_ACCESS_WRITE))
		return true;
	sptep->val |= SPTE_DIRTY;
	mm_page_written(kvm->mm, spte_pfn(*sptep) + (gfn & (spte_pages(level) - 1)));
	return true;
}

/* Why the hardware refused the entry it ended at; reserved bits hide that it is present. */
static uint64_t refusal(const spte_t *sptep)
{
	if (!sptep || !(sptep->val & SPTE_PRESENT))
		return 0;
	return spte_is_mmio(*sptep) ? PFERR_RSVD : PFERR_PRESENT;
}

static void page_fault_event(struct kvm *kvm, const struct kvm_page_fault *fault,
			     const spte_t *sptep)
{
	uint64_t code = 0;

	if (!event_on(kvm->events))
		return;
	if (kvm->mmu != KVM_MMU_SHADOW)
		code = PFERR_USER |
		       (fault->access & KVM_ACCESS_PAGING ? PFERR_GUEST_PAGE :
							    PFERR_GUEST_FINAL);
	code |= refusal(sptep);
	code |= fault->access & KVM_ACCESS_WRITE ? PFERR_WRITE : 0;
	code |= fault->access & KVM_ACCESS_EXEC ? PFERR_FETCH : 0;
	EVENT(kvm->events, EVENT_KVM_PAGE_FAULT, 0, kvm->rip, fault->gpa, code);
}

int kvm_load_root(struct kvm *kvm, unsigned int as_id)
{
	if (kvm->root_pfn[as_id])
		return 0;
	return kvm->tdp_mmu ? kvm_tdp_mmu_alloc_root(kvm, as_id) :
			      mmu_alloc_direct_root(kvm, as_id);
}

static void call_hook(struct kvm *kvm, enum kvm_fault_point point, uint64_t gfn)
{
	if (kvm->fault_hook)
		kvm->fault_hook(kvm->fault_ctx, kvm, point, gfn);
}

/* kvm_mmu_max_mapping_level(): what slot and primary mapping allow. */
static unsigned int max_mapping_level(struct kvm *kvm, const struct kvm_page_fault *fault,
				      unsigned int max_level, unsigned int host_level)
{
	unsigned int level = max_level < SPTE_LEVEL_1G ? max_level : SPTE_LEVEL_1G;

	if (fault->slot->flags & KVM_MEM_LOG_DIRTY_PAGES)
		return SPTE_LEVEL_4K;
	while (level > SPTE_LEVEL_4K &&
	       (!slot_lpage_allowed(fault->slot, fault->gfn, level) ||
		lpage_tracked(kvm, fault->as_id, fault->gfn, level)))
		level--;
	return level < host_level ? level : host_level;
}

/*
 * kvm_faultin_pfn(): ask the primary MMU.
 *
 *   vCPU                                  another thread of the process
 *   mmu_seq = mmu_invalidate_seq
 *   [KVM_FAULT_SAMPLED]
 *                                         start: in_progress++
 *   pfn = primary translation (old)
 *                                         change the primary entry
 *                                         end: seq++, in_progress--
 *   [KVM_FAULT_TRANSLATED]
 *   lock; seq != mmu_seq -> retry         <- without it: a stale SPTE that nobody zaps
 */
int kvm_faultin_pfn(struct kvm *kvm, struct kvm_page_fault *fault, unsigned int max_level)
{
	bool write = fault->access & KVM_ACCESS_WRITE;
	bool readonly = fault->slot->flags & KVM_MEM_READONLY;
	struct mm_translation t;
	int err;

	fault->mmu_seq = kvm->mmu_invalidate_seq;
	kvm->ghost.armed = true;
	kvm->ghost.nr = 0;
	kvm->ghost.overflow = false;
	call_hook(kvm, KVM_FAULT_SAMPLED, fault->gfn);
	if (kvm->profile->early_retry && mmu_invalidate_retry(kvm, fault))
		return RET_PF_RETRY;
	err = mm_get_user_page(kvm->mm, slot_hva(fault->slot, fault->gfn), write, &t);
	if (err)
		return err;
	fault->pfn = t.pfn;
	fault->map_writable = t.writable && !readonly;
	fault->goal_level = max_mapping_level(kvm, fault, max_level, t.level);
	call_hook(kvm, KVM_FAULT_TRANSLATED, fault->gfn);
	return RET_PF_FIXED;
}

/*
 * The witness of invariant 3: whatever was invalidated since the sample must not be
 * installed.
 */
static void check_ghost(struct kvm *kvm, const struct kvm_page_fault *fault)
{
	const struct kvm_ghost *ghost = &kvm->ghost;
	uint64_t start = fault->gfn & ~(spte_pages(fault->goal_level) - 1);
	uint64_t end = start + spte_pages(fault->goal_level);
	bool broken = ghost->overflow;
	unsigned int i;

	for (i = 0; i < ghost->nr; i++)
		broken |= ghost->start[i] < end && start < ghost->end[i];
	kvm->ghost.broken += broken;
}

int kvm_fault_begin(struct kvm *kvm)
{
	return desc_pool_topup(&kvm->descs, FAULT_DESCS);
}

/*
 * mmu_lock is taken: is the answer still good? @ret is what kvm_faultin_pfn() returned.
 */
int kvm_fault_end(struct kvm *kvm, const struct kvm_page_fault *fault, int ret)
{
	if (!ret && mmu_invalidate_retry(kvm, fault))
		ret = RET_PF_RETRY;
	kvm->ghost.armed = false;
	if (!ret)
		check_ghost(kvm, fault);
	return ret;
}

void kvm_count_fault(struct kvm *kvm, int ret)
{
	if (ret == RET_PF_FIXED)
		kvm->stat.pf_fixed++;
	else if (ret == RET_PF_SPURIOUS)
		kvm->stat.pf_spurious++;
	else if (ret == RET_PF_RETRY)
		kvm->stat.pf_retried++;
	else if (ret == RET_PF_EMULATE || ret == -ENOENT)
		kvm->stat.pf_emulate++;
}

/* direct_page_fault() from the sample on: RET_PF_* or a negative errno. */
static int handle_fault(struct kvm *kvm, struct kvm_page_fault *fault)
{
	int ret = kvm_fault_begin(kvm);

	if (ret)
		return ret;
	ret = kvm_fault_end(kvm, fault, kvm_faultin_pfn(kvm, fault, SPTE_LEVEL_1G));
	if (ret)
		return ret;
	return kvm->tdp_mmu ? kvm_tdp_mmu_map(kvm, fault) : direct_map(kvm, fault);
}

/*
 * No slot: an entry that says so is made like any other, and the access goes to user space. One
 * that is still right saves the work (handle_mmio_page_fault).
 */
static int handle_mmio_fault(struct kvm *kvm, struct kvm_page_fault *fault, const spte_t *sptep)
{
	int err;

	if (sptep && spte_is_mmio(*sptep) && spte_mmio_current(*sptep, kvm->memslots_generation))
		return -ENOENT;
	fault->pfn = KVM_PFN_NOSLOT;
	fault->map_writable = false;
	fault->goal_level = SPTE_LEVEL_4K;
	err = kvm_fault_begin(kvm);
	if (!err)
		err = kvm->tdp_mmu ? kvm_tdp_mmu_map(kvm, fault) : direct_map(kvm, fault);
	return err < 0 ? err : -ENOENT;
}

static int page_fault(struct kvm *kvm, struct kvm_page_fault *fault, const spte_t *sptep)
{
	bool write = fault->access & KVM_ACCESS_WRITE;
	bool present = refusal(sptep) == PFERR_PRESENT;
	int ret;

	page_fault_event(kvm, fault, sptep);
	kvm->stat.pf_taken++;
	fault->slot = gfn_to_memslot(&kvm->memslots[fault->as_id], fault->gfn);
	if (!fault->slot)
		ret = handle_mmio_fault(kvm, fault, sptep);
	else if (write && (fault->slot->flags & KVM_MEM_READONLY))
		ret = -ENOENT;
	else if (write && present && gfn_write_tracked(kvm, fault->as_id, fault->gfn))
		ret = RET_PF_EMULATE;
	else
		ret = handle_fault(kvm, fault);
	kvm_count_fault(kvm, ret);
	return ret;
}

int kvm_guest_access(struct kvm *kvm, uint64_t gpa, unsigned int access)
{
	struct kvm_page_fault fault = {
		.gpa = gpa,
		.gfn = gpa >> PAGE_SHIFT,
		.access = access,
		.as_id = access & KVM_ACCESS_SMM ? 1 : 0,
	};
	const spte_t *sptep;
	unsigned int tries;
	int ret;

	if (fault.gfn >> (SPTE_LEVEL_BITS * kvm->root_level))
		return -ENOENT;
	for (tries = 0; tries < MAX_RETRIES; tries++) {
		/* a root can go while a fault is handled: its hook may change slots */
		ret = kvm_load_root(kvm, fault.as_id);
		if (ret)
			return ret;
		if (hardware_access(kvm, fault.as_id, fault.gfn, access, &sptep))
			return 0;
		ret = page_fault(kvm, &fault, sptep);
		if (ret < 0)
			return ret;
		/* a write to a guest table: KVM has executed the instruction */
		if (ret == RET_PF_EMULATE)
			return 0;
		/* installed with accessed and dirty bits as this access needs them, or soon so */
		if (kvm->has_mmio)
			continue;
		if (ret == RET_PF_FIXED &&
		    (fault.map_writable || !(access & KVM_ACCESS_WRITE)))
			return 0;
		if (ret == RET_PF_RETRY && kvm->mmu_invalidate_in_progress)
			return -EAGAIN;
	}
	return -EAGAIN;
}

int kvm_guest_access_range(struct kvm *kvm, uint64_t gpa, uint64_t len, uint64_t stride,
			   unsigned int access, uint64_t *ret_done)
{
	uint64_t done = 0, at;
	int err = 0;

	assert(stride && gpa + len >= gpa);
	for (at = 0; at < len && !err; at += stride) {
		err = kvm_guest_access(kvm, gpa + at, access);
		done += !err;
		if (stride > UINT64_MAX - at)
			break;
	}
	if (ret_done)
		*ret_done = done;
	return err;
}
