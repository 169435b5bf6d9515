// Documents, their changes and questions, against the sample server: what no tool that only answers shows.

import assert from "node:assert/strict";

import { check } from "./report.mjs";

const patienceMs = 10_000;
const one = "sample://run/model.shop%2Forders";
const step = (client, run_id) => client.callTool({ name: "step", arguments: { run_id } });

/** live runs the conversation with one client. */
export async function live(peer, command) {
  const say = (what) => `${peer.name}: ${what}`;
  await withClient(peer, command, { capabilities: {} }, async (client) => {
    await check(say("lists documents and templates"), () => shelf(client));
    await check(say("reads documents"), () => documents(client));
    await check(say("is told of a document that is not there"), () => missing(client));
    await check(say("hears of the changes it subscribed to, and of no other"), () => changes(peer, client));
    await check(say("hears of progress"), () => progress(peer, client));
    await check(say("is not asked when it cannot ask"), async () => {
      const { reply, can_ask: canAsk } = await overwrite(client);
      assert.deepEqual({ reply, canAsk }, { reply: "", canAsk: false });
    });
  });
  for (const [answer, expected] of [
    [{ action: "accept", content: { reason: "wrong" } }, { reply: "accept", reason: "wrong" }],
    [{ action: "decline" }, { reply: "decline", reason: "" }],
    [{ action: "cancel" }, { reply: "cancel", reason: "" }],
  ]) {
    await withClient(peer, command, { capabilities: { elicitation: { form: {} } } }, async (client) => {
      await check(say(`is asked and answers ${answer.action}`), async () => {
        const questions = [];
        peer.onQuestion(client, (question) => {
          questions.push(question);
          return answer;
        });
        const { reply, reason, client: name } = await overwrite(client);
        assert.deepEqual({ reply, reason }, expected);
        assert.equal(name, "headwater-mcptest");
        assert.equal(questions.length, 1);
        assert.equal(questions[0].message, "Overwrite r1?");
        assert.deepEqual(questions[0].requestedSchema.properties.reason.enum, ["late", "wrong"]);
        await client.listTools(); // and the connection lives
      });
    });
  }
}

async function withClient(peer, command, options, body) {
  const client = peer.make(options);
  const { transport, end } = await peer.reach(command);
  await check(`${peer.name}: connects to the sample`, () => client.connect(transport));
  try {
    await body(client);
  } finally {
    await client.close();
    await end();
  }
}

async function overwrite(client) {
  const result = await client.callTool({ name: "overwrite", arguments: { run_id: "r1" } });
  assert.ok(!result.isError, result.content?.[0]?.text);
  return result.structuredContent;
}

async function shelf(client) {
  const { resources } = await client.listResources();
  assert.deepEqual(resources.map((each) => each.uri), ["sample://status"]);
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.deepEqual(resourceTemplates.map((each) => each.uriTemplate), ["sample://run/{run_id}"]);
  for (const each of [...resources, ...resourceTemplates]) {
    assert.equal(each.mimeType, "application/json");
    assert.ok(each.name && each.title && each.description);
  }
}

async function documents(client) {
  for (const uri of [one, "sample://run/model.shop/orders"]) {
    const { contents } = await client.readResource({ uri });
    assert.equal(contents.length, 1);
    assert.equal(contents[0].uri, uri);
    assert.equal(JSON.parse(contents[0].text).run_id, "model.shop/orders");
  }
}

async function missing(client) {
  await assert.rejects(client.readResource({ uri: "sample://nothing" }), (error) => {
    assert.ok([-32002, -32602].includes(error.code), `code ${error.code}`);
    assert.match(error.message, /There is no resource "sample:\/\/nothing"\. Resources: sample:\/\/status/);
    return true;
  });
}

async function changes(peer, client) {
  const heard = [];
  let wake = () => {};
  peer.onUpdate(client, (uri) => {
    heard.push(uri);
    wake();
  });
  const next = () =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no update within ${patienceMs} ms`)), patienceMs);
      wake = () => {
        clearTimeout(late);
        resolve();
      };
      if (heard.length > 0) wake();
    });
  await step(client, "model.shop/orders");
  const end = await peer.subscribe(client, one);
  await step(client, "other");
  await step(client, "model.shop/orders");
  await next();
  await end();
  await step(client, "model.shop/orders");
  await client.listTools(); // what was sent before its answer has been heard
  assert.deepEqual(heard, [one]);
}

async function progress(peer, client) {
  const told = [];
  const onprogress = (each) => {
    told.push(each);
    step(client, "r1"); // without it the call never ends
  };
  await peer.call(client, { name: "hold", arguments: { run_id: "r1" } }, { onprogress, timeout: patienceMs });
  assert.deepEqual(told, [{ progress: 1, total: 2, message: "waiting for r1" }]);
}
