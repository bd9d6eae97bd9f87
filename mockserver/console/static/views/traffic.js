// Every exchange as it happens: a windowed list, filters, and one exchange opened beside it.

import { clockTime, duration, gist, plural } from "../format.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../html.js";
import { forget, useLive } from "../live.js";
import { Choice, Code, Empty, Segments, Status } from "../parts.js";
import { Opened } from "./exchange.js";

const CLASSES = [
  ["", "All"],
  ["2", "2xx"],
  ["4", "4xx"],
  ["5", "5xx"],
  ["0", "Lost"],
];
const MARGIN = 8; // rows beyond what is seen, so that scrolling shows no gap

const accountOf = (row) => row.note.account ?? "";
const vendorOf = (row) => row.note.vendor ?? "";

function fits(row, { vendor, operation, kind, account, words }) {
  if (vendor && vendorOf(row) !== vendor) return false;
  if (operation && row.note.operation !== operation) return false;
  if (account && accountOf(row) !== account) return false;
  if (kind && String(Math.floor(row.status / 100)) !== kind) return false;
  if (!words) return true;
  const text = `${row.method} ${row.path} ${row.status} ${Object.values(row.note).join(" ")} ${row.text}`.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

const unique = (rows, of) => [...new Set(rows.map(of))].filter(Boolean).sort();

function Filters({ rows, filter, setFilter }) {
  const set = (name) => (value) => setFilter({ ...filter, [name]: value });
  const vendors = useMemo(() => unique(rows, vendorOf), [rows]);
  const operations = useMemo(() => unique(rows, (row) => row.note.operation), [rows]);
  const accounts = useMemo(() => unique(rows, accountOf), [rows]);
  return html`
    <div class="filters" role="search">
      <input type="search" aria-label="Search" placeholder="Search prompts, paths, tasks, faults…" value=${filter.words}
        onInput=${(event) => set("words")(event.currentTarget.value)} />
      <${Choice} hidden label="Vendor" any="All vendors" options=${vendors} value=${filter.vendor} onChange=${set("vendor")} />
      <${Choice} hidden label="Operation" any="All operations" options=${operations} value=${filter.operation}
        onChange=${set("operation")} />
      <${Choice} hidden label="Key" any="All keys" options=${accounts.map((it) => [it, `key ${it.slice(0, 6)}`])}
        value=${filter.account} onChange=${set("account")} />
      <${Segments} label="Status" options=${CLASSES} value=${filter.kind} onChange=${set("kind")} />
      <button type="button" class="button quiet" onClick=${() => forget("journal")}>Clear</button>
    </div>`;
}

function Row({ row, selected, onOpen }) {
  const { model, prompt } = gist(row.text);
  const note = row.note;
  return html`
    <div class="line ${selected ? "selected" : ""}" role="option" id=${`row-${row.number}`} aria-selected=${String(selected)}
      onClick=${onOpen}>
      <span class="time mono">${clockTime(row.started, true)}</span>
      <span class="method mono">${note.callback ? "HOOK" : row.method}</span>
      <span class="status"><${Status} status=${row.status} pending=${note.pending} /></span>
      <span class="what cut">
        <b>${note.operation ?? row.path}</b>
        <span class="muted"> ${prompt || (note.operation?.startsWith("(") || !note.vendor ? row.path : "")}</span>
      </span>
      <span class="vendor cut muted">${[vendorOf(row), model].filter(Boolean).join(" · ")}</span>
      <span class="flags">
        ${note.fault && html`<span class="badge warn">${note.fault}</span>`}
        ${note.replayed && html`<span class="badge info">replayed</span>`}
        ${note.unread && html`<span class="badge warn">unread</span>`}
      </span>
      <span class="took mono muted">${duration(row.duration)}</span>
    </div>`;
}

/** Only the rows in sight are in the page, however many there are. */
function List({ rows, selected, open }) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 600, row: 38 });
  const measure = () => {
    const { scrollTop, clientHeight, clientWidth } = box.current;
    setView({ top: scrollTop, height: clientHeight, row: clientWidth <= 640 ? 58 : 38 });
  };
  useLayoutEffect(() => {
    measure();
    const watching = new ResizeObserver(measure);
    watching.observe(box.current);
    return () => watching.disconnect();
  }, []);
  const place = rows.findIndex((row) => row.number === selected);
  const show = (index) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) open(row.number);
  };
  // What is opened stays in sight, also when rows grow because the list makes room for it.
  useLayoutEffect(() => {
    if (place < 0) return;
    const top = place * view.row;
    if (top < box.current.scrollTop) box.current.scrollTop = top;
    if (top + view.row > box.current.scrollTop + view.height) box.current.scrollTop = top + view.row - view.height;
  }, [selected, view.row, view.height]);
  const onKeyDown = (event) => {
    const page = Math.floor(view.height / view.row);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    if (event.key in moves) show(place < 0 ? 0 : place + moves[event.key]);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(rows.length - 1);
    else if (event.key === "Enter" && selected) document.querySelector(".drawer")?.focus();
    else return;
    event.preventDefault();
  };
  const first = Math.max(0, Math.floor(view.top / view.row) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / view.row) + MARGIN);
  return html`
    <div class="list" role="listbox" aria-label="Exchanges, newest first" tabindex="0" ref=${box} onScroll=${measure}
      onKeyDown=${onKeyDown} aria-activedescendant=${place >= first && place < last ? `row-${selected}` : undefined}>
      <div role="presentation" style=${{ height: `${rows.length * view.row}px`, position: "relative" }}>
        <div role="presentation" style=${{ transform: `translateY(${first * view.row}px)` }}>
          ${rows.slice(first, last).map(
            (row) => html`
              <${Row} key=${row.number} row=${row} selected=${row.number === selected} onOpen=${() => open(row.number)} />`,
          )}
        </div>
      </div>
    </div>`;
}

const NONE = { vendor: "", operation: "", kind: "", account: "", words: "" };

export function Traffic({ address }) {
  const { rows, changes, contracts } = useLive();
  const [filter, setFilter] = useState(NONE);
  const all = useMemo(() => [...rows.values()].reverse(), [changes]);
  const found = useMemo(() => all.filter((row) => fits(row, filter)), [all, filter]);
  const selected = Number(address[0]) || null;
  const open = (number) => location.replace(`#/traffic/${number}`);
  const close = () => location.replace("#/traffic");
  useEffect(() => {
    const onKeyDown = (event) => event.key === "Escape" && selected && close();
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [selected]);
  return html`
    <h1 class="hidden-text">Traffic</h1>
    <${Filters} rows=${all} filter=${filter} setFilter=${setFilter} />
    <div class="split">
      ${found.length || rows.size
        ? html`<${List} rows=${found} selected=${selected} open=${open} />`
        : html`<${First} contracts=${contracts} />`}
      ${selected && html`<${Opened} key=${selected} number=${selected} row=${rows.get(selected)} onClose=${close} />`}
    </div>
    <p class="sum muted small" role="status">
      ${found.length === all.length ? plural(all.length, "exchange") : `${found.length} of ${plural(all.length, "exchange")}`}
    </p>`;
}

function First({ contracts }) {
  const name = contracts[0]?.name ?? "toapis";
  const base = location.href.replace(/\/_pixpact\/.*$/, "");
  return html`
    <${Empty} title="Nothing was sent yet">
      <p>Change the base URL of your client to this mock. Requests appear here as they happen.</p>
      <${Code} label="Base URL" text=${`${base}/${name}`} wrap />
      <p>Or send one from here: <a href=${`#/contract/${name}`}>try an operation of ${name}</a>.</p>
    <//>`;
}
