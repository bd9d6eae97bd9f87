/** Seconds, or a text such as `"25h"` or ISO 8601 `"PT25H"`. */
export type Duration = number | string;

export interface StartOptions {
  /** Contracts to serve, such as `"toapis"` or `["apimart@2026-09"]`; default: all. */
  vendors?: string | readonly string[];
  /** How fast tasks run: `"instant"` (the default), `"10x"`, `"polls:3"` or `"manual"`. */
  pace?: string;
  seed?: number;
  /** The time at which the clock stands until you advance it. */
  startTime?: Date | string;
  /** Accept only these keys; an object gives each its initial balance. */
  apiKeys?: readonly string[] | Readonly<Record<string, number | string>>;
  /** Faults that are active from the start, such as `"rate-limited,operation=createImage,times=2"`. */
  faults?: readonly string[];
  /** Limit of requests per key, such as `"5/s"`. */
  rateLimit?: string;
  /** The origin, in addition to this machine, that may receive a vendor's webhooks: `{toapis: "https://dev.example,SECRET"}`. */
  webhooks?: Readonly<Record<string, string>>;
  responses?: "usual" | "extreme";
  /** Files of stubs. */
  stubs?: string | readonly string[];
  /** Refuse requests with fields that nobody reads. */
  strict?: boolean;
  /** @deprecated The name of `responses` in 0.1. */
  answers?: "usual" | "extreme";
  publicUrl?: string;
  /** HAR files; recorded requests get their recorded responses. */
  play?: string | readonly string[];
  recordedOnly?: boolean;
  /** Folders with specs of your own. */
  specs?: string | readonly string[];
  host?: string;
  /** 0 (the default) picks a free port. */
  port?: number;
  /** Further arguments of `pixpact serve`. */
  args?: readonly string[];
  /** The program, with arguments before `serve` if needed; default: `$PIXPACT_COMMAND` or `pixpact`. */
  command?: string | readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Milliseconds until the mock must be ready; default: 30,000. */
  timeout?: number;
}

/** Which requests a fault applies to, and how often. */
export interface FaultOptions {
  vendor?: string;
  operation?: string;
  model?: string;
  key?: string;
  stage?: "submit" | "poll" | "queue" | "run" | "download" | "webhook";
  /** Fields that the body of a request must have. */
  body?: Readonly<Record<string, unknown>>;
  /** Apply to submissions while at least this many tasks of the key are running. */
  underWay?: number;
  /** Apply to at most this many requests. */
  times?: number;
  /** Apply to every Nth matching request. */
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
  /** How many requests it matched. */
  fitted: number;
  /** How many of those it was applied to. */
  fired: number;
  [option: string]: unknown;
}

/** Which requests to match; every criterion must hold. */
export interface Criteria {
  operation?: string;
  vendor?: string;
  model?: string;
  /** 429 or `"4XX"`. */
  status?: number | string;
  key?: string;
  /** Fields that the body must have. */
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
  /** Identifies the key without revealing it. */
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
  /** The result of the last attempt. */
  body: unknown;
}

export interface Clock {
  /** The mock's time. */
  now(): Promise<Date>;
  /** Advance it; resolves when the webhooks due by then have been sent. */
  advance(time: Duration): Promise<Date>;
}

export interface Faults {
  /** Add a fault that stays active until it is removed. */
  add(fault: string, options?: FaultOptions): Promise<Fault>;
  /** Make the next matching request fail; use `times` for more than one. */
  next(fault: string, options?: FaultOptions): Promise<Fault>;
  /** The active faults. */
  list(): Promise<Fault[]>;
  /** Every fault by name, with what it does. */
  names(): Promise<Record<string, string>>;
  remove(fault: Pick<Fault, "id">): Promise<void>;
  clear(): Promise<void>;
}

/** What a stub gives: one of these, and fields of a fault. */
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
  /** The exchanges that match every criterion, oldest first. */
  list(criteria?: Criteria): Promise<Exchange[]>;
  /** The same as HAR 1.2. */
  har(criteria?: Criteria): Promise<{ log: Record<string, unknown> }>;
  /** Rejects with `VerificationError`, which shows the closest requests, unless the count is as expected. */
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
  /** The base URL to use instead of the vendor's. Throws RangeError, which names the vendors served. */
  url(vendor: string): string;
  /** A stub: choose what requests with these body fields get. `operation`, `model`, `key` and `body` narrow it too. */
  on(vendor: string, fields?: Readonly<Record<string, unknown>>): Stub;
  /** Every reservation, capture and refund, in the order of time. */
  charges(): Promise<Charge[]>;
  /** Every task as it is now; this is not a poll. */
  tasks(): Promise<Task[]>;
  /** Every webhook with its attempts and outcome. */
  webhooks(): Promise<Webhook[]>;
  /** The first webhook, of this task or vendor, whose delivery has ended; rejects after `timeout` milliseconds (default 5,000). */
  waitForWebhook(which?: { task?: string; vendor?: string; timeout?: number }): Promise<Webhook>;
  setPace(pace: string): Promise<void>;
  /** Clear `tasks`, `journal`, `faults`, `ledger`, `recording` or `all`; the clock never goes back. */
  reset(what?: string): Promise<void>;
  /** Stop a mock that `startMock` started; one from `connect` keeps running. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Start `pixpact serve` on a free port, and resolve when it is ready. */
export function startMock(options?: StartOptions): Promise<Mock>;

/** Connect to a running mock; default: `http://127.0.0.1:4747`. */
export function connect(url?: string, options?: { token?: string }): Promise<Mock>;

/** The mock refused a control request; the message names the value and the remedy. */
export class ControlError extends Error {
  readonly status: number;
}

/** The requests were not as expected. */
export class VerificationError extends Error {
  readonly count: number;
  readonly expected: string;
  readonly nearest: ReadonlyArray<{ exchange: Exchange; differences: unknown[] }>;
}
