"use strict";
// Without this script a report is still whole: it only shows a chosen claim beside the map, filters, and opens all for print.
const squares = [...document.querySelectorAll(".map .claim")];
const chosen = document.getElementById("chosen");

function choose(square) {
  for (const other of document.querySelectorAll(".map [aria-current]")) other.removeAttribute("aria-current");
  square.setAttribute("aria-current", "true");
  const claim = document.getElementById(square.hash.slice(1));
  const body = chosen.querySelector(".body");
  body.replaceChildren(...[...claim.children].map((part) => part.cloneNode(true)));
  chosen.hidden = false;
}

function walk(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const visible = squares.filter((square) => !square.classList.contains("off"));
  const next = visible[visible.indexOf(event.currentTarget) + step];
  if (!next) return;
  event.preventDefault();
  event.currentTarget.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

squares.forEach((square, index) => {
  square.tabIndex = index ? -1 : 0;
  square.addEventListener("click", (event) => {
    event.preventDefault();
    choose(square);
  });
  square.addEventListener("keydown", walk);
});

for (const button of document.querySelectorAll(".filter")) {
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    for (const square of squares)
      if (square.classList.contains(button.dataset.verdict)) square.classList.toggle("off", !shown);
  });
}

addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("main details")) part.open = true;
});
