#!/bin/sh
# Runs a program until FILE is there and not empty, or SECONDS passed, then ends the program.
# Usage: until_file.sh FILE SECONDS PROGRAM…
file=$1
limit=$(($2 * 10))
shift 2
"$@" &
pid=$!
while [ $limit -gt 0 ] && [ ! -s "$file" ] && kill -0 $pid 2>/dev/null; do
    sleep 0.1
    limit=$((limit - 1))
done
kill $pid 2>/dev/null
wait $pid 2>/dev/null
[ -s "$file" ]
