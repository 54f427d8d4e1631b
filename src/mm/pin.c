// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory pinned for DMA: pin_user_pages(FOLL_WRITE | FOLL_LONGTERM), as VFIO does (mm/gup.c). */
#include "mm_internal.h"

#include <mm/secondary.h>

int mm_pin(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + PAGE_ALIGN(len);

	if (!IS_ALIGNED(addr, PAGE_SIZE) || end < addr)
		return -EINVAL;
	for (; addr < end; addr += PAGE_SIZE) {
		struct mm_translation at;
		int err;

		mm->machine->populating = true;
		err = mm_get_user_page(mm, addr, true, &at);
		mm->machine->populating = false;
		if (err)
			return err;
		page_pin(mm->machine, at.pfn);
	}
	return 0;
}
