// node main.mjs BINARY PROJECT SAMPLE WORLD [NODE]: see run.sh.

import assert from "node:assert/strict";

import { converse } from "./conversation.mjs";
import { live } from "./living.mjs";
import { peers } from "./peers.mjs";
import { endings } from "./process.mjs";
import { repair } from "./repairing.mjs";
import { check, close } from "./report.mjs";
import { repairable } from "./world.mjs";

const [binary, project, sample, folder, node] = process.argv.slice(2);
const command = { command: binary, args: ["--project", project, "mcp"] };

const lists = [];
for (const peer of peers) lists.push(await converse(peer, command, node));
await check("all clients see the same tools in the same order", () => {
  for (const names of lists) assert.deepEqual(names, lists[0]);
});
for (const peer of peers) await live(peer, { command: sample, args: [] });
const world = repairable(binary, folder);
for (const peer of peers) await repair(peer, world);
await check("the worker of the repairs ends when it is told to", () => world.end());
await endings(command);
process.exitCode = close();
