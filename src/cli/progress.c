// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The line is written from a timer's signal handler, so that it also moves while one
 * operation takes long: it counts in memory that the handler reads, and uses write()
 * only.
 */
#include "terminal_internal.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define FIRST_MS 1000
#define STEP_MS 200

static struct {
	volatile sig_atomic_t running;
	volatile sig_atomic_t shown;
	const char *volatile what;
	volatile uint64_t done;
	struct sigaction before;
} line;

static char *put(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *put_count(char *to, uint64_t count)
{
	char digits[32];
	unsigned int nr = 0, i;

	do {
		if (nr % 4 == 3)
			digits[nr++] = ',';
		digits[nr++] = '0' + count % 10;
		count /= 10;
	} while (count);
	for (i = nr; i--;)
		*to++ = digits[i];
	return to;
}

static void tick(int number)
{
	char text[160], *to = text;

	(void)number;
	if (!line.running)
		return;
	to = put(to, "\r");
	to = put_count(to, line.done);
	to = put(to, " ");
	to = put(to, line.what);
	to = put(to, "\033[K");
	line.shown = write(STDERR_FILENO, text, to - text) > 0;
}

static void set_timer(unsigned int first_ms, unsigned int step_ms)
{
	const struct itimerval timer = {
		.it_value = {first_ms / 1000, first_ms % 1000 * 1000},
		.it_interval = {step_ms / 1000, step_ms % 1000 * 1000},
	};

	setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_init(const char *what)
{
	struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};

	line.what = what;
	line.done = 0;
	if (line.running || !isatty(STDERR_FILENO))
		return;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGALRM, &action, &line.before))
		return;
	line.running = 1;
	set_timer(FIRST_MS, STEP_MS);
}

void progress_update(uint64_t done)
{
	line.done = done;
}

void progress_clear(void)
{
	static const char clear[] = "\r\033[K";
	sigset_t alarm, before;

	if (!line.shown)
		return;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, &before);
	if (line.shown)
		(void)!write(STDERR_FILENO, clear, sizeof(clear) - 1);
	line.shown = 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void progress_end(void)
{
	if (!line.running)
		return;
	set_timer(0, 0);
	line.running = 0;
	sigaction(SIGALRM, &line.before, NULL);
	progress_clear();
}
