// One exchange: request and response, images, what the contract says of it, and how to send it again.

import { get } from "../api.js";
import { clockTime, duration, pretty } from "../format.js";
import { html, useEffect, useState } from "../html.js";
import { report, useData } from "../live.js";
import { Code, Copy, Drawer, Picture, State, Status, Timeline } from "../parts.js";
import { curl, javascript, python } from "../snippets.js";

export function Opened({ number, row, onClose }) {
  const [exchange, setExchange] = useState(null);
  useEffect(() => {
    get(`exchanges/${number}`).then(setExchange, report);
  }, [number, row?.note.pending]);
  const title = html`
    <div class="row">
      ${exchange && html`<${Status} status=${exchange.status} pending=${exchange.note.pending} />`}
      <h2 class="cut">${exchange ? (exchange.note.operation ?? exchange.path) : "…"}</h2>
    </div>`;
  return html`
    <${Drawer} title=${title} label=${`Exchange ${number}`} takesFocus=${false} onClose=${onClose}>
      ${exchange && html`<${Details} exchange=${exchange} number=${number} />`}
    <//>`;
}

function Details({ exchange, number }) {
  const { note, request, response } = exchange;
  return html`
    <p class="mono wrap-anywhere"><b>${exchange.method}</b> ${exchange.url}</p>
    <${Facts} exchange=${exchange} />
    <${Judgement} judgement=${exchange.judgement} note=${note} />
    ${note.task && html`<${OfTask} id=${note.task} />`}
    <${Message} title="Request" message=${request} cut=${/request/.test(note.truncated ?? "")} />
    <${Message} title="Response" message=${response} cut=${/response/.test(note.truncated ?? "")} bytes=${note.bytes} />
    <${Again} exchange=${exchange} number=${number} />`;
}

function Facts({ exchange }) {
  const { note } = exchange;
  const facts = [
    ["When", `${clockTime(exchange.started, true)} UTC`],
    ["Took", duration(exchange.duration)],
    ["Vendor", note.vendor],
    ["Key", note.account && `${note.account.slice(0, 6)}…`],
    ["Webhook", note.callback && `${note.callback}, attempt ${note.attempt}`],
    ["Asked for", note.preference],
    ["Played", note.recorded],
  ];
  return html`
    <dl class="facts">
      ${facts.filter(([, value]) => value).map(
        ([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`,
      )}
    </dl>`;
}

function Judgement({ judgement, note }) {
  const { violations = [], unread = [] } = judgement;
  return html`
    ${note.fault && html`<p class="notice warn">Fault applied: <b>${note.fault}</b>.</p>`}
    ${note.problem && html`<p class="notice">${note.problem}</p>`}
    ${note.replayed && html`<p class="notice info">This idempotency key was used before, so the first response was sent again.</p>`}
    ${(note.unread || unread.length > 0) && html`
      <p class="notice warn">Not read by the vendor: <b>${note.unread ?? unread.join(", ")}</b>. The contract does not name it.</p>`}
    ${violations.length > 0 && html`
      <section>
        <h3>Rules that the request breaks</h3>
        <ul class="stack">
          ${violations.map(
            (it, index) => html`
              <li key=${index} class="violation">
                <b>${it.message}</b>
                <span class="muted small">${it.file}, line ${it.line} · ${it.source}${it.note ? `: ${it.note}` : ""}</span>
              </li>`,
          )}
        </ul>
      </section>`}`;
}

function OfTask({ id }) {
  const gallery = useData("gallery");
  const task = gallery?.tasks.find((it) => it.id === id);
  if (!task) return null;
  return html`
    <section>
      <h3 class="row">Task <a class="mono" href=${`#/tasks/${task.token}`}>${task.id}</a> <${State} task=${task} /></h3>
      <${Timeline} task=${task} now=${gallery.now} />
      ${task.pictures.length > 0 && html`
        <div class="pictures">${task.pictures.map((index) => html`<${Picture} key=${index} task=${task} index=${index} />`)}</div>`}
    </section>`;
}

function Message({ title, message, cut, bytes }) {
  return html`
    <section>
      <h3 class="row">${title} <span class="muted">${message.type}</span>${cut && html`<span class="badge warn">cut</span>`}</h3>
      <details>
        <summary class="small">${message.headers.length} headers</summary>
        <${Code} label=${`${title} headers`} wrap text=${message.headers.map(([name, value]) => `${name}: ${value}`).join("\n")} />
      </details>
      ${message.body
        ? html`<${Code} label=${`${title} body`} wrap text=${pretty(message.body)} />`
        : html`<p class="muted small">${bytes && bytes !== "0" ? `${bytes} bytes, not kept` : "No body."}</p>`}
    </section>`;
}

function Again({ exchange, number }) {
  const [kind, setKind] = useState("curl");
  const texts = { curl, python, javascript };
  const har = async () => JSON.stringify(await get(`exchanges/${number}.har`), null, 1);
  if (exchange.note.callback) return null;
  const text = texts[kind](exchange);
  return html`
    <section>
      <h3>Send it again</h3>
      <div class="row">
        <div class="segments" role="group" aria-label="Language">
          ${[["curl", "curl"], ["python", "Python"], ["javascript", "JavaScript"]].map(
            ([key, name]) => html`
              <button type="button" key=${key} aria-pressed=${String(key === kind)} onClick=${() => setKind(key)}>${name}</button>`,
          )}
        </div>
        <span class="grow"></span>
        <${Copy} text=${text} />
        <${Copy} text=${har} label="Copy HAR" />
      </div>
      <${Code} label="To paste" text=${text} />
    </section>`;
}
