// What every client must be able to do, whatever its era.

import assert from "node:assert/strict";

import { check } from "./report.mjs";

const hints = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];

/** converse runs the conversation with one client and returns the names of the tools in their order. */
export async function converse(peer, command, wantedNode) {
  const client = peer.make();
  const { transport, end } = await peer.reach(command);
  const say = (what) => `${peer.name}: ${what}`;

  const connected = await check(say("connects"), async () => {
    await client.connect(transport);
    assert.ok(client.getServerVersion()?.version, "the server gives no version");
    assert.ok(client.getInstructions(), "the server gives no instructions");
    if (peer.version) assert.equal(client.getNegotiatedProtocolVersion(), peer.version);
    return true;
  });
  if (!connected) {
    await end();
    return undefined;
  }

  try {
    const names = await check(say("lists tools with closed inputs, outputs and all hints"), () => list(client));
    const node = wantedNode || (await check(say("finds a model"), () => anyModel(client)));
    await check(say(`traces ${node}`), () => trace(client, node));
    await check(say("mends a slip"), () => slip(client, node));
    await check(say("is told of an unknown argument"), () => unknownArgument(client, node));
    await check(say("is told of an unknown node"), () => unknownNode(client));
    await check(say("is told of an unknown tool"), () => unknownTool(client));
    await check(say("completes the name of a node and asks about it with a prompt"), () => prompt(client, node));
    await check(say("is told of an unknown prompt"), () => unknownPrompt(client));
    return names;
  } finally {
    await check(say("closes"), async () => {
      await client.close();
      await end();
    });
  }
}

async function list(client) {
  const { tools, nextCursor } = await client.listTools();
  assert.ok(tools.length > 0, "there are no tools");
  assert.equal(nextCursor, undefined);
  for (const tool of tools) {
    assert.ok(tool.title && tool.description, `${tool.name} has no title or no description`);
    assert.equal(tool.inputSchema.type, "object", `${tool.name}: input`);
    assert.equal(tool.inputSchema.additionalProperties, false, `${tool.name}: input`);
    assert.equal(tool.outputSchema?.type, "object", `${tool.name}: output`);
    for (const hint of hints) assert.equal(typeof tool.annotations?.[hint], "boolean", `${tool.name}: ${hint}`);
  }
  return tools.map((tool) => tool.name);
}

async function anyModel(client) {
  const found = await answer(client, "find_nodes", { resource_types: ["model"], limit: 1 });
  assert.ok(found.nodes.length > 0, "the project has no model");
  return found.nodes[0].id;
}

async function trace(client, node) {
  assert.ok(node, "there is no node to trace");
  const traced = await answer(client, "trace_lineage", { node });
  assert.ok(traced.nodes.length > 0, "it has no lineage");
  const known = new Set(traced.nodes.map((each) => each.id));
  const ends = new Set(traced.edges.flatMap((edge) => [edge.from, edge.to]).filter((id) => !known.has(id)));
  assert.ok(ends.size <= 1, `edges end at nodes that are not listed: ${[...ends].join(", ")}`); // one: the node asked about
}

async function slip(client, node) {
  // as_of is the instant of each question, so it differs; everything else is the same.
  const { as_of: first, ...mended } = await answer(client, "trace_lineage", { node, depth: "1" });
  const { as_of: second, ...plain } = await answer(client, "trace_lineage", { node, depth: 1 });
  assert.ok(first && second);
  assert.deepEqual(mended, plain);
}

async function unknownArgument(client, node) {
  const failure = await refused(client, "trace_lineage", { nod: node });
  assert.equal(failure.kind, "invalid");
  assert.match(failure.message, /nod.*Did you mean node\?.*Valid: /);
}

async function unknownNode(client) {
  const failure = await refused(client, "trace_lineage", { node: "no_such_node_anywhere" });
  assert.equal(failure.kind, "not_found");
  assert.match(failure.message, /no_such_node_anywhere/);
}

async function unknownTool(client) {
  await assert.rejects(client.callTool({ name: "trace_linage", arguments: {} }), (error) => {
    assert.equal(error.code, -32602);
    assert.match(error.message, /Did you mean trace_lineage\?/);
    return true;
  });
}

async function prompt(client, node) {
  const { prompts } = await client.listPrompts();
  assert.deepEqual(prompts.map((each) => each.name), ["explain-active-users", "investigate-node", "safe-backfill", "review-change"]);
  const ref = { type: "ref/resource", uri: "headwater://node/{id}" };
  const { completion } = await client.complete({ ref, argument: { name: "id", value: node.slice(0, -1) } });
  assert.ok(completion.values.includes(node), `${node} is not among ${completion.values.length} of ${completion.total} that are offered`);
  const { messages } = await client.getPrompt({ name: "investigate-node", arguments: { node } });
  assert.equal(messages.length, 1);
  const { text } = messages[0].content;
  for (const tool of ["get_node", "check_partitions", "explain_staleness"]) assert.match(text, new RegExp(`Fetched with ${tool};`));
  assert.ok(text.length < 3 * 4 * 2000, `it has ${text.length} characters`);
}

async function unknownPrompt(client) {
  await assert.rejects(client.getPrompt({ name: "investigate-nodes", arguments: {} }), (error) => {
    assert.equal(error.code, -32602);
    assert.match(error.message, /Did you mean investigate-node\?/);
    return true;
  });
}

/** answer calls a tool that must succeed; the clients hold its content against the output schema by themselves. */
export async function answer(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  assert.ok(!result.isError, result.content?.[0]?.text);
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent, "text and structured content differ");
  return result.structuredContent;
}

/** refused calls a tool that must fail in a way that a model can read. */
export async function refused(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  assert.equal(result.isError, true, "it did not fail");
  const { error } = result.structuredContent;
  assert.equal(result.content[0].text, error.message);
  assert.equal(typeof error.retryable, "boolean");
  return error;
}
