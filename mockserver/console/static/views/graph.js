// A lifecycle as a picture: states in columns by their distance from the first, arrows to what follows.

import { duration } from "../format.js";
import { html } from "../html.js";

const [WIDTH, HEIGHT, GAP, LANE] = [132, 46, 64, 22];

function columns({ initial, states }) {
  const byName = new Map(states.map((state) => [state.name, state]));
  const depth = new Map([[initial, 0]]);
  for (const name of depth.keys()) {
    for (const next of byName.get(name)?.next ?? []) {
      if (byName.has(next) && !depth.has(next)) depth.set(next, depth.get(name) + 1);
    }
  }
  const found = [];
  for (const [name, column] of depth) (found[column] ??= []).push(byName.get(name));
  return found;
}

export function Graph({ lifecycle }) {
  const laid = columns(lifecycle);
  const most = Math.max(...laid.map((column) => column.length));
  const height = most * (HEIGHT + LANE) - LANE + 8;
  const places = new Map();
  laid.forEach((column, x) =>
    column.forEach((state, y) => {
      const free = height - 8 - column.length * HEIGHT;
      const step = column.length > 1 ? HEIGHT + free / (column.length - 1) : 0;
      places.set(state.name, { x: 4 + x * (WIDTH + GAP), y: 4 + (column.length > 1 ? y * step : free / 2), state });
    }),
  );
  const width = laid.length * (WIDTH + GAP) - GAP + 8;
  const arrows = [...places.values()].flatMap((from) =>
    from.state.next.filter((name) => places.has(name)).map((name) => ({ from, to: places.get(name) })),
  );
  const unseen = lifecycle.states.filter((state) => !state.reachable).map((state) => state.name);
  const words = lifecycle.states.map((state) => `${state.name}${state.next.length ? ` leads to ${state.next.join(" or ")}` : ""}`);
  return html`
    <figure class="graph scroll-x" tabindex="0" role="group" aria-label=${`Lifecycle ${lifecycle.name}`}>
      <svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${words.join("; ")}>
        <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" /></marker></defs>
        ${arrows.map(({ from, to }, index) => html`<path key=${index} class="edge" d=${curve(from, to)} marker-end="url(#arrow)" />`)}
        ${[...places.values()].map(({ x, y, state }) => html`
          <g key=${state.name} class="node ${state.outcome ?? ""}">
            <rect x=${x} y=${y} width=${WIDTH} height=${HEIGHT} rx="10" />
            <text x=${x + WIDTH / 2} y=${y + 20}>${state.name}</text>
            <text class="sub" x=${x + WIDTH / 2} y=${y + 36}>${state.outcome ?? (state.after ? range(state.after) : "")}</text>
          </g>`)}
      </svg>
      ${unseen.length > 0 && html`<figcaption class="muted small">Documented, never shown by the mock: ${unseen.join(", ")}.</figcaption>`}
    </figure>`;
}

const range = ([low, high]) => (low === high ? duration(low) : `${duration(low)} to ${duration(high)}`);

function curve(from, to) {
  const [startX, startY] = [from.x + WIDTH, from.y + HEIGHT / 2];
  const [endX, endY] = [to.x, to.y + HEIGHT / 2];
  const bend = Math.max(24, (endX - startX) / 2);
  return `M${startX} ${startY} C${startX + bend} ${startY} ${endX - bend} ${endY} ${endX - 2} ${endY}`;
}
