#!/usr/bin/env bash
# Writes docs/troubleshooting.md anew: a night in which users went missing, with what the program really prints.
#
#   docs/troubleshooting.sh          writes it
#   docs/troubleshooting.sh check    fails where the file is not what would be written
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/bin/headwater" ./cmd/headwater
PATH=$work/bin:$PATH
headwater demo --keep "$work/shop" >/dev/null
export HEADWATER_AS_OF=2026-06-15T08:00:00Z HEADWATER_PROJECT=$work/shop
out=$work/troubleshooting.md
last=

say() { printf '%s\n\n' "$*" >>"$out"; }

# same leaves out what is not the same twice: folders, ids and times of runs, who runs this.
same() {
	sed -E "s#$work/bin/##g; s#$work#…#g; s#run-[0-9]{8}t[0-9]+-[0-9a-f]+#run-…#g; s#plan-[0-9a-f]{8,}#plan-…#g; s#^2[0-9-]+T[0-9:]+Z#(when)#; s#$(id -un) by#you by#"
}

# run shows a command and what it prints, long lines of JSON cut.
run() {
	last=$(headwater --output table "$@" 2>/dev/null || true)
	line=headwater
	for word in "$@"; do
		case $word in *' '*) line+=" '$word'" ;; *) line+=" $word" ;; esac
	done
	{
		printf '```console\n$ %s\n' "$line"
		printf '%s\n' "$last" | python3 -c 'import sys
for line in sys.stdin: print(line[:400].rstrip() + (" … (cut)" if len(line) > 401 else ""))'
		printf '```\n\n'
	} | same >>"$out"
}

cat >"$out" <<'TEXT'
# A night in which users went missing

What follows is printed by the program itself, of the world that `headwater demo --keep shop` makes: `docs/troubleshooting.sh` writes this
page, and a check in CI fails when it is not what the program prints. An agent asks the same with the tools that are named in brackets.

TEXT
say "The chart of the morning of 15 June shows a third of yesterday's users. First question: why? (\`explain_active_users\`)"
run explain app_visit
say "It is the data: a source lost a day. Is that the first cause, or is something further up? (\`explain_staleness\`)"
run call explain_staleness --node fct_app_visit --period 2026-06-14
say "Nothing further up, and one load repairs it. Who should know, before it is? (\`assess_impact\`)"
run call assess_impact --node raw.app_events --change data --limit 3
say "What is the least that has to be run? (\`plan_backfill\`: it runs nothing)"
run backfill plan app_visit_activation_daily --first 2026-06-14 --last 2026-06-14
plan=$(printf '%s' "$last" | grep -o 'plan-[0-9a-f]*' | head -1)
say "The plan starts at the source and ends at the users. Somebody agrees, and says why. (\`start_backfill\`)"
run backfill start "$plan" --reason 'the file of 14 June came after all'
run=$(headwater --output json backfill list | grep -o 'run-[0-9a-z-]*' | head -1)
say "It goes on without the terminal, or the chat. How did it end? (\`get_backfill\`)"
run backfill watch "$run"
say "And the question of the beginning:"
run explain app_visit
say "What was done, by whom and why is kept."
run audit
printf '%s\n' "$(cat "$out")" >"$out.whole"

if [ "${1:-}" = check ]; then
	diff -u docs/troubleshooting.md "$out.whole" || {
		echo "docs/troubleshooting.md is not what the program prints; run docs/troubleshooting.sh and read what has changed." >&2
		exit 1
	}
	exit
fi
cp "$out.whole" docs/troubleshooting.md
