#!/usr/bin/env bash
# Records target/ again: builds this project with real dbt-duckdb, two nights one after the other, in a temporary copy.
# Needs python3 with venv and PyPI; or DBT, the path of a dbt with the versions below whose python stands beside it.
# Two recordings differ in ids and times only.
set -euo pipefail
shop=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -z "${DBT:-}" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet dbt-core==1.10.23 dbt-duckdb==1.11.1 duckdb==1.5.6
    DBT=$work/venv/bin/dbt
fi
python=$(dirname "$DBT")/python

project=$work/shop
mkdir "$project"
cp -r "$shop"/{dbt_project.yml,profiles.yml,models,snapshots,tests,seed.sql} "$project"
cd "$project"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DBT_PROFILES_DIR=. DBT_USE_COLORS=false PYTHONHASHSEED=0
"$python" -c "import duckdb; duckdb.connect('warehouse.duckdb').execute(open('seed.sql').read())"

mkdir "$work/kept"
"$DBT" build --threads 1 --event-time-start 2026-06-13 --event-time-end 2026-06-14
"$DBT" build --threads 1 --event-time-start 2026-06-14 --event-time-end 2026-06-15
cp target/manifest.json target/run_results.json "$work/kept"
"$DBT" source freshness --threads 1 || true # the rows are of a fixed date: to dbt they are stale, and are meant to be
cp target/sources.json "$work/kept"
"$DBT" docs generate --threads 1
cp target/catalog.json "$work/kept"

# What says where and by whom it was recorded goes; nothing else is touched.
"$python" - "$project" "$work/kept" <<'PY'
import json, pathlib, sys

project, kept = sys.argv[1], pathlib.Path(sys.argv[2])


def tidy(value):
    if isinstance(value, dict):
        return {key: tidy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [tidy(item) for item in value]
    if isinstance(value, str):
        return value.replace(project, "/shop")
    return value


for path in sorted(kept.glob("*.json")):
    content = tidy(json.loads(path.read_text()))
    metadata = content["metadata"]
    if "user_id" in metadata:
        metadata["user_id"] = None
    if "args" in content:  # dbt collects them in a set
        content["args"] = dict(sorted(content["args"].items()))
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
PY
rm -rf "$shop/target"
mkdir "$shop/target"
cp "$work"/kept/*.json "$shop/target"
