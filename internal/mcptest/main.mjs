// node main.mjs BINARY PROJECT SAMPLE WORLD TOKENS TOKEN [NODE]: see run.sh.

import assert from "node:assert/strict";

import { converse } from "./conversation.mjs";
import { live } from "./living.mjs";
import { peers as clients } from "./peers.mjs";
import { endings } from "./process.mjs";
import { repair } from "./repairing.mjs";
import { check, close } from "./report.mjs";
import { overHTTP, overStdio } from "./serving.mjs";
import { repairable } from "./world.mjs";

const [binary, project, sample, folder, tokens, token, node] = process.argv.slice(2);
const serve = ["serve", "--listen", "127.0.0.1:0", "--tokens", tokens];
const command = { command: binary, args: ["--project", project, "mcp"], serve: ["--project", project, ...serve], token };
const projectAlone = Boolean(process.env.HEADWATER_PROJECT_ALONE); // only what differs from project to project, over stdio
const http = projectAlone ? [] : clients.map((peer) => ({ ...overHTTP(peer), user: "ann" }));
const peers = [...clients.map(overStdio), ...http];

const lists = [];
for (const peer of peers) lists.push(await converse(peer, command, node));
await check("all clients see the same tools in the same order", () => {
  for (const names of lists) assert.deepEqual(names, lists[0]);
});
if (!projectAlone) {
  for (const peer of peers) await live(peer, { command: sample, args: [], serve: ["-http"] });
  const world = repairable(binary, folder, serve, token);
  const brief = Boolean(process.env.HEADWATER_BRIEF); // what a repair does is the same over HTTP: whole, it takes a minute a client
  for (const peer of peers) await repair(peer, world, brief && peer.user !== undefined);
  await check("the worker of the repairs ends when it is told to", () => world.end());
  await endings(command);
}
process.exitCode = close();
