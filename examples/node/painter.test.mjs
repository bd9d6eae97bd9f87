import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { startMock } from "./mock.mjs";
import { Painter, Refused, Unsure, fetchPicture } from "./painter.mjs";

let mock, painter, waits, client;
before(async () => (mock = await startMock("apiyi")));
after(() => mock?.stop());
beforeEach(async () => {
  await mock.reset();
  waits = [];
  const wait = async (seconds) => waits.push(seconds) && (await mock.advance(seconds)); // nobody sleeps
  client = (options) => new Painter({ url: mock.url("apiyi"), key: "sk-test", wait, ...options });
  painter = client();
});

const SERIES = { sequential_image_generation: "auto", sequential_image_generation_options: { max_images: 3 } };
const isJpeg = (bytes) => bytes.readUInt16BE(0) === 0xffd8 && bytes.readUInt16BE(bytes.length - 2) === 0xffd9;

test("text to image", async () => {
  const pictures = await painter.paint({ prompt: "A red kite", size: "2K", n: 2 });

  assert.equal(pictures.length, 2);
  assert.ok(isJpeg(await fetchPicture(pictures[0].url)));
  assert.equal(await mock.paid(), 2);
});

test("image to image: the first picture is the reference of the second", async () => {
  const [first] = await painter.paint({ prompt: "A red kite" });
  const [second] = await painter.paint({ prompt: "The same in blue", image: [first.url] });

  assert.ok(isJpeg(await fetchPicture(second.url)));
  await mock.verify({ operation: "createImage", body: { image: [first.url] }, times: 1 });
});

test("pictures come one by one", async () => {
  const pictures = [];
  for await (const picture of painter.stream({ prompt: "Four seasons", ...SERIES })) pictures.push(picture);

  assert.equal(pictures.filter((it) => it.url).length, 3);
});

test("a limit is waited out, and paid once", async () => {
  await mock.fault("rate-limited", { times: 1, "retry-after": 7 });

  assert.ok((await painter.paint({ prompt: "A red kite" }))[0].url);
  assert.deepEqual(waits, [7]);
  assert.equal(await mock.paid(), 1);
});

const LATE = [
  ["server-error", { charged: true }],
  ["bad-gateway", { charged: true }],
  ["unavailable", { charged: true }],
  ["html", { status: 502 }],
  ["gateway-timeout", {}],
];
for (const [fault, members] of LATE) {
  test(`${fault} after the charge: it is not bought again`, async () => {
    await mock.fault(fault, { times: 1, ...members });

    await assert.rejects(painter.paint({ prompt: "A red kite" }), Unsure);
    assert.equal(await mock.paid(), 1);
  });

  test(`${fault} after the charge: this is how the first version was caught`, async () => {
    await mock.fault(fault, { times: 1, ...members });
    const again = (error) => (error instanceof Unsure ? painter.paint({ prompt: "A red kite" }) : Promise.reject(error));
    await painter.paint({ prompt: "A red kite" }).catch(again); // it simply tried again

    assert.equal(await mock.paid(), 2);
  });
}

const FINAL = [
  ["moderated", 403, "InputTextSensitiveContentDetected", /sensitive information/],
  ["insufficient-balance", 429, "insufficient_user_quota", /is not enough/],
  ["unauthenticated", 401, null, /无效的令牌/],
];
for (const [cause, status, code, words] of FINAL) {
  test(`${cause} is told in the vendor's words, and not tried again`, async () => {
    await mock.fault(cause);

    await assert.rejects(painter.paint({ prompt: "A red kite" }), (error) => {
      assert.ok(error instanceof Refused);
      assert.deepEqual([error.status, error.code], [status, code]);
      return words.test(error.message);
    });
    await mock.verify({ operation: "createImage", times: 1 });
  });
}

const LOST = ["accept-then-drop", "reset-after", "hang", "stream-cut"];
const BROKEN = ["empty", "malformed-json", "two-json-objects", "html"];
for (const fault of [...LOST, ...BROKEN]) {
  test(`${fault}: the picture is paid for once, and the program knows that it does not know`, async () => {
    await mock.fault(fault, { times: 1 });
    const impatient = client(fault === "hang" ? { timeout: 300 } : {}); // the rest may take as long as it takes

    await assert.rejects(impatient.paint({ prompt: "A red kite" }), Unsure);
    await mock.verify({ operation: "createImage", times: 1 });
    assert.equal(await mock.paid(), 1);
  });
}

test("a stream that breaks off keeps what arrived", async () => {
  await mock.fault("stream-cut", { times: 1 });
  const seen = [];

  await assert.rejects(
    async () => {
      for await (const picture of painter.stream({ prompt: "Four seasons", ...SERIES })) seen.push(picture);
    },
    (error) => error instanceof Unsure && error.pictures.length === 1,
  );
  assert.equal(seen.length, 1);
  assert.equal(await mock.paid(), 3);
});

test("a picture that is withheld has a reason in its place", async () => {
  await mock.fault("partial", { images: 1, times: 1 });
  const [first, second] = await painter.paint({ prompt: "A red kite", n: 2 });

  assert.ok(first.url);
  assert.match(second.problem, /sensitive information/);
  assert.equal(await mock.paid(), 1);
});

test("links die after a day", async () => {
  const [{ url }] = await painter.paint({ prompt: "A red kite" });
  assert.ok(await fetchPicture(url));
  await mock.advance("25h");

  await assert.rejects(fetchPicture(url), /has expired/);
});
