// Small parts that several views use.

import { duration, plural, pretty, stateKind, statusKind } from "./format.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { say } from "./live.js";

const PATHS = {
  traffic: "M3 6h13M12 2l4 4-4 4M17 14H4M8 10l-4 4 4 4",
  tasks: "M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z",
  faults: "M11 2 4 11h5l-1 7 7-9h-5z",
  money: "M10 2v16M14 5.5C13 4.5 11.6 4 10 4 7.8 4 6 5 6 7s1.700 2.600 4 3 4 1.200 4 3-1.800 3-4 3c-1.700 0-3.200-.6-4-1.600",
  contract: "M5 2h7l4 4v12H5zM12 2v4h4M8 10h5M8 13.500h5",
  vendors: "M3 4h14M3 10h14M3 16h14M8 2v16",
  close: "M5 5l10 10M15 5 5 15",
  sun: "M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7M10 1v2M10 17v2M1 10h2M17 10h2M3.600 3.600 5 5M15 15l1.400 1.400M3.600 16.400 5 15M15 5l1.400-1.400",
  moon: "M16.500 12.500A7 7 0 0 1 7.500 3.500a7 7 0 1 0 9 9z",
};
export const Icon = ({ name }) => html`
  <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor"
    stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d=${PATHS[name]} /></svg>`;

export const Status = ({ status, pending }) =>
  pending
    ? html`<span class="badge info">running</span>`
    : html`<span class="badge ${statusKind(status)}">${status || "no response"}</span>`;

export const State = ({ task }) => html`
  <span class="badge ${stateKind(task.outcome, task.status)}">
    ${task.status}${task.outcome === null && task.progress !== null ? html` · ${task.progress} %` : ""}
  </span>`;

/** A button that copies a text; `make` may be a function, for what is costly. */
export function Copy({ text, label = "Copy" }) {
  const copy = async () => {
    const value = typeof text === "function" ? await text() : text;
    try {
      await navigator.clipboard.writeText(value);
      say("Copied.");
    } catch {
      say("The browser does not let this page copy; select the text instead.", "bad");
    }
  };
  return html`<button type="button" class="button small" onClick=${copy}>${label}</button>`;
}

export const Code = ({ text, label, wrap = false }) => html`
  <pre class="code ${wrap ? "wrap" : ""}" tabindex="0" role="region" aria-label=${label}>${text}</pre>`;

export const Json = ({ value, label }) =>
  html`<${Code} label=${label} wrap text=${typeof value === "string" ? pretty(value) : JSON.stringify(value, null, 2)} />`;

/** A text of a contract: what stands between backticks is code. */
export const Prose = ({ text }) => html`
  <p class="prose">${text.split("`").map((part, index) => (index % 2 ? html`<code key=${index}>${part}</code>` : part))}</p>`;

/** Whether a fault has struck as often as it may. */
export const isSpent = ({ times, fired }) => times !== undefined && fired >= times;

export const Empty = ({ title, children }) => html`
  <div class="empty"><h2>${title}</h2><div class="muted stack">${children}</div></div>`;

export function Segments({ label, options, value, onChange }) {
  return html`<div class="segments" role="group" aria-label=${label}>
    ${options.map(
      ([key, text]) => html`
        <button type="button" key=${key} aria-pressed=${String(key === value)} onClick=${() => onChange(key)}>
          ${text}
        </button>`,
    )}
  </div>`;
}

export const Choice = ({ label, value, options, onChange, any = "All", hidden = false }) => html`
  <label class="field">
    <span class=${hidden ? "hidden-text" : ""}>${label}</span>
    <select aria-label=${label} value=${value} onChange=${(event) => onChange(event.currentTarget.value)}>
      ${any !== null && html`<option value="">${any}</option>`}
      ${options.map((it) => {
        const [key, text] = Array.isArray(it) ? it : [it, it];
        return html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`;
      })}
    </select>
  </label>`;

/** A panel over the view; Escape closes it, and the focus goes where it came from. */
export function Drawer({ title, label, onClose, children, takesFocus = true }) {
  const panel = useRef(null);
  useEffect(() => {
    if (!takesFocus) return undefined;
    const before = document.activeElement;
    panel.current?.focus();
    return () => before?.isConnected && before.focus();
  }, []);
  const onKeyDown = (event) => event.key === "Escape" && onClose();
  return html`
    <section class="drawer" role="dialog" aria-label=${label} tabindex="-1" ref=${panel} onKeyDown=${onKeyDown}>
      <header>
        <div class="grow">${title}</div>
        <button type="button" class="button quiet icon" aria-label="Close" onClick=${onClose}>
          <${Icon} name="close" />
        </button>
      </header>
      <div class="body stack">${children}</div>
    </section>`;
}

/** The stages of a task as a bar: how long each lasts, and where the task is now. */
export function Timeline({ task, now }) {
  const timed = task.stages.filter((stage) => stage.seconds !== null);
  const total = timed.reduce((sum, stage) => sum + stage.seconds, 0);
  const elapsed = Math.max(0, (task.ended_at ?? now) - task.created_at);
  const span = Math.max(total, task.ended_at === null && !Number.isFinite(total) ? elapsed : 0) || 1;
  const at = task.outcome ? 100 : Math.min(100, (elapsed / span) * 100);
  const words = task.stages
    .map((stage) => `${stage.state}${stage.seconds === null ? "" : ` ${duration(stage.seconds)}`}`)
    .join(", then ");
  return html`
    <div class="timeline" role="img" aria-label=${`${words}; now ${task.status}`}>
      <div class="bar">
        ${timed.map(
          (stage, index) => html`
            <span key=${index} class="stage s${index % 3}" style=${{ flexGrow: Math.max(stage.seconds / span, 0.02) }}></span>`,
        )}
        ${!timed.length && html`<span class="stage s0" style=${{ flexGrow: 1 }}></span>`}
        <i class="now ${stateKind(task.outcome, task.status)}" style=${{ left: `${at}%` }}></i>
      </div>
      <div class="names">
        ${task.stages.map(
          (stage, index) => html`<span key=${index} class=${stage.state === task.status ? "current" : ""}>${stage.state}</span>`,
        )}
      </div>
    </div>`;
}

export const Picture = ({ task, index, large }) => html`
  <a class="picture" href=${`tasks/${task.token}/images/${index}`} target="_blank" rel="noreferrer">
    <img src=${`tasks/${task.token}/images/${index}`} loading=${large ? "eager" : "lazy"} decoding="async"
      alt=${`Image ${index + 1} of ${plural(task.images, "image")} for: ${promptOf(task)}`} />
  </a>`;

export const promptOf = (task) => (task.body && typeof task.body.prompt === "string" ? task.body.prompt : task.operation);
export const modelOf = (task) => (task.body && typeof task.body.model === "string" ? task.body.model : "");

/** Every so many milliseconds the component is drawn again: for what moves with the clock. */
export function useTick(milliseconds) {
  const [, draw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => draw((count) => count + 1), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
