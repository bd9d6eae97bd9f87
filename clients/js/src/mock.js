import { Control, ControlError } from "./control.js";

/** `{operation: "createImage", body: {n: 2}}` as the query of the journal. */
const query = (criteria) => {
  const pairs = Object.entries(criteria).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, written(value)])).toString();
  return text && `?${text}`;
};
const written = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** Options in camel case as the control API writes them: `retryAfter` is `retry-after`. */
const hyphened = (members) =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name.replace(/[A-Z]/g, (it) => `-${it.toLowerCase()}`), value]),
  );

class Clock {
  #control;

  constructor(control) {
    this.#control = control;
  }

  async now() {
    return new Date((await this.#control.get("/clock")).now * 1000);
  }

  async advance(time) {
    return new Date((await this.#control.post("/clock", { advance: time })).now * 1000);
  }
}

class Faults {
  #control;

  constructor(control) {
    this.#control = control;
  }

  async add(fault, members = {}) {
    const { faults } = await this.#control.post("/faults", { fault, ...hyphened(members) });
    return faults[0];
  }

  next = (fault, members = {}) => this.add(fault, { times: 1, ...members });
  list = async () => (await this.#control.get("/faults")).faults;
  names = async () => (await this.#control.get("/faults")).names;
  remove = async ({ id }) => void (await this.#control.delete(`/faults/${id}`));
  clear = async () => void (await this.#control.delete("/faults"));
}

/** An image as the control API takes it: bytes as a data URI, all else as it is. The mock reads its format itself. */
const asImage = (value) =>
  value instanceof Uint8Array ? `data:image/png;base64,${Buffer.from(value).toString("base64")}` : value;

class Stub {
  #control;
  #on;

  constructor(control, on) {
    this.#control = control;
    this.#on = on;
  }

  async gives({ image, ...members }) {
    const images = image === undefined ? {} : { image: Array.isArray(image) ? image.map(asImage) : asImage(image) };
    await this.#control.post("/stubs", { on: this.#on, gives: { ...images, ...hyphened(members) } });
  }
}

class Requests {
  #control;

  constructor(control) {
    this.#control = control;
  }

  list = async (criteria = {}) => (await this.#control.get(`/journal${query(criteria)}`)).exchanges;
  har = (criteria = {}) => this.#control.get(`/journal.har${query(criteria)}`);

  async assertCalled({ times, atLeast, atMost, ...criteria } = {}) {
    await this.#control.post("/verify", { ...criteria, times, at_least: atLeast, at_most: atMost });
  }

  assertNotCalled = (criteria = {}) => this.assertCalled({ ...criteria, times: 0 });

  async assertCalledOnce(criteria = {}) {
    await this.assertCalled({ ...criteria, times: 1 });
    return (await this.list(criteria))[0];
  }
}

export class Mock {
  #vendors;
  #control;
  #end;

  constructor({ url, vendors, token, end = async () => {} }) {
    this.baseUrl = url;
    this.#vendors = vendors;
    this.#control = new Control(`${url}/_pixpact`, token);
    this.#end = end;
    this.clock = new Clock(this.#control);
    this.faults = new Faults(this.#control);
    this.requests = new Requests(this.#control);
  }

  url(vendor) {
    if (vendor in this.#vendors) return this.#vendors[vendor];
    const names = Object.keys(this.#vendors).join(", ");
    throw new RangeError(`${JSON.stringify(vendor)} is not served; there are ${names}`);
  }

  get environ() {
    const plain = Object.entries(this.#vendors).filter(([name]) => !name.includes("@"));
    return Object.fromEntries(plain.map(([name, url]) => [`PIXPACT_URL_${variable(name)}`, url]));
  }

  on = (vendor, fields = {}) => new Stub(this.#control, { vendor, ...fields });
  charges = async () => (await this.#control.get("/ledger")).charges;
  tasks = async () => (await this.#control.get("/tasks")).tasks;
  webhooks = async () => (await this.#control.get("/webhooks")).webhooks;
  waitForWebhook = ({ task, vendor, timeout = 5000 } = {}) =>
    this.#control.post("/webhooks/wait", { task, vendor, timeout: timeout / 1000 });
  setPace = async (pace) => void (await this.#control.post("/pace", { pace }));
  reset = async (what = "all") => void (await this.#control.post("/reset", { what }));
  stop = () => this.#end();
}

// `await using mock = await startMock()`, where the language has it (Node.js 18.18 knows the symbol).
if (Symbol.asyncDispose) {
  Mock.prototype[Symbol.asyncDispose] = function dispose() {
    return this.stop();
  };
}

const variable = (name) => name.replace(/[^A-Za-z0-9]/g, "_").toUpperCase();

/** A mock that runs already, at `http://127.0.0.1:4747` unless told otherwise; `token` where it printed one. */
export async function connect(url = "http://127.0.0.1:4747", { token } = {}) {
  const base = new URL(url).origin;
  const health = await new Control(`${base}/_pixpact`).get("/health");
  if (!Array.isArray(health.vendors)) throw new ControlError(200, `${base} is no Pixpact: it names no vendors`);
  return new Mock({ url: base, token, vendors: Object.fromEntries(health.vendors.map((name) => [name, `${base}/${name}`])) });
}
