#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes a strace -f -ttt log tell about the program only, always in the same way: the time counts
# from 1000000000, process numbers from 100, the environment and the folder of the recording go.
# Usage: scrub.sh FOLDER <LOG >CLEAN
set -eu
edge='[^[:alnum:]_-]'
sed -E -e "s|$1|/tmp/rec|g" -e "s|$HOME/|/home/user/|g" -e "s/($edge)$(uname -n)($edge)/\\1host\\2/g" |
awk '
function number(pid) {
	if (!(pid in known))
		known[pid] = 100 + count++
	return known[pid]
}
{
	pid = $1
	stamp = $2
	if (!start)
		start = int(stamp)
	rest = $0
	sub(/^[0-9]+ +[0-9.]+ /, "", rest)
	if (match(rest, /^(clone|clone3|fork|vfork)\(.*= [0-9]+$/) ||
	    match(rest, /^<\.\.\. (clone|clone3|fork|vfork) resumed>.*= [0-9]+$/)) {
		child = rest
		sub(/.*= /, "", child)
		sub(/= [0-9]+$/, "= " number(child), rest)
		gsub("parent_tid=\\[" child "\\]", "parent_tid=[" number(child) "]", rest)
	}
	if (match(rest, /si_pid=[0-9]+, si_uid=[0-9]+/))
		sub(/si_pid=[0-9]+, si_uid=[0-9]+/, "si_pid=1, si_uid=0", rest)
	if (rest ~ /^(wait4|waitid|tgkill|kill|tkill|<\.\.\. (wait4|waitid) )/)
		gsub(/[0-9][0-9][0-9]+/, "1", rest)
	printf "%d %.6f %s\n", number(pid), 1000000000 + (stamp - start), rest
}'
