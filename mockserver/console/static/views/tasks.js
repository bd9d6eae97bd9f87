// A gallery of tasks: their images, where they stand, and what can be done with each.

import { calendarDate, clockTime, duration, money, plural } from "../format.js";
import { html, useState } from "../html.js";
import { expireTask, live, mockNow, pushTask, useData, useLive } from "../live.js";
import { Choice, Drawer, Empty, Json, Picture, Segments, State, Timeline, modelOf, promptOf, useTick } from "../parts.js";

const KINDS = [
  ["", "All"],
  ["running", "Running"],
  ["success", "Succeeded"],
  ["failure", "Failed"],
];

const isOf = (task, kind) => !kind || (kind === "running" ? task.outcome === null : task.outcome === kind);

export function Tasks({ address }) {
  const gallery = useData("gallery", { every: 1000 });
  const [vendor, setVendor] = useState("");
  const [kind, setKind] = useState("");
  if (!gallery) return null;
  const vendors = [...new Set(gallery.tasks.map((task) => task.vendor))];
  const tasks = gallery.tasks.filter((task) => (!vendor || task.vendor === vendor) && isOf(task, kind));
  const opened = gallery.tasks.find((task) => task.token === address[0]);
  return html`
    <div class="view wide">
      <div class="view-title">
        <div class="grow">
          <h1>Tasks</h1>
          <p>${plural(gallery.tasks.length, "task")}, newest first. Viewing them is not a poll.</p>
        </div>
        <${Choice} hidden label="Vendor" any="All vendors" options=${vendors} value=${vendor} onChange=${setVendor} />
        <${Segments} label="Outcome" options=${KINDS} value=${kind} onChange=${setKind} />
      </div>
      ${tasks.length === 0 && html`
        <${Empty} title=${gallery.tasks.length ? "No matching task" : "No task yet"}>
          <p>${gallery.tasks.length ? "Choose another vendor or outcome." : "Submit a task to see its images here."}</p>
        <//>`}
      <ul class="gallery">
        ${tasks.map((task) => html`<${Card} key=${task.token} task=${task} now=${gallery.now} />`)}
      </ul>
    </div>
    ${opened && html`<${OpenedTask} key=${opened.token} task=${opened} />`}`;
}

function Card({ task, now }) {
  return html`
    <li class="card panel">
      <a href=${`#/tasks/${task.token}`} class="cover n${Math.min(task.pictures.length, 4)}" aria-label=${`Open task ${task.id}`}>
        ${task.pictures.slice(0, 4).map(
          (index) => html`<img key=${index} src=${`tasks/${task.token}/images/${index}`} alt="" loading="lazy" decoding="async" />`,
        )}
        ${task.pictures.length === 0 && html`<${Placeholder} task=${task} />`}
        ${task.pictures.length > 4 && html`<span class="more badge">+${task.pictures.length - 4}</span>`}
      </a>
      <div class="text">
        <div class="row"><${State} task=${task} /><span class="grow"></span><span class="muted small">${clockTime(task.created_at)}</span></div>
        <p class="prompt">${promptOf(task)}</p>
        <p class="muted small cut">${[task.vendor, modelOf(task), task.size].filter(Boolean).join(" · ")}</p>
        <${Timeline} task=${task} now=${now} />
      </div>
    </li>`;
}

const Placeholder = ({ task }) => html`
  <span class="placeholder ${task.outcome === "failure" ? "failed" : ""}">
    ${task.outcome === null ? html`<span class="pulse"></span>` : ""}
    ${task.outcome === "failure" ? "no images" : task.outcome === null ? (task.size ?? "running") : "no images"}
  </span>`;

function OpenedTask({ task }) {
  useTick(500);
  const { rows } = useLive();
  const ledger = useData("ledger");
  const charges = ledger?.charges.filter((charge) => charge.task === task.id) ?? [];
  const exchanges = [...rows.values()].filter((row) => row.note.task === task.id);
  const close = () => location.replace("#/tasks");
  const now = mockNow();
  const title = html`<div class="row"><${State} task=${task} /><h2 class="mono cut">${task.id}</h2></div>`;
  return html`
    <${Drawer} title=${title} label=${`Task ${task.id}`} onClose=${close}>
      <p class="prompt full">${promptOf(task)}</p>
      ${task.pictures.length > 0 && html`
        <div class="pictures large">
          ${task.pictures.map((index) => html`<${Picture} key=${index} task=${task} index=${index} large />`)}
        </div>`}
      <${Steering} task=${task} now=${now} />
      <section>
        <h3>Timeline</h3>
        <${Timeline} task=${task} now=${now} />
        <ol class="events">
          <li><span class="mono">${clockTime(task.created_at)}</span> submitted, ${calendarDate(task.created_at)}</li>
          ${exchanges.slice(0, 40).map((row) => html`
            <li key=${row.number}>
              <span class="mono">${clockTime(row.started)}</span>
              <a href=${`#/traffic/${row.number}`}>${row.note.callback ? `webhook, attempt ${row.note.attempt}` : row.note.operation}</a>
              <span class="muted">${row.status || "no response"}</span>
            </li>`)}
          ${task.ended_at !== null && html`<li><span class="mono">${clockTime(task.ended_at)}</span> <b>${task.status}</b> after ${duration(task.ended_at - task.created_at)}</li>`}
          ${task.expires_at !== null && html`
            <li><span class="mono">${clockTime(task.expires_at)}</span> ${task.expires_at <= now ? "links expired" : "links expire"}, ${calendarDate(task.expires_at)}</li>`}
        </ol>
      </section>
      <section>
        <h3>Charges</h3>
        ${charges.length
          ? html`<ul class="events">${charges.map((charge, index) => html`
              <li key=${index}><span class="mono">${clockTime(charge.time)}</span> ${charge.intent}
                <b>${money(charge.amount, charge.currency)}</b> <span class="muted">${plural(charge.images, "image")}</span></li>`)}</ul>`
          : html`<p class="muted small">Nothing was charged.</p>`}
      </section>
      <section><h3>Request</h3><${Json} label="Request body" value=${task.body} /></section>
    <//>`;
}

function Steering({ task, now }) {
  const [hold, setHold] = useState(false);
  const expired = task.expires_at !== null && task.expires_at <= now;
  if (task.outcome === "failure") return null;
  if (task.outcome === "success") {
    return html`
      <section class="steering">
        <button type="button" class="button" disabled=${expired} onClick=${() => expireTask(task.token)}>
          ${expired ? "Links have expired" : "Let its links expire now"}
        </button>
      </section>`;
  }
  return html`
    <section class="steering">
      <h3>Move it to another state</h3>
      <div class="row">
        ${task.next.map((state) => html`
          <button type="button" key=${state} class="button ${/fail|cancel|error/.test(state) ? "danger" : ""}"
            onClick=${() => pushTask(task.token, state, hold)}>${state}</button>`)}
      </div>
      <label class="row"><input type="checkbox" checked=${hold} onChange=${(event) => setHold(event.currentTarget.checked)} />
        Stay there until it is moved again
      </label>
    </section>`;
}
