// SPDX-License-Identifier: GPL-2.0-or-later
/* Gives every file of a folder to a fuzz target: the kept corpus in builds without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tap.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The whole of a file, to be freed; NULL when it cannot be read. */
static uint8_t *read_whole(const char *folder, const char *name, size_t *ret_size)
{
	char path[4096];
	uint8_t *data = NULL;
	FILE *file;
	long size;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END) && (size = ftell(file)) >= 0) {
		rewind(file);
		data = malloc(size ? size : 1);
		if (data && fread(data, 1, size, file) != (size_t)size) {
			free(data);
			data = NULL;
		}
		*ret_size = size;
	}
	fclose(file);
	return data;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int nr = argc == 2 ? scandir(argv[1], &entries, visible, alphasort) : -1;
	int i;

	tap_ok(nr > 0, "there are seeds");
	for (i = 0; i < nr; i++) {
		size_t size = 0;
		uint8_t *data = read_whole(argv[1], entries[i]->d_name, &size);

		tap_ok(data && !LLVMFuzzerTestOneInput(data, size), "%s", entries[i]->d_name);
		free(data);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	return tap_done();
}
