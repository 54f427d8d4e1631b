// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest access: the hardware's walk of the tables, and the fault when it fails: sample,
 * ask the primary MMU, obey the retry rule, install. The part of arch/x86/kvm/mmu/mmu.c
 * that both kinds of table share.
 */
#include "shadow_mmu.h"

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
	spte_t *sptep = cached_table(kvm, as_id, gfn), *table;
	unsigned int level;

	if (sptep) {
		*ret_level = SPTE_LEVEL_4K;
		return sptep + spte_index(gfn, SPTE_LEVEL_4K);
	}
	table = direct_root(kvm, as_id, gfn, &level);
	if (!table)
		return NULL;
	for (;; level--) {
		sptep = &table[spte_index(gfn, level)];
		if (!spte_table(*sptep, level))
			break;
		table = (spte_t *)pt_arena_table(&kvm->arena, spte_pfn(*sptep));
	}
	if (level == SPTE_LEVEL_4K)
		cache_table(kvm, as_id, gfn, table);
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
 * The hardware's part: true when the access went through. @ret_spte: where it ended, if not.
 */
static bool hardware_access(struct kvm *kvm, unsigned int as_id, uint64_t gfn,
			    unsigned int access, spte_t *ret_spte)
{
	unsigned int level;
	spte_t *sptep = kvm_mmu_walk(kvm, as_id, gfn, &level);

	ret_spte->val = sptep ? sptep->val : 0;
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
static uint64_t refusal(spte_t spte)
{
	if (!(spte.val & SPTE_PRESENT))
		return 0;
	return spte_is_mmio(spte) ? PFERR_RSVD : PFERR_PRESENT;
}

static void page_fault_event(struct kvm *kvm, struct kvm_page_fault *fault, spte_t spte)
{
	uint64_t code = 0;

	if (kvm->mmu != KVM_MMU_SHADOW)
		code = PFERR_USER |
		       (fault->access & KVM_ACCESS_PAGING ? PFERR_GUEST_PAGE :
							    PFERR_GUEST_FINAL);
	code |= refusal(spte);
	code |= fault->access & KVM_ACCESS_WRITE ? PFERR_WRITE : 0;
	code |= fault->access & KVM_ACCESS_EXEC ? PFERR_FETCH : 0;
	fault->error_code = code;
	EVENT(kvm->events, EVENT_KVM_PAGE_FAULT, 0, kvm->rip, fault->gpa, code);
}

/* A root that was zapped while in use is let go of first (kvm_mmu_free_obsolete_roots). */
int kvm_load_root(struct kvm *kvm, unsigned int as_id)
{
	if (kvm->vcpu_mode == VCPU_OFF && !as_id)
		return kvm_load_off_root(kvm);
	if (!kvm->tdp_mmu)
		mmu_free_obsolete_root(kvm, &kvm->root_pfn[as_id]);
	/* L1 runs: L2's roots are looked at, too */
	if (kvm->mmu == KVM_MMU_NESTED)
		free_obsolete_roots(kvm);
	if (kvm->root_pfn[as_id])
		return 0;
	return kvm->tdp_mmu ? kvm_tdp_mmu_alloc_root(kvm, as_id) :
			      mmu_alloc_direct_root(kvm, as_id);
}

static void call_hook(struct kvm *kvm, enum kvm_fault_point point, uint64_t gfn)
{
	if (!kvm->fault_hook)
		return;
	kvm->in_hook = true;
	kvm->fault_hook(kvm->fault_ctx, kvm, point, gfn);
	kvm->in_hook = false;
}

unsigned int kvm_mmu_max_mapping_level(struct kvm *kvm, const struct kvm_memory_slot *slot,
				       uint64_t gfn)
{
	unsigned int level = SPTE_LEVEL_1G;
	struct mm_translation t;

	while (level > SPTE_LEVEL_4K && (!slot_lpage_allowed(slot, gfn, level) ||
					 lpage_tracked(kvm, slot->as_id, gfn, level)))
		level--;
	if (level == SPTE_LEVEL_4K || mm_translate(kvm->mm, slot_hva(slot, gfn), &t))
		return SPTE_LEVEL_4K;
	return level < t.level ? level : t.level;
}

/* kvm_mmu_hugepage_adjust(): what slot and primary mapping allow. */
void kvm_hugepage_adjust(struct kvm *kvm, struct kvm_page_fault *fault,
			 unsigned int max_level)
{
	unsigned int level = max_level < SPTE_LEVEL_1G ? max_level : SPTE_LEVEL_1G;

	if (fault->slot->flags & KVM_MEM_LOG_DIRTY_PAGES)
		level = SPTE_LEVEL_4K;
	while (level > SPTE_LEVEL_4K &&
	       (!slot_lpage_allowed(fault->slot, fault->gfn, level) ||
		lpage_tracked(kvm, fault->as_id, fault->gfn, level)))
		level--;
	fault->goal_level = level < fault->host_level ? level : fault->host_level;
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
	bool readonly = fault->slot && (fault->slot->flags & KVM_MEM_READONLY);
	struct mm_translation t;
	int err;

	fault->mmu_seq = kvm->mmu_invalidate_seq;
	kvm->ghost.armed = true;
	kvm->ghost.nr = 0;
	kvm->ghost.overflow = false;
	call_hook(kvm, KVM_FAULT_SAMPLED, fault->gfn);
	if (!fault->slot) {
		fault->pfn = KVM_PFN_NOSLOT;
		fault->map_writable = fault->map_clean = false;
		fault->goal_level = fault->host_level = SPTE_LEVEL_4K;
		call_hook(kvm, KVM_FAULT_TRANSLATED, fault->gfn);
		return RET_PF_FIXED;
	}
	if (kvm->profile->early_retry && mmu_invalidate_retry(kvm, fault))
		return RET_PF_RETRY;
	err = mm_get_user_page(kvm->mm, slot_hva(fault->slot, fault->gfn), write, &t);
	/* Linux: check_user_page_hwpoison(), whose answer is of no interest here */
	if (err && err != -ENOMEM && !write && kvm->profile->probes_poison &&
	    mm_may_read(kvm->mm, slot_hva(fault->slot, fault->gfn)))
		(void)mm_get_user_page(kvm->mm, slot_hva(fault->slot, fault->gfn), true, &t);
	if (err)
		return err;
	fault->pfn = t.pfn;
	fault->map_writable = t.writable && !readonly;
	fault->map_clean = t.clean;
	fault->host_level = t.level;
	kvm_hugepage_adjust(kvm, fault, max_level);
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
	if (!ret && fault->slot && mmu_invalidate_retry(kvm, fault))
		ret = RET_PF_RETRY;
	kvm->ghost.armed = false;
	if (!ret && fault->slot)
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
	ret = kvm_fault_end(kvm, fault,
			    kvm_faultin_pfn(kvm, fault,
					    kvm->vcpu_mode == VCPU_OFF ? SPTE_LEVEL_2M :
									 SPTE_LEVEL_1G));
	if (ret)
		return ret;
	return kvm->tdp_mmu ? kvm_tdp_mmu_map(kvm, fault) : direct_map(kvm, fault);
}

/*
 * fast_page_fault(): a write to a page that is only protected to be logged or aged is let through
 * without mmu_lock. Return: RET_PF_FIXED, or -ENOENT: not for this way.
 */
static int fast_page_fault(struct kvm *kvm, struct kvm_page_fault *fault)
{
	unsigned int level;
	spte_t *sptep = kvm_mmu_walk(kvm, fault->as_id, fault->gfn, &level), old, new;
	int ret = -ENOENT;

	old = new = *sptep;
	if (spte_leaf(old, level) && (old.val & SPTE_MMU_WRITABLE) &&
	    (level == SPTE_LEVEL_4K || !(fault->slot->flags & KVM_MEM_LOG_DIRTY_PAGES))) {
		new.val |= SPTE_WRITABLE;
		*sptep = new;
		sptep->val |= SPTE_ACCESSED | SPTE_DIRTY;
		mm_page_written(kvm->mm, spte_pfn(old) + (fault->gfn & (spte_pages(level) - 1)));
		mark_page_dirty(kvm, fault->slot, fault->gfn);
		kvm->stat.pf_fast++;
		ret = RET_PF_FIXED;
	}
	EVENT(kvm->events, EVENT_FAST_PAGE_FAULT, 0, fault->gpa,
	      kvm->profile->narrow_error_code ? (uint32_t)fault->error_code : fault->error_code,
	      old.val, new.val, !ret);
	return ret;
}

/* A guest with page tables, be they flat, has its faults served without the fast way. */
static bool can_be_fast(const struct kvm *kvm, const struct kvm_page_fault *fault)
{
	return fault->slot && (kvm->mmu != KVM_MMU_SHADOW || kvm->vcpu_mode == VCPU_OFF);
}

static int handle_slot_fault(struct kvm *kvm, struct kvm_page_fault *fault, spte_t spte)
{
	bool write = fault->access & KVM_ACCESS_WRITE;

	fault->fast = false;
	if (write && refusal(spte) == PFERR_PRESENT) {
		if (gfn_write_tracked(kvm, fault->as_id, fault->gfn))
			return RET_PF_EMULATE;
		if (can_be_fast(kvm, fault) && !fast_page_fault(kvm, fault)) {
			fault->fast = true;
			return RET_PF_FIXED;
		}
	}
	if (fault->slot && write && (fault->slot->flags & KVM_MEM_READONLY))
		return -ENOENT;
	return handle_fault(kvm, fault);
}

static int page_fault(struct kvm *kvm, struct kvm_page_fault *fault, spte_t spte)
{
	int ret;

	page_fault_event(kvm, fault, spte);
	/* remembered: handle_mmio_page_fault() */
	if (spte_is_mmio(spte) &&
	    spte_mmio_current(spte, kvm->memslots_generation[fault->as_id]))
		return -ENOENT;
	kvm->stat.pf_taken++;
	fault->slot = gfn_to_memslot(&kvm->memslots[fault->as_id], fault->gfn);
	ret = handle_slot_fault(kvm, fault, spte);
	kvm_count_fault(kvm, ret);
	return ret == RET_PF_EMULATE && !fault->slot ? -ENOENT : ret;
}

int kvm_access_physical(struct kvm *kvm, uint64_t gpa, unsigned int access,
			bool *ret_emulated)
{
	struct kvm_page_fault fault = {
		.gpa = gpa,
		.gfn = gpa >> PAGE_SHIFT,
		.access = access,
		.as_id = access & KVM_ACCESS_SMM ? 1 : 0,
	};
	unsigned int tries;
	spte_t spte;
	int ret;

	*ret_emulated = false;
	if (fault.gfn >> (SPTE_LEVEL_BITS * kvm->root_level))
		return -ENOENT;
	for (tries = 0; tries < MAX_RETRIES; tries++) {
		/* a root can go while a fault is handled: its hook may change slots */
		ret = kvm_load_root(kvm, fault.as_id);
		if (ret)
			return ret;
		if (hardware_access(kvm, fault.as_id, fault.gfn, access, &spte))
			return 0;
		ret = page_fault(kvm, &fault, spte);
		if (ret < 0)
			return ret;
		/* a write to a guest table: KVM has executed the instruction */
		if (ret == RET_PF_EMULATE) {
			*ret_emulated = true;
			ret = guest_touch_table(kvm, gpa, true);
			if (!ret)
				mark_page_dirty(kvm, fault.slot, fault.gfn);
			return ret;
		}
		/* installed with accessed and dirty bits as this access needs them, or soon so */
		if (kvm->has_mmio)
			continue;
		if (ret == RET_PF_FIXED &&
		    (fault.fast || fault.map_writable || !(access & KVM_ACCESS_WRITE)))
			return 0;
		if (ret == RET_PF_RETRY && kvm->mmu_invalidate_in_progress)
			return -EAGAIN;
	}
	return -EAGAIN;
}

/* Page after page will be mapped: the heads are going to be used from end to end. */
static void expect_accesses(struct kvm *kvm, uint64_t gfn, uint64_t nr)
{
	struct kvm_memory_slot *slot = gfn_to_memslot(&kvm->memslots[0], gfn);
	struct slot_rmap *rmap;

	if (!slot || !slot_has_rmap(slot))
		return;
	rmap = &slot->rmap[0];
	if (nr > slot->base_gfn + slot->npages - gfn)
		nr = slot->base_gfn + slot->npages - gfn;
	region_expect(&rmap->mem, (gfn - slot->base_gfn) * sizeof(rmap->heads[0]),
		      nr * sizeof(rmap->heads[0]));
}

static int access_physical(struct kvm *kvm, uint64_t gpa, unsigned int access)
{
	bool emulated;
	int err = kvm_access_physical(kvm, gpa, access, &emulated);

	if (!err && access & KVM_ACCESS_WRITE && !RB_EMPTY(&kvm->guest_memory))
		err = kvm_guest_wrote_byte(kvm, gpa, emulated);
	return err;
}

/* A shadow guest reaches the end of the range with paging off, or needs the flat tables. */
static void physical_mode(struct kvm *kvm, uint64_t gpa, uint64_t len, unsigned int access)
{
	bool off = len <= 1ull << 32 && gpa <= (1ull << 32) - len;

	if (!(access & KVM_ACCESS_SMM))
		kvm_set_vcpu_mode(kvm, off ? VCPU_OFF : VCPU_FLAT);
}

int kvm_guest_access(struct kvm *kvm, uint64_t gpa, unsigned int access)
{
	physical_mode(kvm, gpa, 1, access);
	return access_physical(kvm, gpa, access);
}

int kvm_guest_access_range(struct kvm *kvm, uint64_t gpa, uint64_t len, uint64_t stride,
			   unsigned int access, uint64_t *ret_done)
{
	uint64_t done = 0, left = len, n;
	int err = 0;

	assert(stride && gpa + len >= gpa);
	physical_mode(kvm, gpa, len, access);
	/* accesses still to come, the one at @gpa first */
	left = len ? (len - 1) / stride + 1 : 0;
	if (stride == PAGE_SIZE)
		expect_accesses(kvm, gpa >> PAGE_SHIFT, left);
	while (left) {
		/* the first one enters the guest: what waited for that is done */
		n = done && stride == PAGE_SIZE ?
			    kvm_access_run(kvm, gpa >> PAGE_SHIFT, left, access) : 0;
		if (!n) {
			err = access_physical(kvm, gpa, access);
			if (err)
				break;
			n = left > 1 ? kvm_leaf_accesses(kvm, gpa, stride, left, access) : 1;
		}
		if (n > left)
			n = left;
		done += n;
		left -= n;
		gpa += n * stride;
	}
	if (ret_done)
		*ret_done = done;
	return err;
}
