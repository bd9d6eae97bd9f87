// A contract: operations, fields with limits and sources, response examples, the lifecycle, what it rests on; and try it.

import { plural } from "../format.js";
import { html, useState } from "../html.js";
import { useData, useLive } from "../live.js";
import { Choice, Json, Prose, Segments } from "../parts.js";
import { Graph } from "./graph.js";
import { limitsOf } from "./limits.js";
import { TryIt } from "./try.js";

const SOURCE_KINDS = { seed: "", documented: "info", observed: "good", upstream: "warn", inferred: "bad" };

export function Contracts({ address }) {
  const { contracts } = useLive();
  const name = contracts.some((it) => it.name === address[0]) ? address[0] : contracts[0]?.name;
  if (!name) return null;
  return html`
    <div class="view wide">
      <div class="view-title">
        <h1 class="grow">Contract</h1>
        <div class="segments" role="group" aria-label="Vendor">
          ${contracts.map((it) => html`
            <button type="button" key=${it.name} aria-pressed=${String(it.name === name)}
              onClick=${() => location.replace(`#/contract/${encodeURIComponent(it.name)}`)}>${it.name}</button>`)}
        </div>
      </div>
      <${Contract} key=${name} name=${name} operation=${address[0] === name ? address[1] : undefined} />
    </div>`;
}

function Contract({ name, operation }) {
  const contract = useData(`contracts/${encodeURIComponent(name)}`);
  if (!contract) return null;
  const opened = contract.operations.find((it) => it.id === operation) ?? contract.operations[0];
  return html`
    <section class="panel"><div class="body stack">
      <div class="row"><h2>${contract.title}</h2><span class="badge">${contract.version}</span>
        <span class="muted small mono grow">${contract.servers.join(", ")}</span>
        <a href=${`/${encodeURIComponent(name)}/docs`}>API reference</a>
        <a href=${`/${encodeURIComponent(name)}/openapi.json`}>openapi.json</a></div>
      ${contract.description && html`<${Prose} text=${contract.description} />`}
      <${Evidence} evidence=${contract.evidence} />
    </div></section>
    <div class="contract-split">
      <nav class="operations panel" aria-label="Operations">
        ${contract.operations.map((it) => html`
          <a key=${it.id} href=${`#/contract/${encodeURIComponent(name)}/${it.id}`} aria-current=${it === opened ? "true" : undefined}>
            <span class="mono verb">${it.method}</span><span class="grow cut">${it.id}</span>
          </a>`)}
      </nav>
      <${Operation} key=${opened.id} contract=${contract} operation=${opened} />
    </div>
    ${contract.lifecycles.map((it) => html`
      <section class="panel" key=${it.name}><header><h2>Task lifecycle</h2><span class="muted">${it.name}</span></header>
        <div class="body"><${Graph} lifecycle=${it} /></div></section>`)}
    <${Notes} notes=${contract.evidence.notes} />`;
}

function Evidence({ evidence }) {
  const total = Object.values(evidence.counts).reduce((sum, it) => sum + it, 0) || 1;
  return html`
    <div class="evidence">
      <div class="evidence-bar" role="img" aria-label=${Object.entries(evidence.counts).map(([source, count]) => `${source}: ${count}`).join(", ")}>
        ${Object.entries(evidence.counts).map(([source, count]) => html`<span key=${source} class=${source} style=${{ flexGrow: count / total }}></span>`)}
      </div>
      <ul class="legend">${Object.entries(evidence.counts).map(([source, count]) => html`
        <li key=${source}><i class=${source}></i><b>${count}</b> ${source} <span class="muted small">${evidence.sources[source]}</span></li>`)}</ul>
    </div>`;
}

function Operation({ contract, operation }) {
  const [part, setPart] = useState("try");
  const parts = [["try", "Try it"], ["request", "Request"], ["responses", "Responses"]];
  return html`
    <section class="panel operation">
      <header>
        <div class="grow">
          <h2>${operation.summary || operation.id}</h2>
          <p class="mono muted wrap-anywhere">${operation.method} ${operation.path}</p>
        </div>
        <${Segments} label="Part" options=${parts} value=${part} onChange=${setPart} />
      </header>
      <div class="body stack">
        ${operation.description && html`<${Prose} text=${operation.description} />`}
        ${operation.billing && html`<p class="small muted">Charged ${operation.billing.charge.replace("-", " ")}${operation.billing.refund ? `, refunded ${operation.billing.refund.replace("-", " ")}` : ""}${operation.billing.currency ? `, in ${operation.billing.currency}` : ""}.</p>`}
        ${part === "try" && html`<${TryIt} contract=${contract} operation=${operation} />`}
        ${part === "request" && html`<${RequestPart} operation=${operation} />`}
        ${part === "responses" && html`<${Responses} operation=${operation} />`}
      </div>
    </section>`;
}

const branchName = (branch) => (branch.models ? branch.models.join(", ") : branch.name);

function RequestPart({ operation }) {
  const branches = operation.bodies.flatMap((body) => body.branches.map((branch) => ({ body, branch })));
  if (!branches.length && !operation.parameters.length) return html`<p class="muted">It has no parameters and no body.</p>`;
  return html`
    ${operation.parameters.length > 0 && html`<h3>Parameters</h3><${Fields} fields=${operation.parameters.map((it) => ({ ...it, fields: [] }))} />`}
    ${branches.map(({ body, branch }, index) => html`
      <section class="stack" key=${index}>
        <h3>${branchName(branch)} <span class="muted">${body.type}</span></h3>
        <${Fields} fields=${branch.fields} />
        ${branch.totals.map((total, place) => html`<p key=${place} class="small">Together, <b>${total.of.join(" + ").replaceAll("/", ".")}</b> is at most ${total.maximum}.</p>`)}
      </section>`)}`;
}

const flat = (fields, prefix = "") =>
  fields.flatMap((field) => [{ ...field, path: prefix + field.name }, ...flat(field.fields ?? [], `${prefix}${field.name}.`)]);

const Fields = ({ fields }) => html`
  <div class="scroll-x" tabindex="0" role="region" aria-label="Fields">
    <table class="fields">
      <thead><tr><th>Field</th><th>Limits</th><th>Default</th><th>Rests on</th></tr></thead>
      <tbody>${flat(fields).map((field) => html`
        <tr key=${field.path}>
          <td class="mono nowrap">${field.path}${field.required ? html` <span class="badge accent">required</span>` : ""}</td>
          <td>
            ${field.enum ? html`<div class="chips">${field.enum.map((it) => html`<code key=${String(it)}>${String(it)}</code>`)}</div>` : ""}
            <span>${limitsOf(field).join("; ")}</span>
            ${field.description ? html`<div class="muted small">${field.description}</div>` : ""}
          </td>
          <td class="mono">${field.default === undefined ? "" : JSON.stringify(field.default)}</td>
          <td>${field.source ? html`<span class="badge ${SOURCE_KINDS[field.source] ?? ""}" title=${field.note}>${field.source}</span><div class="muted small">line ${field.line}</div>` : ""}</td>
        </tr>`)}</tbody>
    </table>
  </div>`;

function Responses({ operation }) {
  const examples = operation.responses.flatMap((response) =>
    response.media.flatMap((media) => media.examples.map((example) => ({ response, media, example }))),
  );
  const [chosen, setChosen] = useState("0");
  const shown = examples[Number(chosen)];
  return html`
    <ul class="legend">${operation.responses.map((it) => html`<li key=${it.status}><span class="badge ${it.status.startsWith("2") ? "good" : "warn"}">${it.status}</span> ${it.description}</li>`)}</ul>
    ${shown && html`
      <${Choice} label="Example" any=${null} value=${chosen} onChange=${setChosen}
        options=${examples.map(({ response, example }, index) => [String(index), `${response.status} · ${example.name}${example.subject ? ` (${example.subject})` : ""}`])} />
      <${Json} label="Example of a response" value=${shown.example.value} />`}`;
}

function Notes({ notes }) {
  if (!notes.length) return null;
  return html`
    <section class="panel">
      <header><h2>Where documents contradict each other or say nothing</h2><span class="muted">${plural(notes.length, "remark")}</span></header>
      <ul class="notes">${notes.map((it) => html`
        <li key=${it.pointer}><span class="badge ${SOURCE_KINDS[it.source] ?? ""}">${it.source}</span>
          <div class="grow"><p>${it.note}</p><p class="muted small mono wrap-anywhere">line ${it.line} · ${it.pointer}</p></div></li>`)}</ul>
    </section>`;
}
