# SPDX-License-Identifier: GPL-2.0-or-later
# For the scripts beside it. Wants $tool, a name for messages, and $work, a folder for the log.

# Runs a command whose output matters only when it fails.
quietly()
{
	if ! "$@" >"$work/log" 2>&1 </dev/null; then
		tail -n 60 "$work/log" >&2
		echo "$tool: failed: $*" >&2
		exit 1
	fi
}
