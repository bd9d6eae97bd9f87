// What the mock is doing now: its exchanges, clock, faults and contracts, kept up to date by server-sent events.

import { get, post, remove } from "./api.js";
import { useEffect, useRef, useState } from "./html.js";

const MOST_ROWS = 5000;

export const live = {
  connected: false,
  rows: new Map(), // number → row, in the order of arrival
  changes: 0, // grows with every event, so that views know when to read again
  clock: null, // {now, standing, pace, at}: `at` is this page's time when it was told
  faults: [],
  names: {},
  health: null,
  contracts: [],
  toast: null,
};

const listeners = new Set();
let drawing = false;
function changed() {
  if (drawing) return;
  drawing = true;
  // One drawing for a burst of events.
  requestAnimationFrame(() => {
    drawing = false;
    for (const listener of listeners) listener();
  });
}

/** Draw the component again whenever something changed. */
export function useLive() {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((count) => count + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return live;
}

/** What a path gives, read again when something happened: after 400 ms at the latest, and no more often. */
export function useData(path, { every = 0 } = {}) {
  const [data, setData] = useState(null);
  const timing = useRef({ last: 0, timer: 0 });
  const { changes } = useLive();
  const read = () => {
    timing.current = { last: performance.now(), timer: 0 };
    get(path).then((value) => setData({ path, value }), report);
  };
  useEffect(() => {
    const { last, timer } = timing.current;
    if (timer && data?.path === path) return;
    clearTimeout(timer);
    const wait = data?.path === path ? Math.max(0, last + 400 - performance.now()) : 0;
    timing.current.timer = setTimeout(read, wait);
  }, [path, changes]);
  useEffect(() => {
    const timer = every ? setInterval(read, every) : 0;
    return () => clearInterval(timer);
  }, [path, every]);
  useEffect(() => () => clearTimeout(timing.current.timer), []);
  return data?.path === path ? data.value : null;
}

export function start() {
  const source = new EventSource("events");
  source.onopen = () => {
    live.connected = true;
    changed();
  };
  source.onerror = () => {
    live.connected = false;
    changed();
  };
  const on = (name, action) =>
    source.addEventListener(name, (event) => {
      action(JSON.parse(event.data));
      live.changes += 1;
      changed();
    });
  on("reset", () => live.rows.clear());
  on("exchanges", (rows) => {
    for (const row of rows) live.rows.set(row.number, row);
    for (const number of live.rows.keys()) {
      if (live.rows.size <= MOST_ROWS) break;
      live.rows.delete(number);
    }
    if (rows.some((row) => row.note.fault)) readFaults();
  });
  source.addEventListener("clock", (event) => {
    const clock = { ...JSON.parse(event.data), at: performance.now() };
    // A clock that merely runs on is drawn by itself: nothing has to be read again.
    const jumped = !live.clock || clock.standing || Math.abs(clock.now - mockNow()) > 1 || clock.pace !== live.clock.pace;
    live.clock = clock;
    if (jumped) {
      live.changes += 1;
      changed();
    }
  });
  readFaults();
  get("health").then((health) => Object.assign(live, { health }) && changed(), report);
  get("contracts").then(({ contracts }) => Object.assign(live, { contracts }) && changed(), report);
}

/** The mock's time: told by events, and drawn on from there. */
export function mockNow() {
  if (!live.clock) return 0;
  const { now, standing, at } = live.clock;
  return standing ? now : now + (performance.now() - at) / 1000;
}

export async function readFaults() {
  const { faults, names } = await get("faults");
  Object.assign(live, { faults, names });
  changed();
}

let toasts = 0;
export function say(text, kind = "") {
  const number = (toasts += 1);
  live.toast = { text, kind, number };
  changed();
  setTimeout(() => {
    if (live.toast?.number !== number) return;
    live.toast = null;
    changed();
  }, 5000);
}
export const report = (error) => say(error.message, "bad");

/** Do something to the mock, and show why it is refused. */
async function act(action, done) {
  try {
    const result = await action();
    live.changes += 1;
    if (done) say(done);
    changed();
    return result;
  } catch (error) {
    report(error);
    return null;
  }
}
export const advance = (time) => act(() => post("clock", { advance: time }), `The clock was advanced by ${time}.`);
export const setPace = (pace) => act(() => post("pace", { pace }), `New tasks run at the pace ${pace}.`);
export const addFault = async (fault) => {
  const result = await act(() => post("faults", fault), `${fault.fault} is active.`);
  await readFaults();
  return result;
};
export const removeFault = async (id) => {
  await act(() => remove(id === undefined ? "faults" : `faults/${id}`));
  await readFaults();
};
export const pushTask = (token, state, hold) =>
  act(() => post(`tasks/${token}/state`, { state, hold }), `The task is ${state} now.`);
export const expireTask = (token) => act(() => post(`tasks/${token}/expire`), "The images of the task have expired.");
export const forget = async (what) => {
  await act(() => post("reset", { what }), "Cleared.");
  await readFaults();
};
