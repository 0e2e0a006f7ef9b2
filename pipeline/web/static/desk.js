// Keys for the pages. Everything that they do can be done without them.
"use strict";

const cards = () => [...document.querySelectorAll("main .statements > li[id], main .groups > li")];

let place = -1;

function go(step) {
  const all = cards();
  if (!all.length) return;
  place = Math.min(Math.max(place + step, 0), all.length - 1);
  const card = all[place];
  card.tabIndex = -1;
  card.focus();
  card.scrollIntoView({ block: "nearest" });
}

function inCard(selector) {
  return document.activeElement?.closest("li")?.querySelector(selector) ?? cards()[place]?.querySelector(selector);
}

const keys = {
  "/": () => document.getElementById("q")?.focus() ?? location.assign("/record"),
  j: () => go(1),
  k: () => go(-1),
  o: () => inCard("a.words, h2 a")?.click(),
  e: () => inCard("button.done")?.click(),
  x: () => inCard("input[type=checkbox]")?.click(),
  m: () => inCard("details.triage > summary")?.click(),
  "?": () => location.assign("/help#keys"),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Copied";
  });
}
