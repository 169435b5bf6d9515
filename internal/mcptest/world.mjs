// The demo's world with a policy that allows repairs and a loader that waits for a file.

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const morning = "2026-06-15T08:00:00Z";
const patienceMs = 30_000;

const config = `warehouse: {type: duckdb, path: warehouse.duckdb}
policy: {writes: allow}
executors:
  - {nodes: "source:raw.app_events", type: command, argv: [./load.sh, "{first}", "{last}"]}
  - {nodes: "resource_type:model", type: command, argv: ["true", "{node}", "{first}", "{last}"]}
`;
const loader = `#!/bin/sh
echo "loading $1 to $2"
while [ ! -e gate ]; do sleep 0.1; done
`;

/** repairable prepares a world that \`headwater demo --keep\` has made. */
export function repairable(binary, folder, serve, token) {
  writeFileSync(join(folder, "headwater.yaml"), config);
  writeFileSync(join(folder, "load.sh"), loader, { mode: 0o700 });
  const args = ["--project", folder, "--as-of", morning];
  const gate = join(folder, "gate");
  const ask = (...words) =>
    JSON.parse(execFileSync(binary, [...args, "--output", "json", ...words], { stdio: ["ignore", "pipe", "ignore"] }));
  return {
    command: { command: binary, args: [...args, "mcp"], serve: [...args, ...serve], token },
    open: () => writeFileSync(gate, ""),
    shut: () => rmSync(gate, { force: true }),
    audit: () => ask("audit").entries,
    end: async () => {
      const alive = () => ask("call", "server_status").worker.alive;
      if (!alive()) return;
      process.kill(Number.parseInt(readFileSync(join(folder, ".headwater", "state.db.worker.lock"), "utf8"), 10), "SIGTERM");
      for (const late = Date.now() + patienceMs; alive(); ) {
        if (Date.now() > late) throw new Error(`the worker did not end within ${patienceMs} ms`);
      }
    },
  };
}
