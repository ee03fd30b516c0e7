// Follows changes as the board does, and says what is under the pointer. Everything is painted by the server, texts and charts alike:
// a change fetches the page anew and puts in what of it is different.
"use strict";

const page = document.getElementById("trends");
const root = new URL("..", document.currentScript.src).pathname; // the page may live under a path of its host
const transports = window.WebSocket ? ["websocket", "polling"] : ["polling"];
const socket = io("/livefeed", { path: `${root}socket.io/`, transports, tryAllTransports: true, reconnectionDelayMax: 3000 });
const SOON = 100; // a commit seldom comes alone, ms
const REST = 2000; // between two readings while an import or a history writes, ms
let due = null;
let last = 0;
let lost = false;

function follow() {
  if (document.hidden) lost = true; // until somebody looks
  if (due || document.hidden) return;
  due = setTimeout(fetchPage, Math.max(SOON, last + REST - Date.now()));
}

async function fetchPage() {
  last = Date.now();
  try {
    const answer = await fetch(location.href);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected) location.reload(); // signed out
    else if (answer.ok) take(fresh);
  } catch { lost = true; } // the next connection tries again
  due = null;
}

function take(fresh) {
  const files = (from) => [...from.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => one.getAttribute("href") ?? one.getAttribute("src")).join();
  if (files(fresh) !== files(document)) { location.reload(); return; } // a new version
  for (const id of ["drawings", "glance", "weight", "weeks", "sports", "calories", "calendar"]) replace(id, fresh.getElementById(id));
  document.getElementById("demo").hidden = fresh.getElementById("demo").hidden;
  page.dataset.today = fresh.getElementById("trends").dataset.today;
}

// A part that is the same stays as it is; one that is not keeps what the person chose, opened, scrolled to and was at.
function replace(id, made) {
  const old = document.getElementById(id);
  made = document.importNode(made, true);
  hide(old);
  const was = new Map([...old.querySelectorAll(KEPT)].map((one) => [named(one), { open: one.open, checked: one.checked, top: one.scrollTop, left: one.scrollLeft }]));
  const held = old.contains(document.activeElement) ? named(document.activeElement) : null;
  const each = (put) => made.querySelectorAll(KEPT).forEach((one) => { if (was.has(named(one))) put(one, was.get(named(one))); });
  each((one, { open, checked }) => { one.open = open; one.checked = checked; });
  if (bare(made) === bare(old)) return;
  old.replaceWith(made);
  each((one, { top, left }) => { one.scrollTop = top; one.scrollLeft = left; });
  if (held) each((one) => { if (named(one) === held) one.focus({ preventScroll: true }); });
}

const KEPT = "details, summary, input, .trends-behind, .trends-year";
const named = (one) => `${one.closest("[id]").id} ${one.tagName}`; // the place that it is in, and what it is
const bare = (part) => part.innerHTML.replaceAll(' open=""', "");

function hide(part) {
  part.querySelectorAll(".trends-tip, .trends-line").forEach((one) => one.remove());
}

// The row nearest to the pointer, with its figures as the table behind the chart has them.
function tell(event) {
  const plot = event.target.closest?.(".trends-plot");
  hide(page);
  if (!plot) return;
  const box = plot.getBoundingClientRect();
  const at = (event.clientX - box.left) / box.width * 1000;
  const spots = plot.dataset.reach.split(" ").map(((sum) => (gap) => (sum += Number(gap)))(0));
  const n = spots.reduce((best, x, m) => (Math.abs(x - at) < Math.abs(spots[best] - at) ? m : best), 0);
  const table = document.getElementById(plot.dataset.table);
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const cells = [...table.tBodies[0].rows[spots.length - 1 - n].cells].map((cell) => cell.textContent); // the newest row is the first
  const line = plot.appendChild(document.createElement("span"));
  line.className = "trends-line";
  line.style.left = `${spots[n] / 10}%`;
  const tip = plot.appendChild(document.createElement("span"));
  tip.className = "trends-tip";
  tip.textContent = [cells[0], ...cells.slice(1).map((text, m) => `${heads[m + 1]}: ${text}`)].join("\n");
  tip.style[spots[n] < 500 ? "left" : "right"] = `calc(${spots[n] < 500 ? spots[n] / 10 : 100 - spots[n] / 10}% + 10px)`;
}

page.addEventListener("pointermove", tell);
page.addEventListener("pointerleave", () => hide(page));

socket.on("connect", () => {
  socket.emit("joined", { page: "trends" });
  if (lost) follow();
  lost = false;
});
socket.on("changed", follow);
socket.on("dates", (message) => { if (message.today !== page.dataset.today) follow(); }); // midnight
socket.on("disconnect", (reason) => {
  lost = true;
  if (reason === "io server disconnect") follow();
});
socket.on("connect_error", (error) => {
  if (error.description === 401 || error.message === "Sign in first.") location.reload();
  else if (!socket.active) setTimeout(() => socket.connect(), 3000);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && lost) { lost = false; follow(); } });
