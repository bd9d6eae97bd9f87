// The frame of the console: which view is shown, the mock's time, what is active.

import { calendarDate, clockTime } from "./format.js";
import { html, render, useEffect, useState } from "./html.js";
import { advance, live, mockNow, removeFault, setPace, start, useLive } from "./live.js";
import { Icon, isSpent, useTick } from "./parts.js";
import { Contracts } from "./views/contract.js";
import { Faults } from "./views/faults.js";
import { Money } from "./views/money.js";
import { Tasks } from "./views/tasks.js";
import { Traffic } from "./views/traffic.js";
import { Vendors } from "./views/vendors.js";

const TABS = [
  ["traffic", "Traffic", Traffic],
  ["tasks", "Tasks", Tasks],
  ["faults", "Faults", Faults],
  ["money", "Money", Money],
  ["contract", "Contract", Contracts],
  ["vendors", "Vendors", Vendors],
];
const PACES = ["instant", "1x", "10x", "100x", "polls:3", "manual"];

/** The address after `#/`: `contract/toapis/createImage` is the view and what is opened in it. */
function useAddress() {
  const read = () => decodeURIComponent(location.hash.replace(/^#\/?/, "")).split("/").filter(Boolean);
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const follow = () => setAddress(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return address;
}

function Navigation({ current }) {
  const { rows, faults, health, connected } = useLive();
  const counts = { traffic: rows.size || "", faults: faults.filter((fault) => !isSpent(fault)).length || "" };
  return html`
    <nav class="nav" aria-label="Console">
      <a class="brand" href="#/traffic"><img src="console/icon.svg" alt="" />Pixpact</a>
      ${TABS.map(
        ([key, name]) => html`
          <a key=${key} class="tab" href=${`#/${key}`} aria-current=${key === current ? "page" : undefined}>
            <${Icon} name=${key} />${name}<span class="count">${counts[key] ?? ""}</span>
          </a>`,
      )}
      <div class="foot">
        <span class="row">
          <span class="dot ${connected ? "" : "off"}"></span>
          <span role="status">${connected ? "Live" : "Not connected"}</span>
          <span class="grow"></span>
          <${Theme} />
        </span>
        ${Object.entries(health?.forgotten ?? {}).map(
          ([kind, count]) => html`<span key=${kind} class="muted">Forgotten for want of room: ${count} ${kind}</span>`,
        )}
        <span class="muted">${health ? `Version ${health.version}` : ""}</span>
      </div>
    </nav>`;
}

function Theme() {
  const dark = () =>
    (document.documentElement.dataset.theme ??
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const [isDark, setDark] = useState(dark);
  const turn = () => {
    const theme = isDark ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("pixpact-theme", theme);
    setDark(!isDark);
  };
  return html`
    <button type="button" class="button quiet icon" aria-label=${isDark ? "Light theme" : "Dark theme"} onClick=${turn}>
      <${Icon} name=${isDark ? "sun" : "moon"} />
    </button>`;
}

function Clock() {
  useTick(250);
  const now = mockNow();
  return html`
    <div class="clock">
      <time datetime=${new Date(now * 1000).toISOString()}>${clockTime(now)}</time>
      <span class="muted small">${calendarDate(now)} UTC${live.clock?.standing ? " · paused" : ""}</span>
    </div>`;
}

function ClockBar() {
  const { clock } = useLive();
  const [time, setTime] = useState("");
  if (!clock) return html`<div class="clockbar"></div>`;
  const paces = PACES.includes(clock.pace) ? PACES : [clock.pace, ...PACES];
  const submit = (event) => {
    event.preventDefault();
    if (time.trim()) advance(time.trim());
    setTime("");
  };
  return html`
    <div class="clockbar">
      <${Clock} />
      <form class="group advance" onSubmit=${submit}>
        <div class="segments" role="group" aria-label="Advance the clock">
          ${["10s", "1m", "1h", "25h"].map(
            (step) => html`<button type="button" key=${step} onClick=${() => advance(step)}>+${step}</button>`,
          )}
        </div>
        <input class="wide" type="text" aria-label="Advance by" placeholder="PT25H" value=${time}
          onInput=${(event) => setTime(event.currentTarget.value)} />
      </form>
      <span class="grow wide"></span>
      <div class="group">
        <label for="pace">Pace</label>
        <select id="pace" aria-label="Pace" value=${clock.pace} onChange=${(event) => setPace(event.currentTarget.value)}>
          ${paces.map((pace) => html`<option key=${pace} value=${pace} selected=${pace === clock.pace}>${pace}</option>`)}
        </select>
      </div>
    </div>`;
}

function ActiveFaults() {
  const faults = useLive().faults.filter((fault) => !isSpent(fault));
  if (!faults.length) return null;
  return html`
    <div class="active-faults" role="region" aria-label="Active faults">
      <strong>${faults.length === 1 ? "1 active fault" : `${faults.length} active faults`}</strong>
      ${faults.slice(0, 6).map(
        (fault) => html`
          <span class="pill" key=${fault.id}>
            ${[fault.fault, fault.vendor, fault.operation].filter(Boolean).join(" · ")}
            <button type="button" aria-label=${`Switch ${fault.fault} off`} onClick=${() => removeFault(fault.id)}>
              <${Icon} name="close" />
            </button>
          </span>`,
      )}
      ${faults.length > 6 && html`<a href="#/faults">show all</a>`}
    </div>`;
}

function Toast() {
  const { toast } = useLive();
  return html`<div aria-live="polite">${toast && html`<div class="toast ${toast.kind}" key=${toast.number}>${toast.text}</div>`}</div>`;
}

function App() {
  const [tab = "traffic", ...rest] = useAddress();
  const [key, name, View] = TABS.find(([it]) => it === tab) ?? TABS[0];
  useEffect(() => {
    document.title = `${name} · Pixpact console`;
  }, [name]);
  return html`
    <div class="shell">
      <div class="top"><${ClockBar} /><${ActiveFaults} /></div>
      <main class=${key === "traffic" ? "fixed" : ""} tabindex="-1"><${View} address=${rest} /></main>
      <${Navigation} current=${key} />
    </div>
    <${Toast} />`;
}

start();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
