// SPDX-License-Identifier: GPL-2.0-or-later
/* Each record's text, whole lines, and what the other tools' line forms parse to. */
#include <errno.h>
#include <string.h>

#include <base/rng.h>
#include <base/strbuf.h>
#include <trace/trace.h>

#include "tap.h"

static void payload(struct event event, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	trace_format(&out, &event);
	if (!tap_ok(!strcmp(strbuf_str(&out), want), "%s", want))
		printf("# got %s\n", strbuf_str(&out));
	strbuf_release(&out);
}

static void payloads(void)
{
	payload((struct event){ EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_START,
				.arg = { MMU_NOTIFY_PROTECTION_VMA, 0x100000000000,
					 0x100040000000 } },
		"mmu_notifier_invalidate_range_start: event=PROTECTION_VMA start=0x100000000000 "
		"end=0x100040000000");
	payload((struct event){ EVENT_MMU_NOTIFIER_RELEASE }, "mmu_notifier_release:");
	payload((struct event){ EVENT_KVM_UNMAP_HVA_RANGE,
				.arg = { 0x100000000000, 0x100080000000 } },
		"kvm_unmap_hva_range: mmu notifier unmap range: 0x00100000000000 -- "
		"0x00100080000000");
	payload((struct event){ EVENT_KVM_UNMAP_HVA_RANGE, .arg = { 0, UINT64_MAX } },
		"kvm_unmap_hva_range: mmu notifier unmap range: 0x00000000000000 -- "
		"0xffffffffffffffff");
	payload((struct event){ EVENT_KVM_AGE_HVA, .arg = { 0x1000, 0x2000 } },
		"kvm_age_hva: mmu notifier age hva: 0x00000000001000 -- 0x00000000002000");
	payload((struct event){ EVENT_KVM_TEST_AGE_HVA, .arg = { 0x1000 } },
		"kvm_test_age_hva: mmu notifier test age hva: 0x00000000001000");
	payload((struct event){ EVENT_KVM_SET_SPTE_HVA, .arg = { 0x1000 } },
		"kvm_set_spte_hva: mmu notifier set pte hva: 0x00000000001000");
	payload((struct event){ EVENT_KVM_MMU_PREPARE_ZAP_PAGE,
				.arg = { 0x12, 4 | 1 << 4 | 3 << 5 | 1 << 11 | 1 << 16, 2, 1, 3 } },
		"kvm_mmu_prepare_zap_page: sp gen 3 gfn 12 l4 4-byte q3 --- invalid !nxe !ad root 2 "
		"unsync");
	payload((struct event){ EVENT_KVM_MMU_GET_PAGE, .arg = { 0, 1 | 7 << 8 | 1 << 12 } },
		"kvm_mmu_get_page: sp gen 0 gfn 0 l1 8-byte q0 wux nxe ad root 0 sync existing");
	payload((struct event){ EVENT_KVM_MMU_SPLIT_HUGE_PAGE,
				.arg = { 0x200, 0x8000000000000083, 2, -ENOMEM } },
		"kvm_mmu_split_huge_page: gfn 200 spte 8000000000000083 level 2 errno -12");
	payload((struct event){ EVENT_KVM_MMU_PAGETABLE_WALK, .arg = { 0x1000, 0x28 } },
		"kvm_mmu_pagetable_walk: addr 1000 pferr 28 RSVD|0x20");
	payload((struct event){ EVENT_TLB_FLUSH, .arg = { 1, -1 } },
		"tlb_flush: pages:-1 reason:remote shootdown (1)");
	payload((struct event){ EVENT_TLB_FLUSH, .arg = { 9, 33 } },
		"tlb_flush: pages:33 reason:0x9 (9)");
	payload((struct event){ EVENT_TRACING_MARK_WRITE, .text = "a.mms:5: m\nn\tx", .text_len = 14 },
		"tracing_mark_write: a.mms:5: m?n\tx");
}

static void whole_line(void)
{
	struct event event = { EVENT_MMU_NOTIFIER_RELEASE, .pid = 1, .seq = 1 };
	struct strbuf out = STRBUF_INIT;

	trace_format_line(&out, &event);
	event.pid = 4294967295;
	event.seq = 123456789012345;
	trace_format_line(&out, &event);
	tap_ok(!strcmp(strbuf_str(&out),
		       "        mmuscope-1       [000] .....     0.000001: mmu_notifier_release:\n"
		       "        mmuscope-4294967295[000] ..... 123456789.012345: "
		       "mmu_notifier_release:\n"),
	       "whole lines have the columns of tracefs");
	strbuf_release(&out);
}

static void parses(const char *line, int want_ret, uint32_t pid, uint64_t seq)
{
	struct event event = { .pid = 7, .seq = 7 };
	int ret = trace_parse_line(line, strlen(line), &event);

	if (!tap_ok(ret == want_ret && event.pid == pid && event.seq == seq, "%.70s", line))
		printf("# ret %d pid %u seq %llu\n", ret, event.pid, (unsigned long long)event.seq);
}

#define UNMAP "kvm_unmap_hva_range: mmu notifier unmap range: 0x00000000001000 -- 0x00000000002000"

static void contexts(void)
{
	parses(UNMAP, 1, 0, 0);
	parses("           <...>-1234    [001] d..1.   123.456789: " UNMAP, 1, 1234, 123456789);
	parses(" my task [x]-a-77  (    77) [011] .....     0.000003: " UNMAP, 1, 77, 3);
	parses("            qemu-5     [000]    12.000001: kvm_unmap_hva_range:  mmu notifier unmap "
	       "range: 0x00000000001000 -- 0x00000000002000", 1, 5, 12000001);
	parses("qemu-system  812 [003]  9.123456789: kvm:" UNMAP, 1, 812, 9123456);
	parses("", 0, 7, 7);
	parses("# tracer: nop", 0, 7, 7);
	parses("kvm_nested_vmexit: vcpu 0 reason npf", 0, 7, 7);
	parses("kvm_unmap_hva_range: mmu notifier unmap range: 0x00100000000000 --", -EINVAL, 7, 7);
	parses(UNMAP " tail", -EINVAL, 7, 7);
	parses("kvm_mmu_paging_element: pte 10000000000000000 level 4", -EINVAL, 7, 7);
	parses("start: (f+0x4/0x190) start=0x1000 end=0x2000 event=2", 1, 0, 0);
	parses("start: (f+0x4/0x190) start=0x1000 end=0x2000", -EINVAL, 7, 7);
	parses("mmu_notifier_invalidate_range_end: event=NOTHING start=0x0 end=0x1", -EINVAL, 7, 7);
}

static struct event random_event(struct rng *rng)
{
	struct event event = { rng_below(rng, EVENT_NR), .pid = rng_below(rng, 99999),
			       .seq = rng_next(rng) >> 20 };
	unsigned int i;

	for (i = 0; i < EVENT_ARGS; i++)
		event.arg[i] = rng_next(rng) >> rng_below(rng, 64);
	if (event.id <= EVENT_MMU_NOTIFIER_INVALIDATE_RANGE_END)
		event.arg[0] %= MMU_NOTIFY_NR;
	if (event.id >= EVENT_KVM_MMU_GET_PAGE && event.id <= EVENT_KVM_MMU_UNSYNC_PAGE) {
		event.arg[1] &= TRACE_ROLE_PRINTED;
		event.arg[3] &= event.id == EVENT_KVM_MMU_GET_PAGE ? 3 : 1;
	}
	if (event.id == EVENT_TRACING_MARK_WRITE) {
		event.text = "[000] 1.5: x: y ";
		event.text_len = 16;
	}
	return event;
}

/* The numbers that an event's text holds survive the way out and back. */
static void random_round_trips(void)
{
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	unsigned int i, same = 0;
	struct rng rng;

	rng_seed(&rng, 1);
	for (i = 0; i < 20000; i++) {
		struct event event = random_event(&rng), back = { 0 };

		strbuf_reset(&a);
		strbuf_reset(&b);
		trace_format_line(&a, &event);
		if (trace_parse_line(a.buf, a.len - 1, &back) == 1)
			trace_format_line(&b, &back);
		if (a.len == b.len && !memcmp(a.buf, b.buf, a.len))
			same++;
		else if (same + 3 > i)
			printf("# %s# %s\n", strbuf_str(&a), strbuf_str(&b));
	}
	tap_eq(same, 20000, "random records print, parse and print the same (seed 1)");
	strbuf_release(&a);
	strbuf_release(&b);
}

int main(void)
{
	payloads();
	whole_line();
	contexts();
	random_round_trips();
	return tap_done();
}
