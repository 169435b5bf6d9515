// What no client shows: how the process ends, and that its standard output is protocol and nothing else.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";

import { check } from "./report.mjs";

const patienceMs = 10_000;

const hello =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},' +
  '"clientInfo":{"name":"raw","version":"0"}}}\n';
const list = '{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n';

export async function endings(command) {
  await check("raw: what a pipe asked is answered after the pipe has ended, exit 0", async () => {
    const server = start(command);
    server.child.stdin.end(hello + list);
    const { code, signal, messages } = await server.ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    assert.deepEqual(messages.map((message) => message.id).sort(), [1, 2]);
  });
  await check("raw: closed input ends it, exit 0", async () => {
    const server = start(command);
    server.child.stdin.end();
    assert.deepEqual(await server.ended, { code: 0, signal: null, messages: [] });
  });
  await check("raw: SIGTERM ends it, exit 0", async () => {
    const server = start(command);
    server.child.stdin.write(hello);
    await server.spoken;
    server.child.kill("SIGTERM");
    const { code, signal } = await server.ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
  });
}

/** start runs the server. spoken resolves at its first output; ended when it has exited, with all it said. */
function start({ command, args }) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
  let text = "";
  child.stdout.setEncoding("utf8");
  const spoken = new Promise((resolve) => {
    child.stdout.on("data", (part) => {
      text += part;
      resolve();
    });
  });
  const ended = new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`it was still running after ${patienceMs} ms`));
    }, patienceMs);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(late);
      try {
        const messages = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
        for (const message of messages) assert.equal(message.jsonrpc, "2.0");
        resolve({ code, signal, messages });
      } catch (error) {
        reject(new Error(`standard output is not protocol only: ${error.message}`));
      }
    });
  });
  ended.catch(() => {}); // whoever waits for it reports it
  return { child, spoken: Promise.race([spoken, ended]), ended };
}
