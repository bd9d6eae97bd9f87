// Runs a file of tests, compiled to CommonJS, with an `expect` that only remembers what it is asked. Prints a JSON list
// of [test, before, after, expected].
const { readFileSync } = require("node:fs");

const cases = [];
const waiting = [];
let current = "";

class Asked {
  constructor(before, after, turned = false) {
    Object.assign(this, { before, after, turned });
  }
}

function remember(before, after, expected) {
  cases.push([current, before, after, expected]);
}

function expect(value) {
  const of = (turned) =>
    new Proxy(
      {},
      {
        get(_, word) {
          if (word === "not") return of(!turned);
          if (["resolves", "rejects"].includes(word)) return of(turned);
          if (word === "then") return undefined;
          return (given) => {
            if (word === "toSatisfy") remember(value, given, !turned);
            if (word === "toViolate") remember(value, given, turned);
            const asserted = { toBe: given, toEqual: given, toBeTruthy: true, toBeFalsy: false }[word];
            if (value instanceof Asked && typeof asserted === "boolean")
              remember(value.before, value.after, (asserted !== turned) !== value.turned);
          };
        },
      },
    );
  return of(false);
}

// Rules of optic: some did not pass, or every one passed.
function ruled(before, after) {
  return {
    length: 1,
    some: () => new Asked(before, after, true),
    every: () => new Asked(before, after),
    filter: () => [],
    map: () => [],
  };
}

const empty = () => ({ openapi: "3.0.1", info: { title: "Empty", version: "1" }, paths: {} });
const modules = {
  "@jest/globals": undefined,
  "@useoptic/rulesets-base": {
    TestHelpers: { createEmptySpec: empty, runRulesWithInputs: async (_, before, after) => ruled(before, after) },
  },
};
const subset = async (before, after) => new Asked(before, after);
const stub = new Proxy(function () {}, {
  get: (_, word) => (word === "satisfies" || word === "default" ? subset : word === "__esModule" ? true : stub),
  construct: () => ({}),
  apply: () => ({}),
});

function test(name, run) {
  waiting.push([name, run]);
}
test.each = (rows) => (name, run) => rows.forEach((row) => test(`${name} ${JSON.stringify(row)}`, () => run(...[row].flat())));
test.skip = test.only = () => {};
const describe = (name, run) => run();
describe.each = (rows) => (name, run) => rows.forEach((row) => run(...[row].flat()));
modules["@jest/globals"] = { test, it: test, expect, describe };

async function main() {
  const code = readFileSync(process.argv[2], "utf8");
  const load = new Function("require", "exports", "module", "test", "it", "expect", "describe", code);
  load((name) => modules[name] ?? stub, {}, { exports: {} }, test, test, expect, describe);
  for (const [name, run] of waiting) {
    current = name;
    try {
      await run();
    } catch (error) {
      console.error(`${name}: ${error.message}`);
    }
  }
  process.stdout.write(JSON.stringify(cases));
}

main();
