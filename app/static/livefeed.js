// Puts what the live feed says into the board. Every text comes ready from the server; nothing is formatted here.
"use strict";

const board = document.getElementById("board");
const live = document.getElementById("live");
const problem = document.getElementById("problem");
const silence = (Number(board.dataset.interval) * 2 + 5) * 1000;
const painted = new Map();
const socket = io("/livefeed");
let shownWeek = board.dataset.first;
let heard = null;

const clock = (moment) => moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function sign(state, text) {
  if (live.textContent !== text) live.textContent = text;
  live.dataset.state = state;
}

function lost() {
  sign("lost", heard ? `Reconnecting, last heard ${clock(heard)}` : "Reconnecting");
}

function paint(id, cell) {
  const place = document.getElementById(id);
  place.className = cell.class;
  if (painted.get(id) === cell.html) return;
  painted.set(id, cell.html);
  place.innerHTML = cell.html;
}

function show(message) {
  heard = new Date();
  problem.hidden = true;
  sign("live", "Live");
  document.getElementById("demo").hidden = !message.demo;
  document.getElementById("sources").replaceChildren(...message.sources.map((line) => {
    const span = document.createElement("span");
    span.textContent = line;
    return span;
  }));
  // A page that was opened for one week keeps to it; any other follows the calendar.
  if (board.dataset.pinned && shownWeek !== board.dataset.first) return;
  document.getElementById("title").textContent = message.title;
  document.title = `${message.title} – Sevenday`;
  for (const [id, cell] of Object.entries(message.cells)) paint(id, cell);
}

function ask() {
  socket.emit("get_week", {});
  socket.emit("get_stats", {});
}

socket.on("connect", () => { socket.emit("joined", {}); ask(); });
socket.on("dates", (message) => { shownWeek = message.data[0]; });
socket.on("stats_vals", show);
socket.on("problem", (message) => { problem.textContent = message.error; problem.hidden = false; sign("lost", "Waiting for the database"); });
socket.on("sync", (message) => { document.getElementById("stage").textContent = message.text; });
socket.on("disconnect", (reason) => {
  // Signed out elsewhere; if it was here, the next page is on its way already.
  if (reason === "io server disconnect") setTimeout(() => location.reload(), 1000);
  else lost();
});
socket.on("connect_error", (error) => {
  if (error.message === "Sign in first.") location.reload();
  else lost();
  if (!socket.active) setTimeout(() => socket.connect(), 3000); // refused, as while the database is away
});

const button = document.getElementById("sync-now");
button.hidden = false; // without this script it could do nothing
button.addEventListener("click", () => socket.emit("sync_now", {}));

// A connection can be dead without saying so (a laptop that slept, a cable that was pulled).
setInterval(() => { if (heard && Date.now() - heard > silence) lost(); }, 5000);
document.addEventListener("visibilitychange", () => { if (!document.hidden && socket.connected) ask(); });
