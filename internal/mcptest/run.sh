#!/usr/bin/env bash
# Drives `BINARY --project PROJECT mcp` over stdio, and `serve` over HTTP, with clients that are not ours, in both eras of the protocol.
# What no tool of headwater's is sure to show (documents that change, questions to the user) is shown by ./sample, which go
# builds; a repair is made in a demo world of BINARY's. One line a check, `N passed, N failed` last, exit 1 on a failure. NODE is
# a node of the project to trace: default, the first model that find_nodes lists. Needs go, and node and npm of any recent version,
# to install the pinned ones beside itself.
set -euo pipefail

if [ $# -lt 2 ]; then
	echo "usage: $0 BINARY PROJECT [NODE]" >&2
	exit 2
fi
binary=$(realpath "$1")
project=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)

# npm writes its own copy of the lock when it has finished: an interrupted install is not taken for a whole one.
if [ ! "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ]; then
	(cd "$here" && npm ci --no-audit --no-fund --loglevel=error >&2)
fi
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
if [ -z "${HEADWATER_PROJECT_ALONE:-}" ]; then
	(cd "$here" && go build -o "$built/sample" ./sample)
	"$binary" demo --keep "$built/world" >"$built/said"
fi
"$binary" token ann --scope read,plan,write >"$built/tokens" 2>"$built/token"
"$here/node_modules/node/bin/node" "$here/main.mjs" "$binary" "$project" "$built/sample" "$built/world" \
	"$built/tokens" "$(sed 's/.* //' "$built/token")" "${3:-}"
