// The same clients over HTTP: each connection has a server of its own, as over stdio, and ends it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { StreamableHTTPClientTransport as OlderTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const patienceMs = 20_000;
const address = /(http:\/\/127\.0\.0\.1:\d+\/mcp)/;

/** overStdio is a client as it is: its transport starts the server. */
export const overStdio = (peer) => ({
  ...peer,
  reach: async ({ command, args }) => {
    const transport = new peer.Transport({ command, args, stderr: "ignore" });
    return { transport, pid: () => transport.pid, end: async () => {} };
  },
});

/** overHTTP is the same client with its other transport. */
export const overHTTP = (peer) => ({
  ...peer,
  name: `${peer.name} over HTTP`,
  reach: async ({ command, serve, token }) => {
    const server = await started(command, serve);
    const Transport = peer.older ? OlderTransport : StreamableHTTPClientTransport;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    return { transport: new Transport(new URL(server.url), { requestInit: { headers } }), pid: () => server.child.pid, end: server.end };
  },
});

/** started starts a server and waits until it says where it listens. end drains it; it must exit with 0 unless it was killed. */
export async function started(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the server said no address within ${patienceMs} ms`)), patienceMs);
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = address.exec(line);
      if (found) {
        clearTimeout(late);
        resolve(found[1]);
      }
    });
    ended.then(({ code }) => reject(new Error(`the server ended with ${code}`)));
  });
  const end = async () => {
    child.kill("SIGTERM");
    const { code, signal } = await ended;
    assert.ok(signal === "SIGKILL" || code === 0, `the server ended with ${code ?? signal}`);
  };
  return { child, url, end };
}
