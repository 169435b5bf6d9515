// A repair as an agent makes one, against the demo's world with loaders that wait: plan, be asked, start, follow, lose the
// connection, come back, cancel, try again.

import assert from "node:assert/strict";

import { answer, refused } from "./conversation.mjs";
import { check } from "./report.mjs";

const patienceMs = 120_000;
const longestCallMs = 30_000;
const budget = { call: 4500, list: 10_000, answer: 2000 }; // tokens, four bytes each

const inOrder = [
  "server_status", "find_nodes", "get_node", "trace_lineage", "assess_impact", "compare_artifacts", "check_partitions", "explain_staleness",
  "list_facts", "query_activation", "explain_active_users", "plan_backfill", "start_backfill", "get_backfill", "control_backfill",
];
const day = { first: "2026-06-14", last: "2026-06-14" };
const wanted = { nodes: ["app_visit_activation_daily"], ...day };
const path = [
  "source.shop.raw.app_events", "model.shop.int_user_events", "model.shop.fct_app_visit", "activation.shop.app_visit_activation_daily",
];

/** repair runs the sequence with one client, a brief one up to the user's answer. Each client makes a plan of its own: that of the one before has been run. */
export async function repair(peer, world, brief = false) {
  const say = (what) => `${peer.name}: ${what}`;
  world.shut();
  let run;
  await withClient(peer, world, async (client, person) => {
    await check(say("is shown fifteen tools in order, within their budgets"), () => budgets(client));
    const plan = await check(say("plans what is broken, from the lost day down to the users"), () => planned(client));
    if (!plan) return;
    await check(say("is refused when its user declines, and the audit says so"), () => declined(peer, client, person, plan, world));
    if (brief) return;
    run = await check(say("starts when its user accepts"), () => accepted(client, person, plan));
    if (!run) return;
    await check(say("gets the same run when it starts the plan again, and asks nobody"), () => again(client, person, plan, run));
    await check(say("hears that the run has begun"), () => follow(peer, client, run, (now) => now.progress?.running > 0));
    await check(say("waits for a change no longer than it said"), () => waits(client, run));
    await check(say("loses its server while it waits"), () => lost(client, person, run));
  });
  if (!run) return;
  await withClient(peer, world, async (client) => {
    await check(say("comes back and finds its run going on"), () => found(client, run));
    await check(say("hears of the run being cancelled, to its end"), () =>
      follow(peer, client, run, (now) => now.status === "cancelled", () => control(client, run, "cancel", ["cancelling", "cancelled"])));
    await check(say("is told that a cancelled run is not cancelled again"), () => conflict(client, run));
    await check(say("tries again, and hears of every step until all of it is done"), () =>
      follow(peer, client, run, (now) => now.status === "succeeded", async () => {
        await control(client, run, "retry_failed", ["running"]);
        world.open();
      }));
    await check(say("is told what was promised and what came"), () => receipt(client, run));
  });
}

async function withClient(peer, world, body) {
  const person = { asked: [], reply: { action: "decline" } };
  const client = peer.make({ capabilities: { elicitation: { form: {} } } });
  const { transport, pid, end } = await peer.reach(world.command);
  peer.onQuestion(client, (question) => {
    person.asked.push(question.message);
    return person.reply;
  });
  const connected = await check(`${peer.name}: connects to the world to repair`, async () => {
    await client.connect(transport);
    person.server = pid();
    return true;
  });
  try {
    if (connected) await body(client, person);
  } finally {
    await client.close().catch(() => {}); // its server may be gone
    await end();
  }
}

const tokens = (value) => Math.ceil(Buffer.byteLength(JSON.stringify(value)) / 4);

async function budgets(client) {
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), inOrder);
  const calls = tools.reduce((sum, { name, description, inputSchema }) => sum + tokens({ name, description, inputSchema }), 0);
  assert.ok(calls <= budget.call, `names, descriptions and inputs cost ${calls} tokens`);
  assert.ok(tokens(tools) <= budget.list, `the list costs ${tokens(tools)} tokens`);
}

async function planned(client) {
  const plan = await answer(client, "plan_backfill", wanted);
  assert.deepEqual(plan.waves.flatMap((wave) => wave.pairs.map((pair) => pair.node)), path);
  assert.deepEqual(plan.refused, []);
  assert.equal(plan.estimate.pairs, path.length);
  assert.equal(plan.commands[0], `./load.sh ${day.first} ${day.last}`);
  const [next] = plan.next;
  assert.equal(next.tool, "start_backfill");
  assert.equal(next.arguments.plan_id, plan.plan_id);
  assert.ok(tokens(plan) <= budget.answer, `the plan costs ${tokens(plan)} tokens`);
  assert.equal((await answer(client, "plan_backfill", wanted)).plan_id, plan.plan_id, "the same plan twice has two ids");
  return plan.plan_id;
}

const start = (plan) => ({ plan_id: plan, reason: "the file of the day came late" });
const total = async (client) => (await answer(client, "get_backfill", { limit: 1 })).total;

async function declined(peer, client, person, plan, world) {
  const before = await total(client);
  const failure = await refused(client, "start_backfill", start(plan));
  assert.equal(failure.kind, "blocked");
  assert.match(failure.message, /did not agree/);
  assert.equal(person.asked.length, 1);
  assert.match(person.asked[0], new RegExp(`^Plan ${plan} runs 4 partitions and overwrites .*Start it\\?$`));
  assert.equal(await total(client), before, "a run was started");
  const [entry] = world.audit();
  assert.equal(entry.action, "start refused");
  assert.equal(entry.plan_id, plan);
  assert.match(entry.by.client, /^headwater-mcptest/);
  assert.equal(entry.by.user ?? "", peer.user ?? "");
}

async function accepted(client, person, plan) {
  person.reply = { action: "accept", content: {} };
  const started = await answer(client, "start_backfill", start(plan));
  assert.equal(person.asked.length, 2);
  assert.ok(["queued", "running"].includes(started.status), started.status);
  assert.equal(started.resource, `headwater://backfill/${started.run_id}`);
  return started.run_id;
}

async function again(client, person, plan, run) {
  const started = await answer(client, "start_backfill", start(plan));
  assert.equal(started.run_id, run);
  assert.match(started.notes[0], /started before/);
  assert.equal(person.asked.length, 2);
}

/** follow subscribes, does something, and reads the run again at each update, and only then, until it is as awaited. */
async function follow(peer, client, run, awaited, something) {
  const uri = `headwater://backfill/${run}`;
  const heard = [];
  let wake = () => {};
  peer.onUpdate(client, (changed) => {
    heard.push(changed);
    wake();
  });
  const late = Date.now() + patienceMs;
  const more = async (than, now) => {
    while (heard.length === than) {
      assert.ok(Date.now() < late, `no update in ${patienceMs} ms; it is ${now.status}, ${JSON.stringify(now.progress)}`);
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, 1000);
      });
    }
  };
  const end = await peer.subscribe(client, uri);
  try {
    await something?.();
    for (let known = 0, now = {}; !awaited(now); known = heard.length, now = await read(client, uri)) await more(known, now);
    assert.ok(heard.every((changed) => changed === uri), `heard of ${heard}`);
  } finally {
    await end();
  }
}

async function read(client, uri) {
  const { contents } = await client.readResource({ uri });
  assert.ok(Buffer.byteLength(contents[0].text) / 4 <= budget.answer, "the resource is long");
  return JSON.parse(contents[0].text);
}

async function waits(client, run) {
  const before = Date.now();
  const now = await answer(client, "get_backfill", { run_id: run, wait_seconds: 1 });
  assert.ok(Date.now() - before < longestCallMs, `it took ${Date.now() - before} ms`);
  assert.equal(now.status, "running");
  assert.deepEqual(now.next[0].arguments, { run_id: run, wait_seconds: 25 });
  assert.ok(tokens(now) <= budget.answer, `it costs ${tokens(now)} tokens`);
}

async function lost(client, person, run) {
  const waiting = client.callTool({ name: "get_backfill", arguments: { run_id: run, wait_seconds: 25 } });
  const failed = assert.rejects(waiting);
  process.kill(person.server, "SIGKILL");
  await failed;
}

async function found(client, run) {
  const now = await answer(client, "get_backfill", { run_id: run });
  assert.equal(now.status, "running");
  assert.equal(now.progress.running, 1);
  const { runs } = await answer(client, "get_backfill", {});
  assert.equal(runs[0].run_id, run);
}

async function control(client, run, action, statuses) {
  const { status } = await answer(client, "control_backfill", { run_id: run, action });
  assert.ok(statuses.includes(status), status);
}

async function conflict(client, run) {
  const failure = await refused(client, "control_backfill", { run_id: run, action: "cancel" });
  assert.equal(failure.kind, "conflict");
  assert.match(failure.message, /retry_failed/);
}

async function receipt(client, run) {
  const now = await answer(client, "get_backfill", { run_id: run, wait_seconds: 25 });
  assert.equal(now.status, "succeeded");
  assert.equal(now.progress.done, path.length);
  // The loader of this world brings nothing, and a receipt says so: it looks at the warehouse, not at exit codes.
  assert.deepEqual(now.receipt.ready, []);
  assert.ok(now.receipt.not_ready.length > 0);
  assert.ok(tokens(now) <= budget.answer, `it costs ${tokens(now)} tokens`);
}
