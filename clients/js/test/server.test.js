import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { startMock } from "../src/index.js";

test("keys, faults and contracts are given at the start", async () => {
  const mock = await startMock({ vendors: ["toapis", "apimart@2026-09"], apiKeys: { "sk-a": 5 }, faults: ["server-error,times=1"] });
  try {
    const balance = (key) => fetch(`${mock.url("toapis")}/v1/balance`, { headers: { Authorization: `Bearer ${key}` } });
    assert.match(mock.url("apimart@2026-09"), /apimart@2026-09$/);
    assert.equal((await (await balance("sk-b")).json()).success, false);
    assert.equal((await (await balance("sk-a")).json()).remain_balance, 5);
    assert.deepEqual((await mock.faults.list()).map((it) => it.fault), ["server-error"]);
  } finally {
    await mock.stop();
  }
});

test("a stopped mock no longer responds", async () => {
  const mock = await startMock({ vendors: "toapis" });
  await mock.stop();
  await mock.stop();

  await assert.rejects(mock.clock.now(), /no mock responds/);
});

test("what cannot be started says why", async () => {
  await assert.rejects(startMock({ vendors: "nobody" }), /nobody/);
  await assert.rejects(startMock({ command: "/nowhere/pixpact" }), /is not in PATH/);
  await assert.rejects(startMock({ vendor: "toapis" }), /no option vendor/);
});

test("a mock that is never stopped ends with the program", async () => {
  const program = `
    import { startMock } from ${JSON.stringify(new URL("../src/index.js", import.meta.url).href)};
    const mock = await startMock({ vendors: "toapis" });
    console.log(mock.baseUrl);`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8", timeout: 60_000 });
  assert.equal(done.status, 0, done.stderr);

  await assert.rejects(async () => {
    // It may still be ending: each round trip gives it time, and a refused connection is the end.
    for (let round = 0; round < 1000; round++) await fetch(`${done.stdout.trim()}/_pixpact/health`);
  });
});
