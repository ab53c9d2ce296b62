// Keeps the list of the latest page views up to date while it is looked at, until told to pause. Without this script the page stays as it was
// loaded. Rows that are there already are left alone, so that a focus in them, and what is selected, stay.
"use strict";

const EVERY = 1000;
const list = document.getElementById("live");
const body = list.querySelector("tbody");
const none = document.getElementById("none");
const status = document.getElementById("status");
const button = document.getElementById("pause");
let paused = false;
let arrived = 0;

function say(text) {
  // The same text again would be read out again.
  if (status.textContent !== text) status.textContent = text;
}

function show(fresh) {
  const rows = [...fresh.querySelectorAll("tbody tr")];
  const keys = new Set(rows.map((row) => row.dataset.key));
  for (const row of [...body.rows]) if (!keys.has(row.dataset.key)) row.remove();
  const known = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  let next = body.firstElementChild;
  for (const row of rows) {
    const own = known.get(row.dataset.key);
    if (own && own === next) {
      next = next.nextElementSibling;
    } else {
      body.insertBefore(own ?? document.adoptNode(row), next);
      if (!own) arrived += 1;
    }
  }
  none.hidden = body.rows.length > 0;
  list.dataset.tag = fresh.dataset.tag;
}

async function look() {
  try {
    const path = `/live/rows?tag=${encodeURIComponent(list.dataset.tag)}`;
    const response = await fetch(path, { cache: "no-store", credentials: "same-origin", redirect: "manual" });
    if (response.type === "opaqueredirect") {
      // Signed out meanwhile: the page itself leads to the sign-in.
      location.reload();
      return;
    }
    if (response.status === 200) {
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("live");
      if (fresh && !paused) show(fresh);
    } else if (response.status !== 204) {
      throw new Error(`status ${response.status}`);
    }
    if (!paused) say(arrived ? `${status.dataset.arrived} ${arrived}` : status.dataset.running);
  } catch {
    if (!paused) say(status.dataset.lost);
  }
}

async function follow() {
  if (!paused && !document.hidden) await look();
  setTimeout(follow, EVERY);
}

button.addEventListener("click", () => {
  paused = !paused;
  button.textContent = paused ? button.dataset.goOn : button.dataset.pause;
  arrived = 0;
  say(paused ? status.dataset.paused : status.dataset.running);
});
button.hidden = false;
follow();
