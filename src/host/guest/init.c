// SPDX-License-Identifier: GPL-2.0-or-later
/* PID 1 of the booted kernel: runs every script of /scripts, then ends the machine. */
#include "guest_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <unistd.h>

static unsigned int limit_ms = 10000;
static int kmsg_fd = -1;

/* The kernel's messages since the last call that tell of something broken. */
static void send_kernel_log(void)
{
	static const char *const words[] = {
		"BUG",
		"WARNING",
		"bad pgd",
		"bad p4d",
		"bad pud",
		"bad pmd",
		"Bad page",
		"Oops",
		"general protection",
		"soft lockup",
		"blocked for more",
		"detected stall",
		"Bad rss",
	};
	static char record[8192];
	char *text;
	ssize_t n;
	size_t i;

	for (;;) {
		n = read(kmsg_fd, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			return;
		record[n] = 0;
		text = strchr(record, ';');
		if (!text)
			continue;
		text++;
		text[strcspn(text, "\n")] = 0;
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strstr(text, words[i])) {
				wire_printf("log %.1000s\n", text);
				break;
			}
	}
}

/* Return: false when this machine should run no more. */
static bool run_file(unsigned int number, const char *path)
{
	struct strbuf text = STRBUF_INIT, diag = STRBUF_INIT;
	struct script *script;
	int err = get_file(path, &text);
	bool usable = true;

	if (!err)
		err = script_parse(path, strbuf_str(&text), text.len, &diag, &script);
	if (err) {
		wire_printf("script %u\nlog %.500s\nstate failed %d\n", number,
			    strbuf_str(&diag), -err);
	} else {
		usable = runner_run(script, number, limit_ms);
		send_kernel_log();
		script_free(script);
	}
	wire_printf("close %u\n", number);
	wire_flush();
	strbuf_release(&text);
	strbuf_release(&diag);
	return usable;
}

static void run_all(void)
{
	char path[64];
	uint64_t number = 0;

	(void)get_number("/first", &number);
	for (;; number++) {
		snprintf(path, sizeof(path), "/scripts/%lu.mms", number);
		if (access(path, R_OK)) {
			wire_printf("end\n");
			return;
		}
		if (!run_file(number, path)) {
			wire_printf("again\n");
			return;
		}
	}
}

static void read_config(void)
{
	uint64_t value;

	if (!get_number("/limit_ms", &value) && value)
		limit_ms = value;
}

static int start(void)
{
	int err = setup_mounts();

	if (err) {
		wire_printf("fail mount %d\n", -err);
		return err;
	}
	setup_settings();
	khugepaged_setup();
	err = setup_kvm(SCRIPT_MMU_TDP, true);
	if (err) {
		wire_printf("fail kvm %d\n", -err);
		return err;
	}
	err = ftrace_setup();
	if (err)
		wire_printf("fail ftrace %d\n", -err);
	return err;
}

int main(int argc, char **argv)
{
	struct utsname name;

	/* what was read into memory once leaves the heap, where scripts have theirs, small */
	(void)mallopt(M_MMAP_THRESHOLD, 128 << 10);
	if (argc > 2 && !strcmp(argv[1], EXEC_RESUME))
		exec_resume(argv[2]);
	if (wire_open())
		return 1;
	uname(&name);
	wire_printf("kernel %s\n", name.release);
	wire_flush();
	if (!start()) {
		kmsg_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		lseek(kmsg_fd, 0, SEEK_END);
		read_config();
		wire_printf("ready\n");
		wire_flush();
		run_all();
	}
	wire_flush();
	reboot(RB_AUTOBOOT);
	return 0;
}
