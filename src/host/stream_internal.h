/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines that tell of one script, the same from the guest and in a kept file:
 *
 *	op INDEX PID        operation INDEX of the script begins in process PID
 *	+ PID EVENT START END   a notification starts, - it ends; addresses in hex
 *	k PID NAME ARG...   a tracepoint of KVM with the arguments of base/event.h in hex
 *	! PID               all subscribers are told that the address space ends
 *	ret ERRNO           the operation returned
 *	log TEXT            a message of the kernel
 *	state STATUS DETAIL the script ended
 *
 * More words behind these are for people and are ignored.
 */
#ifndef HOST_STREAM_INTERNAL_H
#define HOST_STREAM_INTERNAL_H

#include <host/host.h>

/**
 * struct stream_builder - makes a host_stream out of lines
 * @cursor: walks the script along, so that a line out of place is found
 * @ended: the state line was seen
 */
struct stream_builder {
	const struct script *script;
	struct host_stream *stream;
	struct script_cursor cursor;
	bool ended;
};

/* stream_begin() - @stream becomes empty with status HOST_NOT_RUN. Return: 0 or -ENOMEM.
 */
int stream_begin(struct stream_builder *builder, const struct script *script,
		 struct host_stream *stream);

/* stream_line() - one NUL-terminated line. Return: 0, -EPROTO for nonsense, -ENOMEM. */
int stream_line(struct stream_builder *builder, const char *line);

#endif /* HOST_STREAM_INTERNAL_H */
