// The clients: the widely installed one, and its successor in every way of choosing an era.

import { Client as OlderClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OlderTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const identity = { name: "headwater-mcptest", version: "1.0.0" };

const newer = (mode) => () => new Client(identity, { versionNegotiation: { mode } });

export const peers = [
  { name: "sdk 1.32", make: () => new OlderClient(identity), Transport: OlderTransport },
  { name: "client 2.4 legacy", make: newer("legacy"), Transport: StdioClientTransport, version: "2025-11-25" },
  { name: "client 2.4 pinned", make: newer({ pin: "2026-07-28" }), Transport: StdioClientTransport, version: "2026-07-28" },
  { name: "client 2.4 auto", make: newer("auto"), Transport: StdioClientTransport, version: "2026-07-28" },
];
