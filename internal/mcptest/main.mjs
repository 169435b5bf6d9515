// node main.mjs BINARY PROJECT SAMPLE [NODE]: see run.sh.

import assert from "node:assert/strict";

import { converse } from "./conversation.mjs";
import { live } from "./living.mjs";
import { peers } from "./peers.mjs";
import { endings } from "./process.mjs";
import { check, close } from "./report.mjs";

const [binary, project, sample, node] = process.argv.slice(2);
const command = { command: binary, args: ["--project", project, "mcp"] };

const lists = [];
for (const peer of peers) lists.push(await converse(peer, command, node));
await check("all clients see the same tools in the same order", () => {
  for (const names of lists) assert.deepEqual(names, lists[0]);
});
for (const peer of peers) await live(peer, { command: sample, args: [] });
await endings(command);
process.exitCode = close();
