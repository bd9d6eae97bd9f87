/** Seconds, or a text such as `"25h"` or ISO 8601 `"PT25H"`. */
export type Duration = number | string;

export interface StartOptions {
  /** Contracts to serve, such as `"toapis"` or `["apimart@2026-09"]`; all of them unless given. */
  vendors?: string | readonly string[];
  /** How fast tasks live: `"instant"` (the default), `"10x"`, `"polls:3"` or `"manual"`. */
  pace?: string;
  seed?: number;
  /** The clock stands at this time until it is advanced. */
  startTime?: Date | string;
  /** The only keys accepted; a mapping gives each its opening balance. */
  apiKeys?: readonly string[] | Readonly<Record<string, number | string>>;
  /** Faults from the beginning, such as `"rate-limited,operation=createImage,times=2"`. */
  faults?: readonly string[];
  /** Requests of each key, such as `"5/s"`. */
  rateLimit?: string;
  /** Who gets a vendor's webhooks beside this machine: `{toapis: "https://dev.example,SECRET"}`. */
  webhooks?: Readonly<Record<string, string>>;
  responses?: "usual" | "extreme";
  /** Files of stubs. */
  stubs?: string | readonly string[];
  /** Refuse requests with fields that nobody reads. */
  strict?: boolean;
  /** @deprecated `responses`, as it was called in 0.1. */
  answers?: "usual" | "extreme";
  publicUrl?: string;
  /** HAR files whose requests are answered as they were recorded. */
  play?: string | readonly string[];
  recordedOnly?: boolean;
  /** Folders with specs of your own. */
  specs?: string | readonly string[];
  host?: string;
  /** 0 (the default) takes a free port. */
  port?: number;
  /** More words of `pixpact serve`. */
  args?: readonly string[];
  /** The program, with words before `serve` if need be; `$PIXPACT_COMMAND` or `pixpact` unless given. */
  command?: string | readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Milliseconds until the mock must be ready; 30,000 unless given. */
  timeout?: number;
}

/** What narrows a fault, and how often it strikes. */
export interface FaultOptions {
  vendor?: string;
  operation?: string;
  model?: string;
  key?: string;
  stage?: "submit" | "poll" | "queue" | "run" | "download" | "webhook";
  /** Fields that the body of a request must hold. */
  body?: Readonly<Record<string, unknown>>;
  /** Strike submissions while so many tasks of the key are under way. */
  underWay?: number;
  /** Strike so many requests at most. */
  times?: number;
  /** Strike every so-many-th request that fits. */
  every?: number;
  /** From 0 to 1. */
  probability?: number;
  delay?: Duration | Readonly<Record<string, readonly number[]>>;
  example?: string;
  status?: string | number;
  images?: number;
  retryAfter?: number;
  /** Whether a refused request is carried out and charged first. */
  charged?: boolean;
  [option: string]: unknown;
}

export interface Fault {
  id: number;
  fault: string;
  /** How many requests it fitted. */
  fitted: number;
  /** How many of those it struck. */
  fired: number;
  [option: string]: unknown;
}

/** Which requests are meant; every criterion must hold. */
export interface Criteria {
  operation?: string;
  vendor?: string;
  model?: string;
  /** 429 or `"4XX"`. */
  status?: number | string;
  key?: string;
  /** Fields that the body must hold. */
  body?: Readonly<Record<string, unknown>>;
  method?: string;
  path?: string;
  task?: string;
  fault?: string;
  /** Seconds since the epoch, or ISO 8601. */
  since?: number | string;
}

/** How often: `times` exactly, or from `atLeast` to `atMost`; at least once unless given. */
export interface Count {
  times?: number;
  atLeast?: number;
  atMost?: number;
}

/** One exchange, without secrets. */
export interface Exchange {
  /** Seconds since the epoch, on the mock's clock. */
  started: number;
  method: string;
  url: string;
  /** 0: no response was sent. */
  status: number;
  /** Seconds. */
  duration: number;
  vendor?: string;
  operation?: string;
  task?: string;
  fault?: string;
  body?: unknown;
  [note: string]: unknown;
}

export interface Charge {
  time: number;
  /** A name of the key that does not tell it. */
  account: string;
  vendor: string;
  operation: string;
  task: string;
  intent: "reserve" | "capture" | "refund";
  /** A decimal; null where no price is known. */
  amount: string | null;
  currency: string | null;
  images: number;
}

export interface Task {
  id: string;
  vendor: string;
  operation: string;
  status: string;
  progress: number | null;
  outcome: "success" | "failure" | null;
  created_at: number;
  ended_at: number | null;
  body: unknown;
  images: number;
  price: number | null;
}

export interface Webhook {
  vendor: string;
  operation: string;
  callback: string;
  task: string;
  url: string;
  outcome: "pending" | "delivered" | "given up" | "not sent";
  /** Seconds since the epoch; null where none is planned. */
  due: number | null;
  /** Each with what the receiver returned; status 0: nothing. */
  attempts: Array<{ started: number; status: number; attempt?: string; outcome?: string; problem?: string; fault?: string }>;
  /** What the last attempt said. */
  body: unknown;
}

export interface Clock {
  /** The mock's time. */
  now(): Promise<Date>;
  /** Move it forward; resolves when the webhooks due by then have been sent. */
  advance(time: Duration): Promise<Date>;
}

export interface Faults {
  /** Let a fault stand until it is removed. */
  add(fault: string, options?: FaultOptions): Promise<Fault>;
  /** Let the next request that fits fail; `times` says how many. */
  next(fault: string, options?: FaultOptions): Promise<Fault>;
  /** Those that stand. */
  list(): Promise<Fault[]>;
  /** Every fault there is, with what it does. */
  names(): Promise<Record<string, string>>;
  remove(fault: Pick<Fault, "id">): Promise<void>;
  clear(): Promise<void>;
}

/** What requests of a stub give: one of these, and with it fields of a fault. */
export interface Gives extends FaultOptions {
  /** Your own image, or several in turn: bytes, or a data URI. */
  image?: Uint8Array | string | ReadonlyArray<Uint8Array | string>;
  /** How the task ends, or how long it takes: `"failed"`, `"3m"`. */
  task?: string | number;
  fault?: string;
}

export interface Stub {
  gives(what: Gives): Promise<void>;
}

export interface Requests {
  /** The exchanges that meet every criterion, oldest first. */
  list(criteria?: Criteria): Promise<Exchange[]>;
  /** The same as HAR 1.2. */
  har(criteria?: Criteria): Promise<{ log: Record<string, unknown> }>;
  /** Rejects with `VerificationError`, naming the nearest requests, unless it was sent so often. */
  assertCalled(expected?: Criteria & Count): Promise<void>;
  assertCalledOnce(criteria?: Criteria): Promise<Exchange>;
  assertNotCalled(criteria?: Criteria): Promise<void>;
}

export interface Mock {
  readonly baseUrl: string;
  /** `PIXPACT_URL_TOAPIS` and so on, for programs that a test starts. */
  readonly environ: Record<string, string>;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly requests: Requests;
  /** The base URL that stands for a vendor's. Throws RangeError naming what is served. */
  url(vendor: string): string;
  /** A stub: what requests with these fields of the body give. `operation`, `model`, `key` and `body` narrow it too. */
  on(vendor: string, fields?: Readonly<Record<string, unknown>>): Stub;
  /** Every reservation, capture and refund, in the order of time. */
  charges(): Promise<Charge[]>;
  /** Every task as it stands; this is no poll. */
  tasks(): Promise<Task[]>;
  /** Every webhook as it stands, with its attempts and what became of it. */
  webhooks(): Promise<Webhook[]>;
  /** The first webhook, of this task or vendor, that is over; rejects after `timeout` milliseconds, 5,000 unless given. */
  waitForWebhook(which?: { task?: string; vendor?: string; timeout?: number }): Promise<Webhook>;
  setPace(pace: string): Promise<void>;
  /** Forget `tasks`, `journal`, `faults`, `ledger`, `recording` or `all`; the clock is never turned back. */
  reset(what?: string): Promise<void>;
  /** End a mock that `startMock` started; one that was connected to runs on. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Start `pixpact serve` on a free port, and resolve when it answers. */
export function startMock(options?: StartOptions): Promise<Mock>;

/** A mock that runs already, at `http://127.0.0.1:4747` unless given. */
export function connect(url?: string, options?: { token?: string }): Promise<Mock>;

/** The mock refused a control request; the message names the value and the remedy. */
export class ControlError extends Error {
  readonly status: number;
}

/** What was expected was not sent. */
export class VerificationError extends Error {
  readonly count: number;
  readonly expected: string;
  readonly nearest: ReadonlyArray<{ exchange: Exchange; differences: unknown[] }>;
}
