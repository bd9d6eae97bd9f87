// Numbers, times and texts for people.

const pad = (number, length = 2) => String(number).padStart(length, "0");

/** Seconds since the epoch as `09:41:07` UTC. */
export function clockTime(seconds, withMillis = false) {
  const date = new Date(seconds * 1000);
  const text = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  return withMillis ? `${text}.${pad(date.getUTCMilliseconds(), 3)}` : text;
}

const DATE = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
export const calendarDate = (seconds) => DATE.format(new Date(seconds * 1000));

/** `340 ms`, `2.4 s`, `3 min`, `25 h`, `3 days`. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "open";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${trimmed(seconds)} s`;
  if (seconds < 5400) return `${trimmed(seconds / 60)} min`;
  if (seconds <= 48 * 3600) return `${trimmed(seconds / 3600)} h`;
  return `${trimmed(seconds / 86400)} days`;
}
const trimmed = (number) => String(Math.round(number * 10) / 10);

export const money = (amount, currency) =>
  amount === null || amount === undefined ? "no price" : `${trimMoney(amount)}${currency ? ` ${currency}` : ""}`;
const trimMoney = (amount) => {
  const [whole, part = ""] = String(amount).split(".");
  return `${whole}.${part.replace(/0+$/, "").padEnd(2, "0")}`;
};

export const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** JSON with indentation; a text that is none stays as it is. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export const statusKind = (status) =>
  status === 0 ? "bad" : status < 300 ? "good" : status < 400 ? "info" : status < 500 ? "warn" : "bad";

export const stateKind = (outcome, state) =>
  outcome === "success" ? "good" : outcome === "failure" ? "bad" : state ? "info" : "";

/** What a request is about: its model and its prompt, from the beginning of its body. */
export function gist(text) {
  const model = /"model"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? "";
  const prompt = /"prompt"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(text)?.[1] ?? "";
  return { model: unescaped(model), prompt: unescaped(prompt) };
}
function unescaped(inside) {
  try {
    return JSON.parse(`"${inside}"`);
  } catch {
    return inside;
  }
}
