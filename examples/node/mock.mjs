// A mock for the tests of a program in JavaScript: `pixpact serve` on a free port, and its control side.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export async function startMock(...words) {
  const server = spawn("pixpact", ["serve", "--port", "0", "--json", "--pace", "instant", ...words]);
  const failed = new Promise((_, reject) => server.once("error", reject)); // pixpact is not in PATH
  let said = "";
  server.stderr.on("data", (text) => (said += text));
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const { value, done } = await Promise.race([lines.next(), failed]);
  if (done) throw new Error(said);
  const { vendors, control } = JSON.parse(value);

  async function ask(path, body) {
    const answer = await fetch(control + path, body && { method: "POST", body: JSON.stringify(body) });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.detail);
    return found;
  }

  return {
    url: (vendor) => vendors[vendor],
    /** Let a fault stand: `fault("rate-limited", {times: 1})`. */
    fault: (fault, members = {}) => ask("/faults", { fault, ...members }),
    advance: (time) => ask("/clock", { advance: time }),
    reset: () => ask("/reset", { what: "all" }),
    requests: async () => (await ask("/journal")).exchanges,
    /** Fails, with what came nearest, unless such a request was sent: `verify({body: {n: 2}, times: 1})`. */
    verify: (criteria) => ask("/verify", criteria),
    /** How many pictures were paid for. */
    paid: async () => {
      const { charges } = await ask("/ledger");
      return charges.filter((it) => it.intent === "capture").reduce((sum, it) => sum + it.images, 0);
    },
    stop: () => new Promise((resolve) => server.once("close", resolve) && server.kill()),
  };
}
