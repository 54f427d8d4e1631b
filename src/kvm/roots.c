// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The roots of a guest with tables of its own: loads of CR3, the three roots that KVM keeps
 * for the next one, what a change of the paging mode throws away. Models kvm_set_cr3(),
 * kvm_mmu_new_pgd() and mmu_alloc_shadow_roots().
 */
#include "guest_paging.h"

#include <errno.h>
#include <string.h>

static uint32_t root_role(const struct kvm *kvm)
{
	return shadow_root_level(kvm) | SPTE_ACC_ALL << ROLE_ACCESS_SHIFT | ROLE_CR0_WP |
	       (kvm->paging.format == KVM_PAGING_32 ? ROLE_4_BYTE_GPTE : 0) |
	       (kvm->paging.nested ? ROLE_GUEST_MODE : 0) |
	       (!kvm->paging.nested || kvm->paging.nx ? ROLE_EFER_NX : 0);
}

/* True when a page went that had been zapped before: a flush is due. */
static bool free_root(struct kvm *kvm, struct kvm_root *root)
{
	bool zapped = false;
	unsigned int i;

	for (i = 0; i < root->nr; i++)
		if (root->pfn[i])
			zapped |= mmu_free_root(kvm, &root->pfn[i]);
	*root = (struct kvm_root){ 0 };
	return zapped;
}

bool kvm_free_guest_roots(struct kvm *kvm)
{
	bool zapped = false;
	unsigned int i;

	for (i = 0; i < KVM_PREV_ROOTS; i++)
		zapped |= free_root(kvm, &kvm->paging.prev[i]);
	zapped |= free_root(kvm, &kvm->paging.root);
	zapped |= free_root(kvm, &kvm->paging.off_root);
	kvm->free_obsolete_roots = false;
	return zapped;
}

static unsigned int count_root(const struct kvm_root *root)
{
	unsigned int i, nr = 0;

	for (i = 0; i < root->nr; i++)
		nr += root->pfn[i] != 0;
	return nr;
}

unsigned int kvm_count_guest_roots(const struct kvm *kvm)
{
	unsigned int i, nr = count_root(&kvm->paging.root) + count_root(&kvm->paging.off_root);

	for (i = 0; i < KVM_PREV_ROOTS; i++)
		nr += count_root(&kvm->paging.prev[i]);
	return nr;
}

static bool root_obsolete(const struct kvm *kvm, const struct kvm_root *root)
{
	/* what PAE's roots hang on is no shadow page: they always go */
	return root->nr > 1 || (root->nr && is_obsolete_sp(kvm, kvm_sp(kvm, root->pfn[0])));
}

/* kvm_mmu_free_obsolete_roots(): before the guest runs again. */
void free_obsolete_roots(struct kvm *kvm)
{
	bool zapped = false;
	unsigned int i;

	if (!kvm->free_obsolete_roots)
		return;
	kvm->free_obsolete_roots = false;
	for (i = 0; i < KVM_PREV_ROOTS; i++)
		if (root_obsolete(kvm, &kvm->paging.prev[i]))
			zapped |= free_root(kvm, &kvm->paging.prev[i]);
	if (root_obsolete(kvm, &kvm->paging.root))
		zapped |= free_root(kvm, &kvm->paging.root);
	if (root_obsolete(kvm, &kvm->paging.off_root))
		zapped |= free_root(kvm, &kvm->paging.off_root);
	if (zapped)
		kvm_flush_remote_tlbs(kvm);
}

static int alloc_root(struct kvm *kvm, uint64_t gfn, uint32_t role, uint64_t *ret_pfn)
{
	struct kvm_mmu_page *sp;
	int err = get_shadow_page(kvm, gfn, role, &sp);

	if (err)
		return err;
	sp->root_count++;
	*ret_pfn = sp_pfn(kvm, sp);
	return 0;
}

/*
 * A 32-bit guest: four pages of level 2. With PAE each shadows the table of one of the four
 * top entries, with two levels one quarter of the top table.
 */
static int alloc_pae_roots(struct kvm *kvm, struct kvm_root *root)
{
	uint32_t role = root_role(kvm);
	unsigned int i;
	int err = 0;

	root->nr = 4;
	for (i = 0; i < 4 && !err; i++) {
		uint64_t pdpte = kvm->paging.pdptr[i], gfn = kvm->paging.cr3 >> PAGE_SHIFT;

		if (kvm->paging.format == KVM_PAGING_PAE) {
			gfn = pdpte >> PAGE_SHIFT;
			if (!(pdpte & GPTE_PRESENT) || !gfn_to_memslot(&kvm->memslots[0], gfn))
				continue;
			err = alloc_root(kvm, gfn, role, &root->pfn[i]);
		} else {
			err = alloc_root(kvm, gfn, role | i << ROLE_QUADRANT_SHIFT, &root->pfn[i]);
		}
	}
	return err;
}

int load_guest_root(struct kvm *kvm)
{
	struct kvm_root root = { .pgd = kvm->paging.cr3 };
	unsigned int as_id;
	int err = 0;

	free_obsolete_roots(kvm);
	if (kvm->paging.root.nr)
		return 0;
	if (!gfn_to_memslot(&kvm->memslots[0], kvm->paging.cr3 >> PAGE_SHIFT))
		return -ENOENT;
	for (as_id = 0; as_id < KVM_ADDRESS_SPACES && !err; as_id++)
		err = kvm_memslots_alloc_rmaps(&kvm->memslots[as_id]);
	if (!err)
		err = kvm_fault_begin(kvm);
	if (err)
		return err;
	kvm->shadow_root_allocated = true;
	if (kvm->paging.format >= KVM_PAGING_PAE) {
		err = alloc_pae_roots(kvm, &root);
	} else {
		err = alloc_root(kvm, kvm->paging.cr3 >> PAGE_SHIFT, root_role(kvm), &root.pfn[0]);
		root.nr = !err;
	}
	if (err) {
		free_root(kvm, &root);
		return err;
	}
	kvm->paging.root = root;
	sync_roots(kvm);
	return 0;
}

int kvm_load_off_root(struct kvm *kvm)
{
	const uint32_t role = 2 | ROLE_DIRECT | SPTE_ACC_ALL << ROLE_ACCESS_SHIFT | ROLE_EFER_NX;
	struct kvm_root root = { .nr = 4 };
	unsigned int i;
	int err = 0;

	free_obsolete_roots(kvm);
	if (kvm->paging.off_root.nr)
		return 0;
	for (i = 0; i < 4 && !err; i++)
		err = alloc_root(kvm, (uint64_t)i << (30 - PAGE_SHIFT), role, &root.pfn[i]);
	if (err)
		free_root(kvm, &root);
	else
		kvm->paging.off_root = root;
	return err;
}

spte_t *root_table(const struct kvm *kvm, uint64_t addr)
{
	const struct kvm_root *root = &kvm->paging.root;
	uint64_t pfn = root->nr > 1 ? root->pfn[addr >> 30 & 3] : root->nr ? root->pfn[0] : 0;

	return pfn ? (spte_t *)pt_arena_table(&kvm->arena, pfn) : NULL;
}

/* load_pdptrs(): KVM reads them through the process. True when they differ. */
static int load_pdptrs(struct kvm *kvm, uint64_t cr3, bool *ret_changed)
{
	uint64_t pdptr[4];
	unsigned int i;
	int err = guest_touch_table(kvm, cr3, false);

	if (err)
		return err == -ENOMEM ? err : -EACCES;
	for (i = 0; i < 4; i++)
		pdptr[i] = guest_get(kvm, cr3 + 8 * i, 8);
	*ret_changed = memcmp(pdptr, kvm->paging.pdptr, sizeof(pdptr));
	memcpy(kvm->paging.pdptr, pdptr, sizeof(pdptr));
	return 0;
}

void kvm_set_vcpu_mode(struct kvm *kvm, enum vcpu_mode mode)
{
	unsigned int as_id;
	bool zapped;

	if (kvm->mmu != KVM_MMU_SHADOW || kvm->vcpu_mode == mode)
		return;
	zapped = kvm_free_guest_roots(kvm);
	for (as_id = 0; as_id < KVM_ADDRESS_SPACES; as_id++)
		if (kvm->root_pfn[as_id])
			zapped |= mmu_free_root(kvm, &kvm->root_pfn[as_id]);
	if (zapped)
		kvm_flush_remote_tlbs(kvm);
	forget_table(kvm);
	kvm->vcpu_mode = mode;
}

int enter_paging(struct kvm *kvm)
{
	bool changed;

	if (kvm->mmu != KVM_MMU_SHADOW || kvm->vcpu_mode == VCPU_PAGING)
		return 0;
	kvm_set_vcpu_mode(kvm, VCPU_PAGING);
	return kvm->paging.format == KVM_PAGING_PAE ?
		       load_pdptrs(kvm, kvm->paging.cr3, &changed) :
		       0;
}

int kvm_set_sregs(struct kvm *kvm, bool paging, uint64_t cr3, enum kvm_guest_paging format)
{
	if (kvm->mmu != KVM_MMU_SHADOW)
		return -EINVAL;
	/* whatever there is goes */
	kvm_set_vcpu_mode(kvm, VCPU_FLAT);
	if (!paging) {
		kvm_set_vcpu_mode(kvm, VCPU_OFF);
		return 0;
	}
	kvm->paging.format = format;
	kvm->paging.cr3 = cr3;
	kvm->paging.on = true;
	return enter_paging(kvm);
}

static bool root_usable(const struct kvm *kvm, const struct kvm_root *root, uint64_t cr3)
{
	return root->nr == 1 && root->pgd == cr3 &&
	       kvm_sp(kvm, root->pfn[0])->role == root_role(kvm);
}

static void swap_roots(struct kvm_root *a, struct kvm_root *b)
{
	struct kvm_root c = *a;

	*a = *b;
	*b = c;
}

/* The current root goes to the front of the kept ones, the one for @cr3 comes out of them. */
static bool find_and_keep_current(struct kvm *kvm, uint64_t cr3)
{
	struct guest_paging *p = &kvm->paging;
	unsigned int i;

	if (root_usable(kvm, &p->root, cr3))
		return true;
	for (i = 0; i < KVM_PREV_ROOTS; i++) {
		swap_roots(&p->root, &p->prev[i]);
		if (root_usable(kvm, &p->root, cr3))
			return true;
	}
	free_root(kvm, &p->root);
	return false;
}

static bool find_without_current(struct kvm *kvm, uint64_t cr3)
{
	struct guest_paging *p = &kvm->paging;
	unsigned int i;

	for (i = 0; i < KVM_PREV_ROOTS; i++)
		if (root_usable(kvm, &p->prev[i], cr3))
			break;
	if (i == KVM_PREV_ROOTS)
		return false;
	swap_roots(&p->root, &p->prev[i]);
	for (; i + 1 < KVM_PREV_ROOTS; i++)
		p->prev[i] = p->prev[i + 1];
	p->prev[i] = (struct kvm_root){ 0 };
	return true;
}

static void new_pgd(struct kvm *kvm, uint64_t cr3)
{
	struct kvm_root *root = &kvm->paging.root;
	bool found;

	if (root->nr > 1)
		free_root(kvm, root);
	found = root->nr ? find_and_keep_current(kvm, cr3) : find_without_current(kvm, cr3);
	if (found)
		kvm_sp(kvm, root->pfn[0])->write_flooding = 0;
}

/* The load within one mode: kvm_set_cr3(). */
static int switch_cr3(struct kvm *kvm, uint64_t cr3)
{
	bool changed = false;
	int err = 0;

	/* the guest runs by the old one when it loads the new one */
	if (kvm->paging.nested)
		free_obsolete_roots(kvm);
	else
		err = load_guest_root(kvm);
	if (err && err != -ENOENT)
		return err;
	if (kvm->paging.format == KVM_PAGING_PAE) {
		err = load_pdptrs(kvm, cr3, &changed);
		if (err)
			return err;
		if (changed)
			free_root(kvm, &kvm->paging.root);
	}
	if (cr3 != kvm->paging.cr3)
		new_pgd(kvm, cr3);
	kvm->paging.cr3 = cr3;
	return 0;
}

int kvm_load_cr3(struct kvm *kvm, uint64_t cr3, enum kvm_guest_paging format)
{
	bool nested = kvm->mmu == KVM_MMU_NESTED;
	bool same = kvm->paging.on && kvm->paging.format == format &&
		    (nested || kvm->vcpu_mode == VCPU_PAGING);
	int err;

	if ((kvm->mmu != KVM_MMU_SHADOW && !nested) || (nested && format != KVM_PAGING_LONG))
		return -EINVAL;
	if (!nested && !gfn_to_memslot(&kvm->memslots[0], cr3 >> PAGE_SHIFT))
		return -ENOENT;
	kvm->paging.nested = nested;
	/* L1 runs before L2 does */
	err = nested ? kvm_load_root(kvm, 0) : 0;
	if (!err && same)
		err = switch_cr3(kvm, cr3);
	if (err)
		return err;
	if (!same) {
		if (kvm->paging.format != format)
			kvm_set_vcpu_mode(kvm, VCPU_FLAT);
		kvm->paging.format = format;
		kvm->paging.cr3 = cr3;
		kvm->paging.on = true;
		err = enter_paging(kvm);
		if (err)
			return err;
	}
	if (!gfn_to_memslot(&kvm->memslots[0], cr3 >> PAGE_SHIFT))
		return 0;
	err = load_guest_root(kvm);
	if (!err)
		sync_roots(kvm);
	return err;
}

int kvm_set_cr3(struct kvm *kvm, uint64_t cr3)
{
	return kvm_load_cr3(kvm, cr3, KVM_PAGING_LONG);
}

void kvm_set_l1_nx(struct kvm *kvm, bool nx)
{
	kvm->paging.nx = nx;
}
