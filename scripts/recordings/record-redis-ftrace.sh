#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Records redis-bgsave.ftrace.zst: a Redis server that is filled, forks to save a snapshot while
# clients go on writing (copy on write), and frees what it held. System calls and user page
# faults of all its processes in one stream, through a tracefs instance of its own.
#
# Needs root, tracefs, redis-server, redis-benchmark, redis-cli, zstd.
# Usage: record-redis-ftrace.sh [OUTPUT]
set -eu

out=$(realpath "${1:-redis-bgsave.ftrace.zst}")
dir=$(mktemp -d)
port=6399
mounted=
instance=
server=

cleanup() {
	test -z "$server" || kill "$server" 2>/dev/null || true
	if test -n "$instance"; then
		echo 0 >"$instance/tracing_on" || true
		rmdir "$instance" || true
	fi
	test -z "$mounted" || umount "$mounted"
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

tracefs=$(awk '$3 == "tracefs" { print $2; exit }' /proc/mounts)
if test -z "$tracefs"; then
	tracefs=$dir/tracefs
	mkdir "$tracefs"
	mount -t tracefs none "$tracefs"
	mounted=$tracefs
fi
instance=$tracefs/instances/mmuscope-record-$$
mkdir "$instance"
echo 0 >"$instance/tracing_on"
echo mono >"$instance/trace_clock"
echo 16384 >"$instance/buffer_size_kb"
echo 1 >"$instance/options/event-fork"
for call in mmap munmap mprotect madvise mremap brk clone clone3 fork vfork execve exit exit_group; do
	for end in enter exit; do
		event=$instance/events/syscalls/sys_${end}_$call
		test ! -d "$event" || echo 1 >"$event/enable"
	done
done
echo 1 >"$instance/events/exceptions/page_fault_user/enable"
echo 1 >"$instance/events/task/task_newtask/enable"
echo 1 >"$instance/events/sched/sched_process_exit/enable"

# the server starts stopped, so that the trace has all of it and nothing else
sh -c 'kill -STOP $$; exec redis-server --port '$port' --save "" --dir '"$dir"' \
	--logfile '"$dir/log"' --daemonize no' &
server=$!
while ! grep -q '^State:.*T' "/proc/$server/status"; do sleep 0.1; done
echo "$server" >"$instance/set_event_pid"
echo 1 >"$instance/tracing_on"
kill -CONT "$server"
until redis-cli -p $port ping 2>/dev/null | grep -q PONG; do sleep 0.1; done

redis-benchmark -p $port -q -t set -n 100000 -r 60000 -d 400 -P 16 >/dev/null
redis-cli -p $port bgsave >/dev/null
redis-benchmark -p $port -q -t set -n 60000 -r 60000 -d 400 -P 16 >/dev/null
while redis-cli -p $port info persistence | grep -q 'rdb_bgsave_in_progress:1'; do sleep 0.1; done
redis-cli -p $port flushall >/dev/null
redis-cli -p $port shutdown nosave >/dev/null 2>&1 || true
wait "$server" || true
server=
echo 0 >"$instance/tracing_on"

cat "$instance/per_cpu"/cpu*/stats | awk '$1 == "overrun:" && $2 { print "lost events: " $2 }' >&2
# the time since boot tells about the machine, not about the program: count from the start
awk '
/^#/ { print; next }
{
	if (!match($0, /[0-9]+\.[0-9]+: /))
		next
	stamp = substr($0, RSTART, RLENGTH - 2)
	if (!start)
		start = int(stamp)
	printf "%s%.6f: %s\n", substr($0, 1, RSTART - 1), stamp - start, substr($0, RSTART + RLENGTH)
}' "$instance/trace" | zstd -q -19 -f -o "$out"
