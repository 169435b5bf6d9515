// The clients: the widely installed one, and its successor in every way of choosing an era.

import { Client as OlderClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OlderTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema, ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const identity = { name: "headwater-mcptest", version: "1.0.0" };

/** subscribing in the era of sessions; the function that comes back ends it. */
const subscribe = async (client, uri) => {
  await client.subscribeResource({ uri });
  return () => client.unsubscribeResource({ uri });
};

/** listening in the era without. */
const listen = async (client, uri) => {
  const stream = await client.listen({ resourceSubscriptions: [uri] });
  if (stream.honoredFilter.resourceSubscriptions?.[0] !== uri) throw new Error("the server does not honour the subscription");
  return () => stream.close();
};

const older = {
  name: "sdk 1.32",
  older: true,
  make: (options) => new OlderClient(identity, options),
  Transport: OlderTransport,
  onQuestion: (client, answer) => client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params)),
  onUpdate: (client, hear) => client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => hear(params.uri)),
  call: (client, params, options) => client.callTool(params, undefined, options),
  subscribe,
};

const newer = (name, mode, version) => ({
  name,
  make: (options) => new Client(identity, { ...options, versionNegotiation: { mode } }),
  Transport: StdioClientTransport,
  version,
  onQuestion: (client, answer) => client.setRequestHandler("elicitation/create", ({ params }) => answer(params)),
  onUpdate: (client, hear) => client.setNotificationHandler("notifications/resources/updated", ({ params }) => hear(params.uri)),
  call: (client, params, options) => client.callTool(params, options),
  subscribe: version === "2026-07-28" ? listen : subscribe,
});

export const peers = [
  older,
  newer("client 2.4 legacy", "legacy", "2025-11-25"),
  newer("client 2.4 pinned", { pin: "2026-07-28" }, "2026-07-28"),
  newer("client 2.4 auto", "auto", "2026-07-28"),
];
