// Keys, recent times in words, and news without a reload. The pages work without any of it.
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
  "/": () => (document.getElementById("q") ? document.getElementById("q").focus() : location.assign("/record")),
  j: () => go(1),
  k: () => go(-1),
  o: () => inCard("a.words, h2 > a")?.click(),
  e: () => inCard("button.done")?.click(),
  x: () => inCard("input[type=checkbox]")?.click(),
  m: () => inCard("details.triage > summary")?.click(),
  s: () => inCard("button.later")?.click(),
  n: () => {
    const note = inCard("details.noting");
    if (!note) return;
    note.open = true;
    note.querySelector("input[name=note]").focus();
  },
  u: () => document.querySelector(".notice button[name=undo]")?.click(),
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
    button.textContent = button.dataset.copied;
  });
}

async function subscription(key) {
  const worker = await navigator.serviceWorker.register("/push.js");
  await navigator.serviceWorker.ready;
  const known = await worker.pushManager.getSubscription();
  await known?.unsubscribe(); // which may be for another key
  return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

async function alertHere(form) {
  try {
    const { endpoint, keys } = (await subscription(form.dataset.key)).toJSON();
    form.elements.endpoint.value = endpoint;
    form.elements.p256dh.value = keys.p256dh;
    form.elements.auth.value = keys.auth;
    form.submit();
  } catch (error) {
    form.querySelector("[role=status]").textContent = `${form.dataset.refused} ${error.message}`;
  }
}

const pushing = document.getElementById("push");
if (pushing && navigator.serviceWorker && window.PushManager) {
  pushing.hidden = false;
  pushing.addEventListener("submit", (event) => {
    event.preventDefault();
    alertHere(pushing);
  });
}

// A drag over the bars of a chart leads to the search within their days.
function brush(chart) {
  const { start, step, bars } = chart.dataset;
  const shade = document.createElementNS(chart.namespaceURI, "rect");
  shade.setAttribute("class", "brush");
  shade.setAttribute("height", 100);
  let first = null;
  let last = null;

  const place = (event) => {
    const box = chart.getBoundingClientRect();
    const bar = Math.floor(((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width);
    return Math.min(Math.max(bar, 0), bars - 1);
  };
  const day = (bar) => {
    const date = new Date(start);
    date.setUTCDate(date.getUTCDate() + bar * step);
    return date.toISOString().slice(0, 10);
  };
  const stop = () => {
    first = last = null;
    shade.remove();
  };

  chart.addEventListener("dragstart", (event) => event.preventDefault());
  chart.addEventListener("pointerdown", (event) => {
    if (event.button === 0) first = last = place(event);
  });
  chart.addEventListener("pointermove", (event) => {
    if (first === null || (last === first && place(event) === first)) return;
    chart.setPointerCapture(event.pointerId);
    last = place(event);
    shade.setAttribute("x", Math.min(first, last));
    shade.setAttribute("width", Math.abs(last - first) + 1);
    chart.append(shade);
  });
  chart.addEventListener("pointerup", () => {
    if (first !== null && shade.isConnected) {
      const address = new URL(chart.querySelector("a").getAttribute("href"), location);
      address.searchParams.set("after", day(Math.min(first, last)));
      address.searchParams.set("before", day(Math.max(first, last) + 1));
      location.assign(address);
    }
    stop();
  });
  chart.addEventListener("pointercancel", stop);
}

document.querySelectorAll("svg.histogram[data-start]").forEach(brush);

const MINUTE = 60_000;

const DAY = 1440; // minutes

const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "short", numeric: "auto" });

function tellTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / MINUTE);
    time.dataset.exact ??= time.textContent;
    time.title ||= time.dataset.exact;
    const recent = Math.abs(minutes) < 60 ? ago.format(-minutes, "minute") : ago.format(-Math.trunc(minutes / 60), "hour");
    time.textContent = Math.abs(minutes) < DAY ? recent : time.dataset.exact;
  }
}

async function lookForNews(line) {
  const answer = await fetch(line.dataset.count, { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const { total } = await answer.json();
  const more = total - line.dataset.known;
  line.hidden = more <= 0;
  if (more <= 0) return;
  const link = document.createElement("a");
  link.href = location.pathname + location.search;
  link.textContent = `${more} ${more === 1 ? line.dataset.one : line.dataset.many}`;
  if (line.textContent !== link.textContent) line.replaceChildren(link);
}

async function look() {
  if (document.hidden) return;
  await Promise.allSettled([...document.querySelectorAll(".live[data-count]")].map(lookForNews));
}

tellTimes();
setInterval(tellTimes, MINUTE);
setInterval(look, MINUTE / 3);
document.addEventListener("visibilitychange", look);
