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

find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if usable "$name" && "$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if usable "$name"; then
            fail "$name cannot make virtual environments." \
                "Install its venv module (Debian, Ubuntu: apt-get install python3-venv) and try again."
        fi
    done
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
