/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.dat, the binary recording of trace-cmd, read as the ftrace text that it stands for.
 *
 * libtracecmd prints, trusts what it reads and may break down on a damaged file. So it works in a
 * child process that has no output but a pipe, little memory and little time; the importer reads
 * text from that pipe like any other recording, and learns how the child ended.
 */
#ifndef IMPORT_TRACE_DAT_INTERNAL_H
#define IMPORT_TRACE_DAT_INTERNAL_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct import;

/**
 * struct trace_dat - a recording being read by a child
 * @child: 0 when there is none
 * @pipe: its text, -1 when closed
 * @about: what the child writes beside the text; NULL when there is none
 * @bytes: of the recording
 */
struct trace_dat {
	struct import *im;
	pid_t child;
	int pipe;
	struct trace_dat_about *about;
	uint64_t bytes;
};

/**
 * struct trace_dat_about - shared by the child and the importer
 * @uname: of the recorded machine, "Linux host 6.12.1 x86_64"; "" where the file or the library
 * does not tell
 */
struct trace_dat_about {
	char uname[256];
};

/**
 * imp_trace_dat_begin() - when the input is a trace.dat, replace it by its text.
 * @dat: zeroed; to be given to imp_trace_dat_end() in any case
 *
 * The file is copied to a nameless temporary one first ($TMPDIR, /var/tmp): libtracecmd seeks.
 *
 * Return: 0 (also when it is something else); -EINVAL with the report's error set; a negative errno.
 */
int imp_trace_dat_begin(struct import *im, struct trace_dat *dat);

/** imp_trace_dat_end() - the child is gone afterwards. */
void imp_trace_dat_end(struct trace_dat *dat);

/* How the child ends. */
enum trace_dat_status {
	TRACE_DAT_WHOLE,
	TRACE_DAT_UNREADABLE, /* libtracecmd does not open it */
	TRACE_DAT_FOREIGN,    /* of a kernel with other than 64-bit words */
	TRACE_DAT_BROKEN,     /* libtracecmd stopped on the way */
	TRACE_DAT_OUTPUT,     /* the text could not be written */
	TRACE_DAT_NR
};

/**
 * imp_trace_dat_print() - in the child: the events of the trace.dat @fd as lines of tracefs text.
 * Calls and the other events that the importer uses come with their raw fields, the rest by name.
 * @about: zeroed; filled in before the first line
 * @idle: called now and then as long as events come
 */
enum trace_dat_status imp_trace_dat_print(int fd, FILE *out, struct trace_dat_about *about,
					  void (*idle)(void));

#endif /* IMPORT_TRACE_DAT_INTERNAL_H */
