import { type Mock, startMock } from "pixpact";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { Refused, posters } from "./posters.js";

let mock: Mock;
beforeAll(async () => void (mock = await startMock({ vendors: "toapis", startTime: "2026-01-01T00:00:00Z" })));
afterAll(() => mock?.stop());
beforeEach(() => mock.reset());

const wait = (seconds: number) => mock.clock.advance(seconds); // nobody sleeps
const buy = (n = 1) => posters("A lighthouse in a storm", n, { url: mock.url("toapis"), key: "sk-test", wait });
const paid = async () => (await mock.charges()).filter((it) => it.intent === "capture").map((it) => it.images);

test("posters are bought in one task", async () => {
  const links = await buy(3);

  expect(links).toHaveLength(3);
  expect((await fetch(links[0]!)).headers.get("content-type")).toBe("image/jpeg");
  expect(await paid()).toEqual([3]);
});

test("a busy vendor is asked once more, after as long as it says", async () => {
  await mock.faults.next("rate-limited", { operation: "createImage", retryAfter: 7 });
  const before = await mock.clock.now();
  await buy();

  await mock.requests.assertCalled({ operation: "createImage", times: 2 });
  expect(Number(await mock.clock.now()) - Number(before)).toBeGreaterThanOrEqual(7000);
  expect(await paid()).toEqual([1]);
});

describe.each([
  ["moderated", 422],
  ["insufficient-balance", 402],
])("%s", (fault, status) => {
  test("is final", async () => {
    await mock.faults.add(fault, { operation: "createImage" });

    await expect(buy()).rejects.toMatchObject({ name: "Refused", status });
    const { operation } = await mock.requests.assertCalledOnce({ operation: "createImage" });
    expect(operation).toBe("createImage");
    expect(await paid()).toEqual([]);
  });
});

test("a task that fails is refunded, and says why", async () => {
  await mock.faults.next("failed");

  await expect(buy()).rejects.toBeInstanceOf(Refused);
  expect((await mock.charges()).map((it) => it.intent)).toEqual(["reserve", "refund"]);
});

describe.each([
  ["server-error", { charged: true }],
  ["html", { status: 502 }],
  ["gateway-timeout", {}],
])("%s after the charge", (fault, options) => {
  test("is not bought again", async () => {
    await mock.faults.next(fault, options);

    await expect(buy()).rejects.toThrow();
    expect(await paid()).toEqual([1]);
  });

  test("costs whoever simply tries again a second time", async () => {
    await mock.faults.next(fault, options);
    await buy().catch(() => buy());

    expect(await paid()).toEqual([1, 1]);
  });
});
