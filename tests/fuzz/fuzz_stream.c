// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as a kept stream of a real kernel: refused with a reason, or written and read back. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <base/strbuf.h>
#include <host/host.h>
#include <script/script.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "map ram 0x100000000000 4M rw anon private\n"
			   "vm vm0 shadow\nmemslot vm0 0 gpa=0 ram 4M\n"
			   "repeat 2\nguest vm0 w 0 8K\nmprotect ram 4M r\nfork a\nend\n";

static void check_written(const struct host_stream *stream, const struct script *script,
			  const char *release)
{
	struct strbuf out = STRBUF_INIT, again = STRBUF_INIT, back_release = STRBUF_INIT;
	struct strbuf diag = STRBUF_INIT;
	struct host_stream back;

	host_stream_write(stream, script, release, &out);
	assert(!host_stream_read("fuzz", out.buf, out.len, script, &back, &back_release, &diag));
	host_stream_write(&back, script, strbuf_str(&back_release), &again);
	assert(!strcmp(strbuf_str(&out), strbuf_str(&again)));
	host_stream_release(&back);
	strbuf_release(&out);
	strbuf_release(&again);
	strbuf_release(&back_release);
	strbuf_release(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf release = STRBUF_INIT, diag = STRBUF_INIT;
	struct host_stream stream;
	struct script *script;
	int err = script_parse("fuzz", text, strlen(text), &diag, &script);

	assert(!err);
	strbuf_reset(&diag);
	err = host_stream_read("fuzz", (const char *)data, size, script, &stream, &release, &diag);
	assert(!err || (err == -EINVAL && diag.len));
	if (!err) {
		check_written(&stream, script, strbuf_str(&release));
		host_stream_release(&stream);
	}
	script_free(script);
	strbuf_release(&release);
	strbuf_release(&diag);
	return 0;
}
