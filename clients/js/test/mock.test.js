import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { ControlError, VerificationError, connect, startMock } from "../src/index.js";

const KEY = "sk-javascript";
const WEBHOOKS = { toapis: "http://127.0.0.1:0,whsec-javascript" }; // port 0: any of this machine
const OPTIONS = { vendors: "toapis", startTime: "2026-01-01T00:00:00Z", webhooks: WEBHOOKS };
let mock;
before(async () => (mock = await startMock(OPTIONS)));
after(() => mock?.stop());
beforeEach(() => mock.reset());

const url = () => `${mock.url("toapis")}/v1/images/generations`;
const headers = { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" };
const submit = (fields = {}) => {
  const body = JSON.stringify({ model: "doubao-seedream-5-0", prompt: "A red kite", ...fields });
  return fetch(url(), { method: "POST", headers, body });
};
const poll = async (id) => (await fetch(`${url()}/${id}`, { headers })).json();

test("a task is submitted, polled and paid for", async () => {
  const { id } = await (await submit({ n: 2 })).json();
  const task = await poll(id);

  assert.equal(task.status, "completed");
  assert.equal(task.result.data.length, 2);
  assert.deepEqual((await mock.charges()).map(({ intent, images }) => [intent, images]), [["reserve", 2], ["capture", 2]]);
  assert.deepEqual((await mock.tasks()).map(({ id, outcome }) => [id, outcome]), [[id, "success"]]);
});

test("the clock moves by hand, and links expire on it", async () => {
  const { id } = await (await submit()).json();
  const link = (await poll(id)).result.data[0].url;
  assert.equal((await fetch(link)).status, 200);
  const before = await mock.clock.now();
  const later = await mock.clock.advance("25h");

  assert.equal(later - before, 25 * 3600 * 1000);
  assert.equal((await fetch(link)).status, 410);
});

test("a fault strikes as often as it is told, and is listed", async () => {
  const fault = await mock.faults.add("rate-limited", { operation: "createImage", times: 1, retryAfter: 7 });
  const refused = await submit();

  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "7");
  assert.equal((await submit()).status, 200);
  assert.deepEqual((await mock.faults.list()).map(({ id, fired }) => [id, fired]), [[fault.id, 1]]);
  await mock.faults.remove(fault);
  assert.deepEqual(await mock.faults.list(), []);
  assert.match((await mock.faults.names())["rate-limited"], /too many/);
});

test("the next request fails, the one after it is taken", async () => {
  await mock.faults.next("server-error");

  assert.deepEqual([(await submit()).status, (await submit()).status], [500, 200]);
  await mock.faults.clear();
  assert.deepEqual(await mock.faults.list(), []);
});

test("a stub gives a prompt an image of one's own, a status, an end or a duration", async () => {
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
  await mock.on("toapis", { prompt: "mine" }).gives({ image: png });
  await mock.on("toapis", { prompt: "a storm" }).gives({ status: 500, charged: true });
  await mock.on("toapis", { prompt: "a crowd" }).gives({ task: "failed", times: 1 });
  await mock.on("toapis", { prompt: "a city" }).gives({ task: "3m" });
  const ended = async (prompt) => poll((await (await submit({ prompt })).json()).id);

  const { result } = await ended("mine");
  assert.deepEqual(Buffer.from(await (await fetch(result.data[0].url)).arrayBuffer()), png);
  assert.equal((await submit({ prompt: "a storm" })).status, 500);
  const shown = [];
  for (const prompt of ["a crowd", "a crowd", "a city"]) shown.push((await ended(prompt)).status);
  assert.deepEqual(shown, ["failed", "completed", "in_progress"]);
  await assert.rejects(mock.on("toapis", { promt: "x" }).gives({ status: 429 }), /did you mean 'prompt'/);
});

test("a limit of tasks under way", async () => {
  await mock.on("toapis", { prompt: "a city" }).gives({ task: "3m" });
  await mock.faults.add("rate-limited", { underWay: 1 });

  assert.deepEqual([(await submit({ prompt: "a city" })).status, (await submit()).status], [200, 429]);
  await mock.clock.advance("3m");
  assert.equal((await submit()).status, 200);
});

test("requests are listed by criteria, and never show the key", async () => {
  await submit({ n: 2 });
  await submit({ n: 3 });

  const found = await mock.requests.list({ operation: "createImage", body: { n: 3 } });
  assert.deepEqual(found.map((it) => it.body.n), [3]);
  assert.equal((await mock.requests.list({ key: KEY })).length, 2);
  assert.equal((await mock.requests.har()).log.entries.length, 2);
  assert.ok(!JSON.stringify([found, await mock.requests.har()]).includes(KEY));
});

test("assertions hold, or name the nearest request", async () => {
  await submit({ n: 2 });

  assert.equal((await mock.requests.assertCalledOnce({ operation: "createImage" })).body.n, 2);
  await mock.requests.assertCalled({ body: { n: 2 }, atLeast: 1, atMost: 1 });
  await mock.requests.assertNotCalled({ operation: "getImage" });
  await assert.rejects(mock.requests.assertCalled({ operation: "createImage", body: { n: 3 } }), (error) => {
    assert.ok(error instanceof VerificationError);
    assert.deepEqual([error.count, error.nearest.length], [0, 1]);
    return /body\/n: expected 3, got 2/.test(error.message);
  });
});

test("webhooks are listed with what their receiver returned", async () => {
  const receiver = createServer((_, response) => response.writeHead(204).end());
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  try {
    const address = `http://127.0.0.1:${receiver.address().port}/hook`;
    const { id } = await (await submit({ callback_url: address })).json();
    const webhook = await mock.waitForWebhook({ task: id });

    assert.deepEqual([webhook.url, webhook.outcome, webhook.attempts.map((it) => it.status)], [address, "delivered", [204]]);
    assert.deepEqual(await mock.webhooks(), [webhook]);
    await assert.rejects(mock.waitForWebhook({ task: "another", timeout: 50 }), /none is pending/);
  } finally {
    receiver.close();
  }
});

test("tasks live at another pace", async () => {
  await mock.setPace("manual");
  const { id } = await (await submit()).json();
  assert.equal((await poll(id)).status, "queued");
  await mock.clock.advance("1m");
  assert.equal((await poll(id)).status, "completed");
  await mock.setPace("instant");
});

test("a second client of the same mock sees the same", async () => {
  await submit();
  const other = await connect(mock.baseUrl);

  assert.equal(other.url("toapis"), mock.url("toapis"));
  assert.equal((await other.requests.list()).length, 1);
  await other.stop(); // it did not start the mock, and does not end it
  assert.equal((await submit()).status, 200);
});

test("what is not there is an error that names what is", async () => {
  assert.throws(() => mock.url("nobody"), /"nobody" is not served; there are toapis/);
  await assert.rejects(mock.faults.add("rate-limit"), (error) => error instanceof ControlError && /rate-limited/.test(error.message));
  await assert.rejects(mock.reset("everything"), ControlError);
  await assert.rejects(connect("http://127.0.0.1:1"), /no mock responds at/);
});

test("the addresses are there for programs that a test starts", () => {
  assert.deepEqual(mock.environ, { PIXPACT_URL_TOAPIS: mock.url("toapis") });
});
