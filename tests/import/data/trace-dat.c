// SPDX-License-Identifier: GPL-2.0-or-later
/* What trace-dat.sh records: a map that grows, shrinks, forks and goes; calls that fail. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1UL << 20)

/* trace-cmd takes the names of processes from a file; this one's is the only one of interest. */
static void write_name(const char *path)
{
	FILE *names = fopen(path, "w");

	if (!names)
		_exit(1);
	fprintf(names, "%d prog\n", getpid());
	fclose(names);
}

int main(int argc, char **argv)
{
	char *p;

	if (argc > 1)
		write_name(argv[1]);
	p = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(p, 16 * MIB, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < 16; i++)
		p[i * MIB] = 1;
	p = mremap(p, 16 * MIB, 32 * MIB, MREMAP_MAYMOVE);
	mprotect(p, 8 * MIB, PROT_READ);
	madvise(p + 12 * MIB, 2 * MIB, MADV_DONTNEED);
	if (!fork()) {
		p[9 * MIB] = 2;
		_exit(0);
	}
	wait(NULL);
	p[10 * MIB] = 3;
	mprotect((void *)0x10000, 4096, PROT_READ);
	munmap(p, 32 * MIB);
	return 0;
}
