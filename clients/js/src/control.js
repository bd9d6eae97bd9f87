/** The mock refused a control request: a wrong name, a wrong value. The message names it and the remedy. */
export class ControlError extends Error {
  constructor(status, detail) {
    super(detail);
    Object.assign(this, { name: "ControlError", status });
  }
}

/** What was expected was not sent. `nearest` are the requests that came closest, and where each differs. */
export class VerificationError extends Error {
  constructor({ detail, count, expected, nearest }) {
    super(detail);
    Object.assign(this, { name: "VerificationError", count, expected, nearest });
  }
}

/** Requests below `/_pixpact` of a running mock, as JSON. */
export class Control {
  #address;
  #headers;

  constructor(address, token) {
    this.#address = address;
    this.#headers = token ? { authorization: `Bearer ${token}` } : {};
  }

  get = (path) => this.#ask(path);
  post = (path, body) => this.#ask(path, { method: "POST", body: JSON.stringify(body) });
  delete = (path) => this.#ask(path, { method: "DELETE" });

  async #ask(path, init) {
    const response = await this.#fetched(path, init);
    const body = await response.json().catch(() => ({}));
    if (response.ok) return body;
    if (response.status === 409 && "expected" in body) throw new VerificationError(body);
    throw new ControlError(response.status, body.detail ?? `${path}: status ${response.status}`);
  }

  async #fetched(path, init) {
    try {
      return await fetch(this.#address + path, { ...init, headers: this.#headers });
    } catch (cause) {
      throw new Error(`no mock responds at ${this.#address}: is \`pixpact serve\` running there?`, { cause });
    }
  }
}
