/** Posters from ToAPIs: submit, poll until the outcome, give back the links. */

const WAITS = [1, 2, 4, 8, 15]; // seconds between polls; the last one repeats
const MOST_POLLS = 40;

export interface Options {
  url: string;
  key: string;
  /** Waits so many seconds. */
  wait?: (seconds: number) => Promise<unknown>;
}

/** The vendor refused, or the task failed; the message is the vendor's own. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "Refused";
  }
}

interface Task {
  id: string;
  status: string;
  result?: { data: { url: string }[] };
  error?: { message: string };
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The links of `n` posters. A submit that the vendor refuses for its load is sent again; nothing is bought twice. */
export async function posters(prompt: string, n: number, { url, key, wait = pause }: Options): Promise<string[]> {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const path = `${url}/v1/images/generations`;
  const body = JSON.stringify({ model: "doubao-seedream-5-0", prompt, n, size: "2:3" });
  const { id } = await submitted(() => fetch(path, { method: "POST", headers, body }), wait);
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    const task = await read(await fetch(`${path}/${id}`, { headers }));
    if (task.status === "completed") return (task.result?.data ?? []).map((image) => image.url);
    if (task.status === "failed") throw new Refused(task.error?.message ?? "the task failed", 200);
    await wait(WAITS[Math.min(poll, WAITS.length - 1)] ?? 15);
  }
  throw new Error(`task ${id} came to no outcome`);
}

async function submitted(send: () => Promise<Response>, wait: Required<Options>["wait"]): Promise<Task> {
  const response = await send();
  if (response.status !== 429) return read(response);
  await wait(Number(response.headers.get("Retry-After")) || 1);
  return read(await send());
}

async function read(response: Response): Promise<Task> {
  const body = await response.json();
  if (!response.ok) throw new Refused(body.error?.message ?? `status ${response.status}`, response.status);
  return body;
}
