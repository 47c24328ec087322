#!/usr/bin/env bash
# Runs one command beside another: `beside.sh BESIDE COMMAND...`. What BESIDE prints is shown once
# COMMAND has ended; the exit status says whether both went well.
set -uo pipefail

beside=${1:?a command to run beside the other one}
shift
log=$(mktemp)

# A group of its own, so that an interrupt ends all that it has started.
set -m
bash -c "$beside" >"$log" 2>&1 &
group=$!
set +m
trap 'kill -- "-$group" 2>/dev/null; rm -f "$log"' EXIT
trap 'exit 130' INT TERM

"$@"
status=$?

wait "$group"
other=$?
echo
echo "--- meanwhile: $beside ---"
cat "$log"
[ "$status" = 0 ] && [ "$other" = 0 ]
