// Balances and charges by key; a request that was paid for twice stands out.

import { clockTime, money, plural } from "../format.js";
import { html } from "../html.js";
import { useData } from "../live.js";
import { Empty } from "../parts.js";

const KINDS = { reserve: "info", capture: "good", refund: "warn" };
const sorted = (value) =>
  Array.isArray(value)
    ? value.map(sorted)
    : value && typeof value === "object"
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
      : value;

/** Groups of tasks that the same key paid for with the same body. */
export function paidTwice(tasks, charges) {
  const kept = new Set(charges.filter((it) => it.intent !== "refund").map((it) => it.task));
  for (const charge of charges) if (charge.intent === "refund") kept.delete(charge.task);
  const groups = new Map();
  for (const task of tasks) {
    if (!kept.has(task.id)) continue;
    const key = JSON.stringify([task.vendor, task.operation, task.account, sorted(task.body)]);
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

export function Money() {
  const accounts = useData("accounts");
  const ledger = useData("ledger");
  const gallery = useData("gallery");
  if (!accounts || !ledger || !gallery) return null;
  const twice = paidTwice(gallery.tasks, ledger.charges);
  const again = new Set(twice.flatMap((group) => group.map((task) => task.id)));
  const ranked = accounts.accounts.toSorted((one, other) => other.used - one.used);
  const charges = [...ledger.charges].reverse();
  const charged = new Set(charges.map((it) => it.vendor + it.account));
  const inUse = ranked.filter((it) => charged.has(it.vendor + it.account));
  const shown = inUse.length ? inUse : ranked;
  const rest = ranked.filter((it) => !shown.includes(it));
  return html`
    <div class="view">
      <div class="view-title"><div class="grow"><h1>Money</h1><p>Balances and charges by key. The keys themselves are not shown.</p></div></div>
      ${twice.map((group) => html`
        <div class="notice" key=${group[0].id}>
          <b>The same request was paid for ${group.length === 2 ? "twice" : `${group.length} times`}.</b> ${group[0].vendor}: “${String(group[0].body?.prompt ?? group[0].operation)}”.
          ${" "}${group.map((task, index) => html`${index ? ", " : ""}<a class="mono" href=${`#/tasks/${task.token}`}>${task.id}</a>`)}
        </div>`)}
      <${Accounts} accounts=${shown} />
      ${rest.length > 0 && html`
        <details><summary>${plural(rest.length, "balance")} without charges</summary><${Accounts} accounts=${rest} /></details>`}
      ${charges.length === 0
        ? html`<${Empty} title="Nothing was charged yet"><p>Reservations, captures and refunds appear here.</p><//>`
        : html`<section class="panel">
            <header><h2>Charges</h2><span class="muted">${charges.length}</span></header>
            <div class="scroll-x" tabindex="0" role="region" aria-label="Charges">
              <table>
                <thead><tr><th>Time</th><th>Intent</th><th class="number">Amount</th><th class="number">Images</th><th>Vendor</th><th>Key</th><th>Task</th></tr></thead>
                <tbody>${charges.slice(0, 500).map((it, index) => html`
                  <tr key=${index} class=${again.has(it.task) ? "twice" : ""}>
                    <td class="mono nowrap">${clockTime(it.time)}</td>
                    <td><span class="badge ${KINDS[it.intent] ?? ""}">${it.intent}</span></td>
                    <td class="number nowrap">${money(it.amount, it.currency)}</td>
                    <td class="number">${it.images}</td>
                    <td>${it.vendor}</td>
                    <td class="mono">${it.account.slice(0, 6)}</td>
                    <td class="mono nowrap">${it.task}${again.has(it.task) ? html` <span class="badge bad">paid twice</span>` : ""}</td>
                  </tr>`)}</tbody>
              </table>
            </div>
          </section>`}
    </div>`;
}

const Accounts = ({ accounts }) =>
  accounts.length > 0 &&
  html`
    <ul class="accounts">${accounts.map((it) => html`
      <li class="panel account" key=${it.vendor + it.account}>
        <div class="row"><b>${it.vendor}</b><span class="grow"></span><span class="mono muted">key ${it.account.slice(0, 6)}</span></div>
        <p class="balance">${money(it.balance, it.currency)}</p>
        <p class="muted small">${money(it.used, it.currency)} used</p>
        <progress max=${Number(it.balance) + Number(it.used) || 1} value=${Number(it.balance)} aria-label="Share of the initial balance that is left"></progress>
      </li>`)}</ul>`;
