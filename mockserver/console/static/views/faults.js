// Faults: switch one on for a vendor, an operation, a key or a model, once or by chance; those that are on.

import { html, useState } from "../html.js";
import { addFault, removeFault, useLive } from "../live.js";
import { Choice, isSpent } from "../parts.js";

const HOW = [
  ["once", "The next request"],
  ["times", "The next N requests"],
  ["every", "Every Nth request"],
  ["probability", "At random, in percent"],
  ["always", "Until it is switched off"],
];
const FIRST = [
  ["rate-limited", "Rate limit"],
  ["server-error", "Server error"],
  ["accept-then-drop", "Charged, no response"],
  ["failed", "Task fails"],
  ["malformed-json", "Broken JSON"],
  ["latency", "Slow response"],
];
// Fields that only some faults have; the mock refuses the others, and says with which they go.
const EXTRAS = [
  ["delay", "Delay (seconds)", "number"],
  ["retry-after", "Retry-After (seconds)", "number"],
  ["example", "Example of the contract", "text"],
  ["status", "Status value", "text"],
  ["images", "Images delivered", "number"],
  ["under-way", "While this many tasks are running", "number"],
];

const EMPTY = { fault: "rate-limited", vendor: "", operation: "", model: "", key: "", stage: "", how: "once", number: "2", extras: {} };

/** The form as the control side reads a fault. */
function written({ fault, how, number, extras, ...narrow }) {
  const given = Object.entries({ ...narrow, ...extras }).filter(([, value]) => value !== "");
  const how_often = {
    once: { times: 1 },
    times: { times: Number(number) },
    every: { every: Number(number) },
    probability: { probability: Number(number) / 100 },
    always: {},
  }[how];
  const numbers = EXTRAS.filter(([, , kind]) => kind === "number").map(([name]) => name);
  const values = given.map(([name, value]) => [name, numbers.includes(name) ? Number(value) : value]);
  return { fault, ...Object.fromEntries(values), ...how_often };
}

export function Faults() {
  const { names, faults, contracts } = useLive();
  const [form, setForm] = useState(EMPTY);
  const set = (name) => (value) => setForm({ ...form, [name]: value });
  const served = contracts.filter((it) => !form.vendor || it.name === form.vendor);
  const operations = [...new Set(served.flatMap((it) => it.operations.map((operation) => operation.id)))];
  const models = [...new Set(served.flatMap((it) => it.operations.flatMap((op) => op.models.flatMap((one) => one.models ?? []))))];
  const submit = (event) => {
    event.preventDefault();
    addFault(written(form));
  };
  return html`
    <div class="view">
      <div class="view-title"><div class="grow"><h1>Faults</h1><p>Inject a fault and see how your client reacts.</p></div></div>
      <form class="panel" onSubmit=${submit}>
        <header>
          <h2 class="grow">Switch a fault on</h2>
          <div class="row" role="group" aria-label="Common faults">
            ${FIRST.map(([key, text]) => html`
              <button type="button" key=${key} class="button small" aria-pressed=${String(form.fault === key)}
                onClick=${() => setForm({ ...form, fault: key })}>${text}</button>`)}
          </div>
        </header>
        <div class="body form-grid">
          <div class="wide-field"><${Choice} label="Fault" any=${null} options=${Object.keys(names)} value=${form.fault} onChange=${set("fault")} />
            <p class="hint muted small">${names[form.fault]}</p></div>
          <${Choice} label="Vendor" any="Any vendor" options=${contracts.map((it) => it.name)} value=${form.vendor} onChange=${set("vendor")} />
          <${Choice} label="Operation" any="Any operation" options=${operations} value=${form.operation} onChange=${set("operation")} />
          <${Choice} label="Model" any="Any model" options=${models} value=${form.model} onChange=${set("model")} />
          <${Choice} label="Stage" any="Any stage" options=${["submit", "poll", "queue", "run", "download", "webhook"]} value=${form.stage} onChange=${set("stage")} />
          <label class="field">API key<input type="text" placeholder="Any key" value=${form.key} onInput=${(e) => set("key")(e.currentTarget.value)} /></label>
          <${Choice} label="How often" any=${null} options=${HOW} value=${form.how} onChange=${set("how")} />
          ${["times", "every", "probability"].includes(form.how) && html`
            <label class="field">${form.how === "probability" ? "Percent" : "N"}
              <input type="number" min="1" max=${form.how === "probability" ? 100 : undefined} value=${form.number}
                onInput=${(e) => set("number")(e.currentTarget.value)} /></label>`}
          <details class="wide-field"><summary>More</summary><div class="form-grid">
            ${EXTRAS.map(([name, label, kind]) => html`
              <label class="field" key=${name}>${label}
                <input type=${kind} min="0" step="any" value=${form.extras[name] ?? ""}
                  onInput=${(e) => setForm({ ...form, extras: { ...form.extras, [name]: e.currentTarget.value } })} /></label>`)}
          </div></details>
          <div class="wide-field"><button class="button primary" type="submit">Switch on</button></div>
        </div>
      </form>
      <section class="panel">
        <header><h2 class="grow">Active</h2>
          ${faults.length > 0 && html`<button type="button" class="button small danger" onClick=${() => removeFault()}>Switch all off</button>`}
        </header>
        ${faults.length ? html`<${Active} faults=${faults} />` : html`<p class="body muted">No fault is active: the mock behaves according to the contracts.</p>`}
      </section>
    </div>`;
}

const Active = ({ faults }) => html`
  <div class="scroll-x" tabindex="0" role="region" aria-label="Active faults in full">
    <table>
      <thead><tr><th>Fault</th><th>Where</th><th>How often</th><th class="number">Matched</th><th class="number">Applied</th><th><span class="hidden-text">Off</span></th></tr></thead>
      <tbody>${faults.map((it) => html`
        <tr key=${it.id}>
          <td><b>${it.fault}</b> ${isSpent(it) && html`<span class="badge">spent</span>`}</td>
          <td>${[it.vendor, it.operation, it.model, it.stage, it.key && "one key"].filter(Boolean).join(" · ") || "everywhere"}</td>
          <td>${often(it)}</td>
          <td class="number">${it.fitted}</td>
          <td class="number">${it.fired}</td>
          <td class="number"><button type="button" class="button small" onClick=${() => removeFault(it.id)}>Switch off</button></td>
        </tr>`)}</tbody>
    </table>
  </div>`;

function often({ times, every, probability }) {
  if (times) return times === 1 ? "once" : `${times} times`;
  if (every) return `every ${ordinal(every)} request`;
  return probability === undefined ? "always" : `${Math.round(probability * 100)} %`;
}

/** 2 as `2nd`, 11 as `11th`. */
function ordinal(number) {
  const ending = { 1: "st", 2: "nd", 3: "rd" }[number % 10];
  return `${number}${(number % 100 > 10 && number % 100 < 14) || !ending ? "th" : ending}`;
}
