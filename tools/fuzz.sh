#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs every libFuzzer target of a build for a while, from its seeds in tests/fuzz/corpus and
# from what earlier runs found, which is kept in the build folder. With KEEP=1, findings that
# reach new code are added to tests/fuzz/corpus afterwards.
#
# Every run prints its seed. FUZZ_SEED=N takes that one; FUZZ_RUNS=N stops after N inputs and not
# by the clock. With both, from an empty build folder, the run is the same each time.
#
# usage: tools/fuzz.sh BUILD_FOLDER SECONDS

set -eu
cd "$(dirname "$0")/.."
build=$1 seconds=$2 failed=0
seed=${FUZZ_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
limit=-max_total_time=$seconds how="$seconds seconds"
[ -z "${FUZZ_RUNS:-}" ] || limit=-runs=$FUZZ_RUNS how="$FUZZ_RUNS inputs"

for target in "$build"/tests/fuzz/fuzz_*; do
	[ -f "$target" ] && [ -x "$target" ] || continue
	name=${target##*/fuzz_}
	seeds=tests/fuzz/corpus/$name
	found=$build/tests/fuzz/corpus-$name
	log=$build/tests/fuzz/$name.log
	mkdir -p "$found"
	echo "fuzzing $name: $how, seed $seed"
	if "$target" "$limit" -seed="$seed" -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$build/tests/fuzz/crash-$name-" \
		"$found" "$seeds" >"$log" 2>&1; then
		grep -E 'number_of_executed_units|new_units_added' "$log"
	else
		failed=1
		tail -n 60 "$log"
		echo "fuzz_$name failed: $log; the input is $build/tests/fuzz/crash-$name-*"
	fi
	[ "${KEEP:-0}" = 0 ] || "$target" -merge=1 "$seeds" "$found" >>"$log" 2>&1
done
exit $failed
