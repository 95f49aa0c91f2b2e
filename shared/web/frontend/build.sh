#!/bin/sh
# Build the front-end assets with Node from the PATH, or with the pinned Node wheel where there is none (or an old one).
set -eu
cd "$(dirname "$0")"

new_enough() {
    command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
        node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'
}

if ! new_enough; then
    echo "No Node 20 or newer on the PATH: installing the pinned wheel …"
    "$BIN/pip" install --quiet --disable-pip-version-check --require-hashes -r ../../../requirements-node.lock
    PATH="$BIN:$PATH"
    export PATH
fi
echo "Building the front-end assets …"
npm ci --silent --no-audit --no-fund
npm run --silent build
