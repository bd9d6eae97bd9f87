// The vendors side by side: one column for each form of request that makes images.

import { duration } from "../format.js";
import { html, useState } from "../html.js";
import { useLive } from "../live.js";
import { fieldOf } from "./limits.js";

const cells = (contracts) =>
  contracts.flatMap((contract) =>
    contract.operations.flatMap((operation) => operation.models.map((branch) => ({ contract, operation, branch }))),
  );

const named = (branch, names) => branch.fields.find((field) => names.includes(field.name));

/** Every size in a table of pixels, and those of the largest area. */
function sizes(pixels) {
  if (typeof pixels === "string") return [pixels];
  const found = [];
  const walk = (row) => {
    if (typeof row === "string") found.push(row);
    else if (row && typeof row === "object") Object.values(row).forEach(walk);
  };
  walk(pixels?.table);
  return [...new Set(found)];
}
const area = (size) => size.split("x").reduce((product, side) => product * Number(side), 1);

function pixelsOf({ branch }) {
  const found = sizes(branch.images.pixels).sort((one, other) => area(one) - area(other));
  if (!found.length) return "not promised";
  return html`${found[0]}${found.length > 1 ? html` to ${found.at(-1)}` : ""} <span class="muted small">${found.length > 1 ? `${found.length} sizes` : ""}</span>`;
}

const chips = (values) => html`<div class="chips">${values.map((it) => html`<code key=${String(it)}>${String(it)}</code>`)}</div>`;
const enumOf = (branch, names) => {
  const field = named(branch, names);
  return field?.enum ? chips(field.enum) : field ? "free text" : "–";
};

function mostImages({ branch }) {
  const field = named(branch, ["n"]);
  if (field) return field.maximum === undefined ? "no limit stated" : range(field.minimum ?? 1, field.maximum);
  return "1";
}

const range = (least, most) => (least === most ? String(least) : `${least} to ${most}`);

function references({ branch }) {
  const field = named(branch, ["image_urls", "image", "images"]);
  return field ? (field.maxItems === undefined ? "yes, no limit stated" : `up to ${field.maxItems}`) : "none";
}

function formatOf({ branch }) {
  const format = branch.images.format;
  if (!format) return "not stated";
  if (!String(format).startsWith("$")) return format;
  return enumOf(branch, [fieldOf(format)]);
}

function priceOf({ branch, operation }) {
  const price = branch.images.price;
  if (price === undefined) return "not public";
  const currency = operation.billing?.currency ?? "";
  return typeof price === "object" ? `by ${price.by.map(fieldOf).join(" and ")}` : `${price} ${currency} per image`;
}

const ROWS = [
  ["Models", ({ branch }) => (branch.models ? chips(branch.models) : branch.name)],
  ["Responds", ({ operation }) => (operation.does === "start" ? "with a task to poll" : "with the images")],
  ["Sizes", ({ branch }) => enumOf(branch, ["size"])],
  ["Pixels", pixelsOf],
  ["Images per request", mostImages],
  ["References", references],
  ["Format", formatOf],
  ["Price", priceOf],
  ["Charged", ({ operation }) => (operation.billing ? `${operation.billing.charge.replace("-", " ")}${operation.billing.refund ? `; refund ${operation.billing.refund.replace("-", " ")}` : ""}` : "not stated")],
  ["Result URLs last", ({ branch }) => (branch.images.lifetime ? duration(branch.images.lifetime) : "not stated")],
  ["Endpoint", ({ operation }) => html`<code class="wrap-anywhere">${operation.method} ${operation.path}</code>`],
];

export function Vendors() {
  const { contracts } = useLive();
  const [hidden, setHidden] = useState([]);
  const columns = cells(contracts.filter((it) => !hidden.includes(it.name)));
  const turn = (name) => setHidden(hidden.includes(name) ? hidden.filter((it) => it !== name) : [...hidden, name]);
  return html`
    <div class="view wide">
      <div class="view-title">
        <div class="grow"><h1>Vendors side by side</h1><p>What each contract accepts, promises and costs.</p></div>
        <div class="segments" role="group" aria-label="Shown vendors">
          ${contracts.map((it) => html`<button type="button" key=${it.name} aria-pressed=${String(!hidden.includes(it.name))} onClick=${() => turn(it.name)}>${it.name}</button>`)}
        </div>
      </div>
      <div class="panel scroll-x" tabindex="0" role="region" aria-label="Comparison">
        <table class="compare">
          <thead><tr><th><span class="hidden-text">Property</span></th>
            ${columns.map(({ contract, branch }) => html`<th key=${contract.name + branch.name}><a href=${`#/contract/${encodeURIComponent(contract.name)}`}>${contract.name}</a><div class="muted small">${contract.version}</div></th>`)}</tr></thead>
          <tbody>${ROWS.map(([name, of]) => html`
            <tr key=${name}><th scope="row">${name}</th>${columns.map((column) => html`<td key=${column.contract.name + column.branch.name}>${of(column)}</td>`)}</tr>`)}</tbody>
        </table>
      </div>
    </div>`;
}
