#!/usr/bin/env bash
# Make .venv from the lock: `environment.sh run` or `environment.sh dev`. Does nothing when it is
# up to date, so that a warm start costs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${1:?run or dev}
unset VIRTUAL_ENV # another environment that happens to be active

fail() {
    printf 'vectal: %s\n' "$@" >&2
    exit 1
}

usable() { # 3.11 or newer
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

can_make_environments() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

found() { # all on PATH, the usual one first
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        type -ap "$name" || true
    done
}

pace() { # microseconds that a little work takes it, at best
    "$1" -S -c '
import time

class Point:
    def __init__(self, value):
        self.value = value

    def plus(self, more):
        return self.value + more

def work():
    kept = {}
    for number in range(10_000):
        kept[number & 63] = Point(number).plus(len(str(number)))

def timed():
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

print(int(1e6 * min(timed() for _ in range(9))))
'
}

# The usual Python, or one that takes less than four fifths of its time. Those that were built with
# profiles of their own runs (Debian, Ubuntu, Homebrew, python.org) take about two thirds of the time
# of those that were not (pyenv, unless it is asked to); a call of a model then costs a sixth less.
find_python() {
    local each best="" best_pace=0 its_pace unable=""
    if [ -n "${VECTAL_PYTHON:-}" ]; then
        usable "$VECTAL_PYTHON" || fail "VECTAL_PYTHON is $VECTAL_PYTHON, which is no Python 3.11 or newer."
        echo "$VECTAL_PYTHON"
        return
    fi
    while read -r each; do
        usable "$each" || continue
        if ! can_make_environments "$each"; then
            unable=${unable:-$each}
            continue
        fi
        its_pace=$(pace "$each")
        if [ -z "$best" ] || [ $((its_pace * 5)) -lt $((best_pace * 4)) ]; then
            best=$each best_pace=$its_pace
        fi
    done < <(found)
    if [ -n "$best" ]; then
        echo "$best"
        return
    fi
    [ -z "$unable" ] || fail "$unable cannot make virtual environments." \
        "Install its venv module (Debian, Ubuntu: apt-get install python3-venv) and try again."
    fail "Python 3.11 or newer is needed, and none is on PATH." \
        "Install one (Debian, Ubuntu: apt-get install python3 python3-venv) and try again."
}

stamp() { # what the environment was made from
    cat uv.lock pyproject.toml | cksum
    .venv/bin/python -c 'import sys; print(sys.version)'
}

if ! usable .venv/bin/python; then
    python=$(find_python)
    echo "Making .venv with $python"
    rm -rf .venv
    "$python" -m venv .venv || fail "The virtual environment could not be made." \
        "The lines above say why; a full disk and a missing python3-venv are the usual causes."
fi

for made in dev "$wanted"; do # what serves development also serves to run
    if [ "$(cat ".venv/.vectal-$made" 2>/dev/null)" = "$(stamp)" ]; then
        exit 0
    fi
done

if ! .venv/bin/uv --version >/dev/null 2>&1; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9' ||
        fail "uv could not be installed." "Is there a network? The lines above say more."
fi
if [ "$wanted" = run ]; then group=--no-dev; else group=--dev; fi
echo "Installing the packages of uv.lock"
.venv/bin/uv sync --frozen --inexact --quiet "$group" ||
    fail "The packages of uv.lock could not be installed." \
        "Is there a network, and room on the disk? The lines above say more."
stamp >".venv/.vectal-$wanted"
