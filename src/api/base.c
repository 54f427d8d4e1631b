// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and versions, and the structures that begin with their size. */
#include "api_internal.h"

#include <script/script.h>
#include <sim/counters.h>

#include <string.h>

static_assert((int)MS_NOTIFY_UNMAP == MMU_NOTIFY_UNMAP && (int)MS_NOTIFY_CLEAR == MMU_NOTIFY_CLEAR,
	      "events of notifications");
static_assert((int)MS_NOTIFY_PROTECTION_VMA == MMU_NOTIFY_PROTECTION_VMA &&
	      (int)MS_NOTIFY_PROTECTION_PAGE == MMU_NOTIFY_PROTECTION_PAGE, "events");
static_assert((int)MS_NOTIFY_SOFT_DIRTY == MMU_NOTIFY_SOFT_DIRTY &&
	      (int)MS_NOTIFY_RELEASE == MMU_NOTIFY_RELEASE, "events");
static_assert((int)MS_NOTIFY_MIGRATE == MMU_NOTIFY_MIGRATE &&
	      (int)MS_NOTIFY_EXCLUSIVE == MMU_NOTIFY_EXCLUSIVE, "events");

const char *ms_version(void)
{
	return mmuscope_version;
}

const char *ms_verified_kernels(void)
{
	return mmuscope_verified;
}

const char *ms_profile_name(unsigned int index)
{
	return index < script_nr_kernels() ? script_kernel_names[index] : NULL;
}

const char *ms_profile_summary(const char *profile)
{
	return profile ? sim_profile_summary(profile) : NULL;
}

const char *ms_notify_name(unsigned int event)
{
	return mmu_notify_name(event);
}

const char *ms_counter_name(unsigned int index)
{
	return index < SIM_COUNTER_NR ? sim_counter_names[index] : NULL;
}

int api_counter_index(const char *name)
{
	return name ? sim_counter_index(name) : -1;
}

const char *ms_counter_help(const char *name)
{
	int index = api_counter_index(name);

	return index < 0 ? NULL : sim_counter_help[index];
}

int api_options(void *known, size_t known_size, const void *user)
{
	const unsigned char *bytes = user;
	size_t size, i;

	if (!user)
		return 0;
	memcpy(&size, user, sizeof(size));
	if (size < sizeof(size))
		return -EINVAL;
	for (i = known_size; i < size; i++)
		if (bytes[i])
			return -E2BIG;
	memcpy(known, user, size < known_size ? size : known_size);
	return 0;
}

int api_output(void *user, const void *known, size_t known_size)
{
	size_t size;

	memcpy(&size, user, sizeof(size));
	if (size < sizeof(size))
		return -EINVAL;
	if (size > known_size)
		memset((char *)user + known_size, 0, size - known_size);
	else
		known_size = size;
	memcpy((char *)user + sizeof(size), (const char *)known + sizeof(size),
	       known_size - sizeof(size));
	return 0;
}
