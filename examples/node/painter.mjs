// Pictures from APIYI with nothing but fetch. The vendor answers in the same exchange and knows no idempotency keys:
// what was asked for and not answered cannot be asked about later. A request is repeated only when the vendor said no.

const PATH = "/v1/images/generations";
const TRIES = 3;

/** The vendor refused, and would again: `code` and `message` are its own. */
export class Refused extends Error {
  constructor({ status, code, message }) {
    super(message);
    Object.assign(this, { name: "Refused", status, code });
  }
}

/** No complete answer came. The vendor may have done the work and charged for it; `pictures` is what arrived. */
export class Unsure extends Error {
  constructor(message, { cause, pictures = [] } = {}) {
    super(message, { cause });
    Object.assign(this, { name: "Unsure", pictures });
  }
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export class Painter {
  #url;
  #key;
  #timeout;
  #wait;

  /** `timeout` in milliseconds, generous: giving up early does not save the money. `wait` waits so many seconds. */
  constructor({ url, key, timeout = 180_000, wait = pause }) {
    [this.#url, this.#key, this.#timeout, this.#wait] = [url, key, timeout, wait];
  }

  /** Pictures for a request such as `{prompt, size, n, image: [references]}`: a list of `{url}` or `{problem}`. */
  async paint(request) {
    const answer = await this.#send(request);
    const body = await whole(() => answer.json());
    if (!Array.isArray(body?.data)) throw new Unsure("an answer without pictures");
    return body.data.map(picture);
  }

  /** The same, one by one as they are painted. */
  async *stream(request) {
    const answer = await this.#send({ ...request, stream: true });
    const pictures = [];
    try {
      for await (const event of events(answer)) {
        if (event.type === "image_generation.completed") return;
        pictures.push(picture(event));
        yield pictures.at(-1);
      }
    } catch (cause) {
      throw new Unsure("the stream broke off", { cause, pictures });
    }
    throw new Unsure("the stream ended without saying so", { pictures });
  }

  async #send(request) {
    const body = JSON.stringify({ model: "seedream-5-0-260128", ...request });
    const headers = { Authorization: `Bearer ${this.#key}`, "Content-Type": "application/json" };
    for (let attempt = 1; ; attempt++) {
      const signal = AbortSignal.timeout(this.#timeout);
      const answer = await whole(() => fetch(this.#url + PATH, { method: "POST", headers, body, signal }));
      if (answer.ok) return answer;
      const refusal = await told(answer);
      if (answer.status >= 500) throw new Unsure(refusal.message, { cause: refusal }); // it may have been charged
      if (attempt === TRIES || !passing(refusal)) throw refusal;
      await this.#wait(Number(answer.headers.get("Retry-After")) || attempt);
    }
  }
}

/** The bytes of a picture; the vendor keeps it for a day. */
export async function fetchPicture(url) {
  const answer = await fetch(url);
  if (answer.status === 404 || answer.status === 410) throw new Error(`${url} has expired`);
  if (!answer.ok) throw new Error(`${url}: status ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** A refusal that a second try may change. With this vendor an empty purse is a 429 as well: only `code` tells. */
const passing = ({ status, code }) => status === 429 && code !== "insufficient_user_quota";

const picture = ({ url, error }) => (url ? { url } : { problem: error?.message ?? "no picture and no reason" });

async function told(answer) {
  const body = await answer.json().catch(() => ({}));
  const { code = null, message = `status ${answer.status}` } = body.error ?? {};
  return new Refused({ status: answer.status, code, message });
}

async function whole(action) {
  try {
    return await action();
  } catch (cause) {
    throw new Unsure("no complete answer", { cause });
  }
}

/** The events of a `text/event-stream`, their data parsed, until `[DONE]`. */
async function* events(answer) {
  let text = "";
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop();
    for (const block of blocks) {
      const lines = block.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      const data = lines.map((line) => line.slice(5).trim()).join("\n");
      if (data === "[DONE]") return;
      if (data) yield JSON.parse(data);
    }
  }
}
