// A form made of the schema, which sends a real request to the mock and shows what comes of it.

import { clockTime, duration, plural, pretty } from "../format.js";
import { html, useState } from "../html.js";
import { live, mockNow, report, useData } from "../live.js";
import { Choice, Code, Picture, State, Status, Timeline } from "../parts.js";

const KEY = "sk-console";
const MULTIPART = "multipart/form-data";

export function TryIt({ contract, operation }) {
  const [values, setValues] = useState({ key: KEY, branch: 0, body: firstBody(operation), path: {}, query: {}, text: null });
  const [sent, setSent] = useState(null);
  const body = operation.bodies[0];
  const branch = body?.branches[values.branch] ?? body?.branches[0];
  const change = (more) => setValues({ ...values, ...more });
  const submit = async (event) => {
    event.preventDefault();
    setSent({ busy: true });
    try {
      setSent(await send(contract, operation, body, values, event.currentTarget ?? event.target));
    } catch (error) {
      setSent(null);
      report(error);
    }
  };
  return html`
    <form class="stack try" onSubmit=${submit}>
      <div class="form-grid">
        ${operation.credentials.length > 0 && html`
          <label class="field">API key<input type="text" value=${values.key} onInput=${(e) => change({ key: e.currentTarget.value })} /></label>`}
        ${body?.examples.length > 0 && html`
          <${Choice} label="Fill in an example" any="Choose…" value="" options=${body.examples.map((it) => it.name)}
            onChange=${(name) => name && change(filledIn(body, name))} />`}
        ${body?.branches.length > 1 && html`
          <${Choice} label="Form" any=${null} value=${String(values.branch)} onChange=${(place) => change({ branch: Number(place), body: withModel(body.branches[place]), text: null })}
            options=${body.branches.map((it, index) => [String(index), it.models ? it.models.join(", ") : it.name])} />`}
        ${operation.parameters.map((it) => html`
          <label class="field" key=${it.name}><span>${it.name}${it.required ? " *" : ""} <span class="hint">in the ${it.place}</span></span>
            <input type="text" required=${it.required} value=${values[it.place]?.[it.name] ?? ""} placeholder=${it.place === "path" ? newestTask(contract.name) : ""}
              onInput=${(e) => change({ [it.place]: { ...values[it.place], [it.name]: e.currentTarget.value } })} /></label>`)}
      </div>
      ${branch && values.text === null && html`
        <div class="form-grid"><${Inputs} fields=${branch.fields} value=${values.body} onChange=${(next) => change({ body: next })} /></div>`}
      ${branch && values.text !== null && html`
        <label class="field">Body<textarea class="mono" rows="12" value=${values.text} onInput=${(e) => change({ text: e.currentTarget.value })}></textarea></label>`}
      <div class="row">
        <button class="button primary" type="submit" disabled=${sent?.busy}>${sent?.busy ? "Waiting for the response…" : "Send"}</button>
        ${branch && body.type !== MULTIPART && html`
          <button class="button quiet" type="button" onClick=${() => toggle(values, change)}>${values.text === null ? "Edit as JSON" : "Edit as a form"}</button>`}
      </div>
    </form>
    ${sent && !sent.busy && html`<${Outcome} contract=${contract} sent=${sent} apiKey=${values.key} />`}`;
}

function toggle(values, change) {
  if (values.text === null) return change({ text: JSON.stringify(values.body, null, 2) });
  try {
    return change({ body: JSON.parse(values.text), text: null });
  } catch (error) {
    return report(error);
  }
}

const firstBody = (operation) => {
  const body = operation.bodies[0];
  return structuredClone(body?.examples[0]?.value ?? (body ? withModel(body.branches[0]) : {}));
};
const withModel = (branch) => (branch.models ? { model: branch.models[0] } : {});

function filledIn(body, name) {
  const value = structuredClone(body.examples.find((it) => it.name === name).value);
  const place = body.branches.findIndex((it) => it.models?.includes(value.model));
  return { body: value, branch: Math.max(place, 0), text: null };
}

const newestTask = (vendor) => [...live.rows.values()].reverse().find((row) => row.note.vendor === vendor && row.note.task)?.note.task ?? "";

function Inputs({ fields, value, onChange }) {
  const set = (name, next) => {
    const { [name]: _, ...rest } = value ?? {};
    onChange(next === undefined ? rest : { ...rest, [name]: next });
  };
  return fields.map((field) =>
    field.fields.length
      ? html`<fieldset key=${field.name} class="wide-field"><legend>${field.name}</legend><div class="form-grid">
          <${Inputs} fields=${field.fields} value=${value?.[field.name]} onChange=${(next) => set(field.name, Object.keys(next).length ? next : undefined)} />
        </div></fieldset>`
      : html`<${Input} key=${field.name} field=${field} value=${value?.[field.name]} onChange=${(next) => set(field.name, next)} />`,
  );
}

function Input({ field, value, onChange }) {
  const label = html`<span>${field.name}${field.required ? " *" : ""}</span>`;
  const absent = field.default === undefined ? "Not sent" : `Not sent (${JSON.stringify(field.default)})`;
  const types = [field.type].flat();
  const options = field.enum ?? (types[0] === "boolean" ? [true, false] : null);
  if (field.format === "binary") {
    return html`<label class="field">${label}<input type="file" name=${field.name} required=${field.required} /></label>`;
  }
  if (options) {
    return html`<label class="field">${label}
      <select value=${value === undefined ? "" : JSON.stringify(value)} onChange=${(e) => onChange(e.currentTarget.value ? JSON.parse(e.currentTarget.value) : undefined)}>
        <option value="">${absent}</option>
        ${options.map((it) => html`<option key=${String(it)} value=${JSON.stringify(it)} selected=${it === value}>${String(it)}</option>`)}
      </select></label>`;
  }
  if (types[0] === "integer" || types[0] === "number") {
    return html`<label class="field">${label}<input type="number" step="any" placeholder=${absent} value=${value ?? ""}
      onInput=${(e) => onChange(e.currentTarget.value === "" ? undefined : Number(e.currentTarget.value))} /></label>`;
  }
  if (field.name === "prompt") {
    return html`<label class="field wide-field">${label}<textarea value=${value ?? ""} onInput=${(e) => onChange(e.currentTarget.value || undefined)}></textarea></label>`;
  }
  if (types.includes("array") || types[0] === "object" || (value !== null && typeof value === "object")) {
    return html`<${AsJson} label=${label} absent=${types.includes("array") ? `${absent}; one a line` : absent} value=${value} onChange=${onChange} list=${types.includes("array")} />`;
  }
  return html`<label class="field">${label}<input type="text" placeholder=${absent} value=${value ?? ""} onInput=${(e) => onChange(e.currentTarget.value || undefined)} /></label>`;
}

function AsJson({ label, absent, value, onChange, list }) {
  const lines = (it) => (it === undefined ? "" : list && Array.isArray(it) ? it.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n") : JSON.stringify(it));
  const read = (text) => (text.trim() === "" ? undefined : list ? text.split("\n").filter(Boolean) : parsed(text));
  return html`<label class="field">${label}<textarea rows="2" placeholder=${absent} value=${lines(value)} onInput=${(e) => onChange(read(e.currentTarget.value))}></textarea></label>`;
}
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Send it as a client would: the vendor's path below its prefix, the key where the contract wants it. */
async function send(contract, operation, body, values, form) {
  const headers = {};
  const query = new URLSearchParams(Object.entries(values.query).filter(([, value]) => value));
  const [credential] = operation.credentials;
  if (credential && values.key) {
    if (credential.place === "query") query.set(credential.name, values.key);
    else headers[credential.name] = credential.prefix + values.key;
  }
  let content;
  if (body?.type === MULTIPART) content = new FormData(form);
  else if (body) {
    headers["Content-Type"] = body.type;
    content = values.text ?? JSON.stringify(values.body);
  }
  const path = operation.path.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(values.path[name] ?? ""));
  const url = `../${encodeURIComponent(contract.name)}${path}${query.size ? `?${query}` : ""}`;
  const [began, since] = [performance.now(), mockNow()];
  const response = await fetch(url, { method: operation.method, headers, body: content, redirect: "manual" });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), text, took: (performance.now() - began) / 1000, since, operation };
}

function Outcome({ contract, sent, apiKey }) {
  const gallery = useData("gallery", { every: 1000 });
  const starts = sent.operation.does === "start" || sent.operation.does === "run";
  const task = starts && sent.status < 300 && gallery?.tasks.find((it) => it.vendor === contract.name && it.operation === sent.operation.id && it.created_at >= sent.since - 2);
  const show = contract.operations.find((it) => it.does === "show" && it.parameters.filter((one) => one.place === "path").length === 1);
  return html`
    <section class="stack outcome" aria-label="Response" role="region">
      <div class="row"><h3>Response</h3><${Status} status=${sent.status} /><span class="muted small">${duration(sent.took)} · ${sent.type}</span></div>
      ${task && html`
        <div class="stack panel body">
          <div class="row"><a class="mono" href=${`#/tasks/${task.token}`}>${task.id}</a><${State} task=${task} />
            <span class="muted small">submitted ${clockTime(task.created_at)}</span></div>
          <${Timeline} task=${task} now=${gallery.now} />
          ${task.pictures.length > 0 && html`<div class="pictures">${task.pictures.map((index) => html`<${Picture} key=${index} task=${task} index=${index} />`)}</div>
            <p class="muted small">${plural(task.pictures.length, "image")}, ${task.size} ${task.format}</p>`}
          ${show && sent.operation.does === "start" && html`<${Poll} contract=${contract} show=${show} task=${task} apiKey=${apiKey} />`}
        </div>`}
      <${Code} label="Response body" wrap text=${pretty(sent.text) || "No body."} />
    </section>`;
}

function Poll({ contract, show, task, apiKey }) {
  const [polled, setPolled] = useState(null);
  const [name] = show.parameters.filter((it) => it.place === "path").map((it) => it.name);
  const poll = () => send(contract, show, null, { key: apiKey, path: { [name]: task.id }, query: {}, text: null }).then(setPolled, report);
  return html`
    <div class="row"><button type="button" class="button small" onClick=${poll}>Poll it</button>
      ${polled && html`<${Status} status=${polled.status} />`}<span class="muted small">${show.method} ${show.path}</span></div>
    ${polled && html`<${Code} label="Response to the poll" wrap text=${pretty(polled.text)} />`}`;
}
