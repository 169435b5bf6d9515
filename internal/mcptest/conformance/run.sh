#!/usr/bin/env bash
# The protocol's conformance suites over HTTP, in both eras, and the linter of its inspector: BINARY's own server passes every
# scenario that asks for nothing that is not headwater's, and the fixtures of ../../httpd/conformance, on the same HTTP stack, pass
# the rest. What must fail, and why, stands in the .yml files beside this one; a scenario that fails or passes unexpectedly fails
# this. `N passed, N failed` last. Needs go, and node and npm of any recent version, to install the pinned ones beside itself.
set -euo pipefail

if [ $# -ne 2 ]; then
	echo "usage: $0 BINARY PROJECT" >&2
	exit 2
fi
binary=$(realpath "$1")
project=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
node=$here/node_modules/node/bin/node
inspector=$here/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js

if [ ! "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ]; then
	(cd "$here" && npm ci --no-audit --no-fund --loglevel=error >&2)
fi
work=$(mktemp -d)
servers=()
trap 'for each in "${servers[@]}"; do kill "$each" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT
(cd "$here" && go build -o "$work/fixtures" ../../httpd/conformance)

# begin NAME COMMAND…: starts a server and puts its address into url.
begin() {
	local name=$1
	shift
	"$@" 2>"$work/$name.log" &
	servers+=($!)
	for _ in $(seq 200); do
		url=$(grep -o -m 1 'http://127.0.0.1:[0-9]*/mcp' "$work/$name.log" || true)
		[ -z "$url" ] || return 0
		sleep 0.1
	done
	echo "$name did not say where it listens" >&2
	exit 1
}

passed=0
failed=0
# run WHAT COMMAND…: one check. Its output is shown where it failed.
run() {
	local what=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		passed=$((passed + 1))
		printf 'ok   %s: %s\n' "$what" "$(grep -o -m 1 'Total: .*\|[0-9]* errors, .*' "$work/said" || echo clean)"
	else
		failed=$((failed + 1))
		printf 'FAIL %s\n' "$what"
		grep -v '^=== Running\|^Running\|^$' "$work/said" | tail -40
	fi
}
suite() { (cd "$work" && timeout 300 "$node" "$here/node_modules/conformance-$1/dist/index.js" server "${@:2}"); }
strict() { "$node" "$inspector" --cli "$url" --transport http --method tools/list --strict >"$work/list" && grep -q '"tools"' "$work/list"; }

begin product "$binary" --project "$project" serve --listen 127.0.0.1:0 --rate 1000 --burst 1000
run "product, 0.1.16" suite 2025 --url "$url" --expected-failures "$here/product-0.1.16.yml"
run "product, 2025-11-25" suite 2026 --url "$url" --requirements 2025-11-25 --expected-failures "$here/product-2025-11-25.yml"
run "product, 2026-07-28" suite 2026 --url "$url" --requirements 2026-07-28 --expected-failures "$here/product-2026-07-28.yml"
run "product, inspector" strict
begin fixtures "$work/fixtures"
run "fixtures, 0.1.16" suite 2025 --url "$url"
run "fixtures, 2025-11-25" suite 2026 --url "$url" --requirements 2025-11-25
run "fixtures, 2026-07-28" suite 2026 --url "$url" --requirements 2026-07-28 --expected-failures "$here/fixtures-2026-07-28.yml"

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
