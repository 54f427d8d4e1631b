// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accesses: assumed for a strace log, known from the page faults of an ftrace recording.
 */
#include "import_internal.h"

static void out_touch(struct import *im, struct mm *mm, uint64_t start, uint64_t len,
		      bool write)
{
	imp_out_str(im, "touch ");
	imp_out_addr(im, mm, start);
	imp_out_bytes(im, " ", 1);
	imp_out_size(im, len);
	imp_out_str(im, write ? " w" : " r");
}

void imp_touch_range(struct import *im, struct mm *mm, uint64_t start, uint64_t end,
		     bool write)
{
	uint64_t len = end - start, limit = im->options.touch_limit;

	if (im->options.touch != IMPORT_TOUCH_ALL || mm->state != MM_SHOWN ||
	    start >= end)
		return;
	if (len > limit) {
		im->report->untouched += len - limit;
		len = limit;
	}
	im->report->touched += len;
	imp_go_to(im, mm);
	out_touch(im, mm, start, len, write);
	imp_out_note(im, "assumed");
}

void imp_touch_resident(struct import *im, struct mm *mm, uint64_t start, uint64_t len)
{
	const struct vma *vma = imp_vma_find(mm, start);

	if (im->options.touch != IMPORT_TOUCH_WRITTEN || !vma || vma->start > start ||
	    !vma->prot || !imp_go_to(im, mm))
		return;
	im->report->touched += len;
	out_touch(im, mm, start, len, vma->prot & PROT_BIT_W);
	imp_out_end(im);
}

void imp_touch_known(struct import *im, struct mm *mm, uint64_t start, uint64_t end, bool write)
{
	const struct vma *vma = imp_vma_find(mm, start);

	if (im->options.touch == IMPORT_TOUCH_NONE || mm->state != MM_SHOWN)
		return;
	if (!vma || vma->start > start || vma->end < end || !vma->prot) {
		im->report->outside++;
		return;
	}
	imp_touch_flush(im);
	if (!imp_go_to(im, mm))
		return;
	im->report->touched += end - start;
	out_touch(im, mm, start, end - start, write && vma->prot & PROT_BIT_W);
	imp_out_end(im);
}

void imp_touch_forget(struct import *im)
{
	im->touch_epoch++;
}

/* A page of this address space was touched since anything changed; remembers it. */
static bool touched_before(struct import *im, const struct mm *mm, uint64_t page)
{
	const uint64_t key = page | (mm->number % (PAGE - 1) + 1);
	const unsigned int slot = (page / PAGE * 0x9e3779b97f4a7c15ULL) >> 52;
	bool known = im->touched[slot].key == key &&
		     im->touched[slot].epoch == im->touch_epoch;

	im->touched[slot].key = key;
	im->touched[slot].epoch = im->touch_epoch;
	return known;
}

void imp_touch_pointer(struct import *im, struct mm *mm, uint64_t addr, uint64_t len)
{
	uint64_t end, page;

	if (mm->state != MM_SHOWN || addr >= ADDR_END || len > ADDR_END - addr)
		return;
	end = addr + (len ? len : 1);
	if (end - addr > im->options.touch_limit)
		end = addr + im->options.touch_limit;
	for (page = addr & ~(PAGE - 1); page < end; page += PAGE) {
		const struct vma *vma = imp_vma_find(mm, page);

		if (!vma || vma->start >= end)
			return;
		if (vma->start > page) {
			page = vma->start - PAGE;
			continue;
		}
		if (!vma->prot || touched_before(im, mm, page))
			continue;
		imp_go_to(im, mm);
		out_touch(im, mm, page, PAGE, vma->prot & PROT_BIT_W);
		imp_out_end(im);
		im->report->touched += PAGE;
	}
}

static void out_guest(struct import *im, const struct run *run)
{
	imp_out_str(im, "guest vm");
	imp_out_dec(im, run->guest - 1);
	imp_out_str(im, run->write ? " w " : " r ");
	imp_out_hex(im, run->start);
	imp_out_bytes(im, " ", 1);
	imp_out_size(im, run->last + PAGE - run->start);
}

static void flush_run(struct import *im)
{
	const struct run run = im->run;
	const uint64_t line = im->line, time = im->time;

	if (!run.count)
		return;
	im->run.count = 0; /* imp_go_to() comes back here */
	im->line = run.line;
	im->time = run.time;
	if (imp_go_to(im, run.mm)) {
		im->report->touched += run.count * PAGE;
		if (run.guest)
			out_guest(im, &run);
		else
			out_touch(im, run.mm, run.start, run.last + PAGE - run.start, run.write);
		if (run.count > 1 && run.step != PAGE) {
			imp_out_str(im, " stride=");
			imp_out_size(im, run.step);
		}
		imp_out_end(im);
	}
	im->line = line;
	im->time = time;
}

void imp_touch_flush(struct import *im)
{
	flush_run(im);
	imp_guests_flush(im);
}

void imp_touch_flush_others(struct import *im, const struct mm *mm)
{
	if (im->run.count && im->run.mm != mm)
		flush_run(im);
	if (im->idle_guests && im->idle_guests != mm)
		imp_guests_flush(im);
}

void imp_touch_fault(struct import *im, struct mm *mm, uint64_t addr, bool write)
{
	const uint64_t page = addr & ~(PAGE - 1);
	const struct vma *vma = imp_vma_find(mm, page);

	if (im->options.touch == IMPORT_TOUCH_NONE || mm->state != MM_SHOWN)
		return;
	if (!vma || vma->start > page) {
		im->report->outside++;
		return;
	}
	if (!(vma->prot & (write ? PROT_BIT_W : 7))) {
		im->report->denied++;
		return;
	}
	imp_touch_run(im, mm, 0, page, write);
}

void imp_touch_run(struct import *im, struct mm *mm, uint32_t guest, uint64_t page, bool write)
{
	struct run *run = &im->run;

	if (run->count && run->mm == mm && run->guest == guest && run->write == write &&
	    page > run->last &&
	    (run->count == 1 || page - run->last == run->step)) {
		run->step = page - run->last;
		run->last = page;
		run->count++;
		return;
	}
	imp_touch_flush(im);
	*run = (struct run){ mm, guest, page, page, PAGE, 1, write, im->line, im->time };
}
