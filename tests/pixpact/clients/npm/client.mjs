// One call of the `openai` package, as a program of a user would make it; what came of it is printed as JSON.
// The job is the first argument: {options, call, members, request, expected}. A wait of exactly `expected` milliseconds
// passes at once and is counted in `waits`.
import OpenAI from "openai";

const job = JSON.parse(process.argv[2]);
const { setTimeout } = globalThis;
let waits = 0;
globalThis.setTimeout = (action, milliseconds, ...rest) => {
  const told = milliseconds === job.expected;
  waits += told;
  return setTimeout(action, told ? 0 : milliseconds, ...rest);
};
const client = new OpenAI({ apiKey: "sk-test", ...job.options });

const calls = {
  generate: (members, request) => client.images.generate(members, request),
  get: (path) => client.get(path),
  upload: async ({ path, url }) => {
    const form = new FormData();
    form.append("file", new Blob([await (await fetch(url)).arrayBuffer()], { type: "image/jpeg" }), "kite.jpg");
    return client.post(path, { body: form });
  },
  stream: async (members) => {
    const events = [];
    try {
      for await (const event of await client.images.generate({ ...members, stream: true })) events.push(event.type);
    } catch (error) {
      events.push(told(error));
    }
    return events;
  },
};

function told(error) {
  return {
    class: error.constructor.name,
    ours: error instanceof OpenAI.OpenAIError,
    status: error.status ?? null,
    code: error.code ?? null,
    message: error.message,
  };
}

try {
  const value = await calls[job.call](job.members, job.request);
  console.log(JSON.stringify({ value: value ?? null, type: typeof value, waits }));
} catch (error) {
  console.log(JSON.stringify({ error: told(error), waits }));
}
