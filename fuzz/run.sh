#!/bin/sh
# Runs every fuzz target for SECONDS, growing a private corpus from the seeds. Usage: run.sh BUILD SECONDS
set -eu
build=$1
seconds=$2
here=$(dirname "$0")
status=0
for target in "$build"/fuzz/fuzz_*; do
    [ -f "$target" ] && [ -x "$target" ] || continue
    name=${target##*/fuzz_}
    mkdir -p "$build/corpus/$name" "$build/findings"
    echo "fuzz $name for ${seconds}s" >&2
    # A finding is kept beside the build; add it to fuzz/corpus with its fix.
    "$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$build/findings/$name-" \
        "$build/corpus/$name" "$here/corpus/$name" 2>"$build/findings/$name.log" || {
        status=1
        tail -n 40 "$build/findings/$name.log" >&2
    }
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)' \
        "$build/findings/$name.log" | sed "s/^/$name /" || true
done
exit $status
