// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Persistent memory as device DAX. QEMU gives one NVDIMM per page size; each region's
 * namespace is taken from the block driver and given to device DAX with the wanted
 * alignment, which is the one page size that the device then maps.
 */
#include "guest_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ND "/sys/bus/nd/"
#define DAX_DEVICES 3

/* Page sizes, and the device that maps each. */
static const uint64_t dax_sizes[DAX_DEVICES] = { 1ull << 30, 2ull << 20, 4096 };
static char dax_device[DAX_DEVICES][64];

static int read_word(const char *path, char *word, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, word, size - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	word[n] = 0;
	word[strcspn(word, "\n")] = 0;
	return 0;
}

/* The character device that appeared below a dax region's device. */
static int find_device(const char *seed, char *name, size_t size)
{
	char path[128];
	struct dirent *entry;
	DIR *dir;
	int err = -ENODEV;

	snprintf(path, sizeof(path), ND "devices/%.32s", seed);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (err && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "dax", 3) && strchr(entry->d_name, '.') &&
		    strncmp(entry->d_name, "dax_region", 10)) {
			snprintf(name, size, "/dev/%.48s", entry->d_name);
			err = access(name, R_OK | W_OK) ? -errno : 0;
		}
	closedir(dir);
	return err;
}

/* The kernel numbers the NVDIMMs as it likes; only the large one has room for 1 GiB
 * pages. */
static int choose_size(unsigned int region, unsigned int *small, unsigned int *ret_which)
{
	char path[64];
	uint64_t size;
	int err;

	snprintf(path, sizeof(path), ND "devices/region%u/size", region);
	err = get_number(path, &size);
	if (err)
		return err;
	*ret_which = size > 2ull << 30 ? 0 : ++*small;
	return *ret_which < DAX_DEVICES ? 0 : -ENODEV;
}

static int setup_region(unsigned int region, unsigned int which)
{
	char path[160], seed[40];
	int err;

	(void)put_filef(ND "drivers/nd_pmem/unbind", "namespace%u.0", region);
	snprintf(path, sizeof(path), ND "devices/region%u/dax_seed", region);
	err = read_word(path, seed, sizeof(seed));
	if (err)
		return err;
	snprintf(path, sizeof(path), ND "devices/%s/align", seed);
	err = put_filef(path, "%lu", dax_sizes[which]);
	snprintf(path, sizeof(path), ND "devices/%s/uuid", seed);
	if (!err)
		err = put_filef(path, "6d6d7573-636f-7065-0000-00000000000%u", which + 1);
	snprintf(path, sizeof(path), ND "devices/%s/mode", seed);
	(void)put_file(path, "ram");
	snprintf(path, sizeof(path), ND "devices/%s/namespace", seed);
	if (!err)
		err = put_filef(path, "namespace%u.0", region);
	if (!err)
		err = put_file(ND "drivers/dax_pmem/bind", seed);
	return err ? err
		   : find_device(seed, dax_device[which], sizeof(dax_device[which]));
}

int setup_dax(void)
{
	static const char *const modules[] = { "libnvdimm", "nd_btt",     "nd_pmem",
					       "nfit",      "device_dax", "dax_pmem" };
	static int ready = 1;
	unsigned int i, which, small = 0;
	int err = 0;

	if (ready <= 0)
		return ready;
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]) && !err; i++)
		err = setup_module(modules[i], "");
	for (i = 0; i < DAX_DEVICES && !err; i++) {
		err = choose_size(i, &small, &which);
		if (!err)
			err = setup_region(i, which);
	}
	ready = err;
	return err;
}

const char *dax_path(uint64_t page_size)
{
	unsigned int i;

	for (i = 0; i < DAX_DEVICES; i++)
		if (dax_sizes[i] == page_size)
			return dax_device[i];
	return "";
}
