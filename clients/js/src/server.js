import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { Mock } from "./mock.js";

const PATIENCE = 30_000; // milliseconds until the server must be ready: a cold start of Python on a busy machine
const GRACE = 10_000; // milliseconds that it has to end by itself

/** Each option with the words of `pixpact serve` that it stands for. */
const WORDS = {
  pace: (value) => ["--pace", value],
  seed: (value) => ["--seed", String(value)],
  startTime: (value) => ["--start-time", value instanceof Date ? value.toISOString() : String(value)],
  apiKeys: (value) => keys(value).flatMap((key) => ["--api-key", key]),
  faults: (value) => value.flatMap((fault) => ["--fault", fault]),
  rateLimit: (value) => ["--rate-limit", value],
  webhooks: (value) => Object.entries(value).flatMap(([vendor, to]) => ["--webhook", `${vendor}=${to}`]),
  responses: (value) => ["--responses", value],
  answers: (value) => ["--responses", value], // its name in 0.1
  stubs: (value) => [value].flat().flatMap((path) => ["--stub", String(path)]),
  strict: (value) => (value ? ["--strict"] : []),
  publicUrl: (value) => ["--public-url", value],
  play: (value) => [value].flat().flatMap((path) => ["--play", String(path)]),
  recordedOnly: (value) => (value ? ["--recorded-only"] : []),
  specs: (value) => [value].flat().flatMap((path) => ["--specs", String(path)]),
  host: (value) => ["--host", value],
  port: (value) => ["--port", String(value)],
  args: (value) => value,
};
const OTHERS = ["vendors", "command", "env", "timeout"];

const keys = (value) =>
  Array.isArray(value) ? value : Object.entries(value).map(([key, balance]) => `${key}=${balance}`);

function words({ vendors = [], ...options }) {
  for (const name of Object.keys(options)) {
    if (!(name in WORDS) && !OTHERS.includes(name)) {
      throw new TypeError(`startMock has no option ${name}; there are ${[...OTHERS, ...Object.keys(WORDS)].join(", ")}`);
    }
  }
  const given = { pace: "instant", port: 0, ...options };
  const flags = Object.entries(given).filter(([name, value]) => name in WORDS && value !== undefined);
  return ["serve", "--json", ...flags.flatMap(([name, value]) => WORDS[name](value)), ...[vendors].flat()];
}

/** Start `pixpact serve` on a free port, and return when it answers. */
export async function startMock(options = {}) {
  const [command, ...before] = [options.command ?? process.env.PIXPACT_COMMAND ?? "pixpact"].flat();
  const server = spawn(command, [...before, ...words(options)], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const atExit = () => server.kill();
  process.once("exit", atExit);
  const closed = new Promise((resolve) => server.once("close", resolve)).then((code) => {
    process.removeListener("exit", atExit);
    return code;
  });
  const end = () => ended(server, closed);
  try {
    const { url, vendors, token } = await ready(server, closed, command, options.timeout ?? PATIENCE);
    letGo(server);
    return new Mock({ url, vendors, token, end });
  } catch (error) {
    await end();
    throw error;
  }
}

/** The line that the server prints when it answers, parsed. */
async function ready(server, closed, command, timeout) {
  let text = "";
  server.stderr.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  const absent = new Promise((_, reject) => {
    server.once("error", (cause) => reject(new Error(notStarted(command, cause), { cause })));
  });
  const over = closed.then((code) => {
    throw new Error(text.trim() || `${command} ended with code ${code} before it was ready`);
  });
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${command} was not ready within ${timeout} ms\n${text}`)), timeout);
  });
  const line = new Promise((resolve) => createInterface({ input: server.stdout }).once("line", resolve));
  over.catch(() => {}); // the others may come first
  absent.catch(() => {});
  try {
    return JSON.parse(await Promise.race([line, absent, over, late]));
  } finally {
    clearTimeout(timer);
  }
}

const notStarted = (command, { code, message }) =>
  code === "ENOENT"
    ? `${command} is not in PATH; install it (pip install pixpact) or name it: startMock({command: "…/bin/pixpact"})`
    : `${command} cannot be started: ${message}`;

/** A mock that nobody stopped keeps no test runner waiting: it ends with this process. */
function letGo(server) {
  for (const stream of [server.stdout, server.stderr]) {
    stream.resume();
    stream.unref();
  }
  server.unref();
}

async function ended(server, closed) {
  if (server.pid === undefined) return;
  server.ref();
  server.kill();
  const timer = setTimeout(() => server.kill("SIGKILL"), GRACE);
  await closed;
  clearTimeout(timer);
}
