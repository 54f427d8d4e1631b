/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event streams as text: writing them and reading them back.
 *
 * The text is that of Linux's tracefs: what Linux has a tracepoint for is printed exactly as its
 * TP_printk() prints it (include/trace/events/kvm.h, include/trace/events/tlb.h,
 * arch/x86/kvm/trace.h and arch/x86/kvm/mmu/mmutrace.h of 6.1 to 7.2). Linux has no tracepoint
 * for the notifier pair; ours are mmu_notifier_invalidate_range_start and _end, printed as
 * "event=PROTECTION_VMA start=0x100000000000 end=0x100040000000", and mmu_notifier_release,
 * which has no payload.
 *
 * What the text derives from a record's numbers:
 * - role (kvm_mmu_get_page and its kin) is KVM's union kvm_mmu_page_role: level in bits 0 to 3,
 *   has_4_byte_gpte bit 4, quadrant bits 5 and 6, direct bit 7, access bits 8 to 10 (1 execute,
 *   2 write, 4 user), invalid bit 11, efer_nx bit 12, cr0_wp bit 13, smep_andnot_wp bit 14,
 *   smap_andnot_wp bit 15, ad_disabled bit 16, guest_mode bit 17, passthrough bit 18, smm bits
 *   24 to 31. TRACE_ROLE_PRINTED is what the text shows; the rest cannot be read back.
 * - the letters of kvm_mmu_set_spte follow x86's long-mode entry format, in which KVM has
 *   shadow_user_mask (NPT and shadow paging): r always, w bit 1, x unless bit 63, u bit 2.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/event.h>
#include <base/strbuf.h>
#include <trace/file.h>

#define TRACE_ROLE_PRINTED 0x00011fffu

/* Longest text of a mark that is written, in bytes; the rest of a longer one is cut off. */
#define TRACE_MARK_MAX 4096
/* Longest line that is read. */
#define TRACE_LINE_MAX 65536

/**
 * trace_format() - append the payload of a record as ftrace prints it, without a newline:
 * "kvm_unmap_hva_range: mmu notifier unmap range: 0x00100000000000 -- 0x00100040000000".
 */
void trace_format(struct strbuf *out, const struct event *event);

/**
 * trace_format_line() - the whole ftrace line: task, CPU, flags, time, payload, newline.
 * The task is "mmuscope", its pid the record's, the time the record's position in the stream in
 * microseconds, so that the same run gives the same bytes.
 */
void trace_format_line(struct strbuf *out, const struct event *event);

/** trace_event_name() - the tracepoint's name. */
const char *trace_event_name(enum event_id id);

/** trace_event_id() - the record called @name; -1 when there is none. */
int trace_event_id(const char *name, size_t len);

/**
 * struct trace_writer - a sink that writes ftrace text to a file
 *
 * Use &writer->sink as the event sink. An I/O error is kept and the rest swallowed;
 * trace_writer_close() reports it.
 * @events: records written
 */
struct trace_writer {
	struct event_sink sink;
	struct trace_file file;
	uint64_t events;
};

/** trace_writer_open() - write to @path, as trace_file_open(). Return: 0 or a negative errno. */
int trace_writer_open(struct trace_writer *writer, const char *path);

/** trace_writer_close() - as trace_file_close(). */
int trace_writer_close(struct trace_writer *writer);

/** trace_writer_abort() - close and forget what was written to a regular file. */
void trace_writer_abort(struct trace_writer *writer);

/**
 * trace_parse_line() - one line of text as a record.
 * @line: without the newline
 * @ret_event: untouched unless 1 is returned; text points into @line
 *
 * Understood are whole lines of tracefs, trace-cmd report and perf script, bare payloads
 * ("kvm_unmap_hva_range: ..."), and the kprobe events "start: (...) start=0x.. end=0x.. event=2"
 * and "end: (...) ..." of a real kernel. The pid is the task's, seq the time in microseconds, 0
 * each in a bare payload.
 * Return: 1 for a record; 0 for a line that is none of ours (comments, other tracepoints);
 * -EINVAL for one of ours that is malformed.
 */
int trace_parse_line(const char *line, size_t len, struct event *ret_event);

/**
 * struct trace_reader - reads text in bounded memory
 * @line: number of the line last read, from 1
 * @other: lines so far that were none of ours, blank lines and comments not counted
 */
struct trace_reader {
	int fd;
	bool eof;
	char *buf;
	size_t start;
	size_t end;
	uint64_t line;
	uint64_t other;
};

/** trace_reader_open() - read @path, "-" for standard input. Return: 0 or a negative errno. */
int trace_reader_open(struct trace_reader *reader, const char *path);

/**
 * trace_reader_next() - the next record.
 * @ret_event: its text is valid until the next call
 * Return: 1; 0 at the end; -EINVAL for a malformed line, -EMSGSIZE for one longer than
 * TRACE_LINE_MAX (reading may go on after both); the negative errno of a failed read.
 */
int trace_reader_next(struct trace_reader *reader, struct event *ret_event);

/** trace_reader_close() - close the file (standard input stays open) and free the buffer. */
void trace_reader_close(struct trace_reader *reader);

#endif /* TRACE_TRACE_H */
