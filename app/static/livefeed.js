// Puts what the live feed says into the board. Every text comes ready from the server; nothing but the age of the connection
// is formatted here.
"use strict";

const board = document.getElementById("board");
const live = document.getElementById("live");
const age = document.getElementById("age");
const problem = document.getElementById("problem");
const wall = document.body.classList.contains("wall");
const asked = board.dataset.pinned ? { week: board.dataset.first } : {};
const silence = (Number(board.dataset.interval) * 2 + 5) * 1000;
const FRESH = 12000; // how long a change is marked, ms
const ANSWER = 800; // what a connection that lives may take to answer, ms
const NAP = 10000; // a timer that comes this late was asleep, ms
// A WebSocket straight away is fewer bytes than a long poll that is upgraded; where none comes through, the poll is next.
const transports = window.WebSocket ? ["websocket", "polling"] : ["polling"];
const root = new URL("..", document.currentScript.src).pathname; // the board may live under a path of its host
const socket = io("/livefeed", { path: `${root}socket.io/`, transports, tryAllTransports: true, reconnectionDelayMax: 3000 });
const MUTE = 8000; // how long a new connection may say nothing, ms
let heard = new Date(Number(board.dataset.kept) || Date.now()); // a page that was kept says since when
let heardAt = ""; // by the person's clock, which is the server's to know
let answered = false;
let begun = Date.now();
let today = "";
let ticked = Date.now();
let renewing = false;

function sign(state, text) {
  if (live.textContent !== text) live.textContent = text;
  live.dataset.state = state;
  tell();
}

function lost() {
  sign("lost", heardAt ? `Reconnecting, last heard ${heardAt}` : "Reconnecting");
}

// Beside the sign and no part of it, because the sign is read out and this changes every minute.
function tell() {
  const minutes = Math.floor((Date.now() - heard) / 60000);
  const past = minutes < 60 ? `${minutes} min ago` : minutes < 2880 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`;
  const since = minutes < 1 ? "" : past;
  const text = live.dataset.state === "live" ? (wall ? `as of ${heardAt}` : "") : since;
  if (age.textContent !== text) age.textContent = text;
}

function paint(id, html, classes) {
  const place = document.getElementById(id);
  if (!place) return;
  if (classes !== undefined) place.className = place.classList.contains("fresh") ? `${classes} fresh` : classes;
  const made = document.createElement("template");
  made.innerHTML = html;
  if (made.innerHTML === place.innerHTML) return;
  const held = place.contains(document.activeElement);
  const open = [...place.querySelectorAll("[popover]")].some(tips.isOpen);
  place.replaceChildren(made.content);
  if (open) tips.open(place.querySelector("[popover]"));
  if (held) place.querySelector("a, button")?.focus();
}

// The layout hangs on which of the days is today: it moves on at midnight.
function followToday() {
  const heads = [...board.querySelectorAll("[id^=head-]")];
  const today = heads.findIndex((head) => head.classList.contains("today"));
  if (today < 0) delete board.dataset.today;
  else board.dataset.today = today;
}

// The way to the week in review goes once somebody has opened it, but its place stays, so that nothing moves.
function followReview(html) {
  const place = document.getElementById("review");
  place?.classList.toggle("review-gone", !html);
  if (html) paint("review", html);
}

// One that fails, in a browser that lacks something, stops none of the others.
function paintEach(pieces) {
  for (const [id, html, classes] of pieces) {
    try { paint(id, html, classes); } catch (error) { setTimeout(() => { throw error; }); }
  }
}

function mark(changes) {
  if (!changes.text) return;
  document.getElementById("changes").textContent = changes.text;
  for (const id of changes.cells) {
    const place = document.getElementById(id);
    place?.classList.add("fresh");
    setTimeout(() => place?.classList.remove("fresh"), FRESH);
  }
}

function show(message) {
  heard = new Date();
  heardAt = message.clock;
  if (wall) night.tell(message.clock);
  answered = true;
  problem.hidden = true;
  sign("live", "Live");
  document.getElementById("demo").hidden = !message.demo;
  paint("sources", message.chain);
  paint("fresh-lines", message.fresh);
  if (!board.dataset.pinned || message.week === board.dataset.first) followReview(message.review);
  if (message.version !== board.dataset.version) renew();
  // A page that was opened for one week keeps to it; any other follows the calendar.
  if (board.dataset.pinned && message.week !== board.dataset.first) return;
  document.getElementById("title").textContent = message.title;
  document.title = `${message.title} – Sevenday`;
  const earlier = document.getElementById("earlier");
  if (earlier && message.earlier) earlier.href = message.earlier;
  paintEach(Object.entries(message.cells).map(([id, cell]) => [id, cell.html, cell.class]));
  followToday();
  paintEach(Object.entries(message.numbers).map(([id, html]) => [`number-${id}`, html]));
  mark(message.changes);
}

async function lookAtPage() {
  const answer = await fetch(location.href, { method: "HEAD" });
  await answer.text(); // else a reload counts as breaking it off
  return answer;
}

// A page takes over a new version, or other rows, by itself, but only from a server that has them ready.
async function renew() {
  if (renewing) return;
  renewing = true;
  try {
    const answer = await lookAtPage();
    renewing = answer.ok && !answer.redirected;
    if (renewing) location.reload();
  } catch {
    renewing = false; // the next push tries again
  }
}

function signedOut() {
  if (wall) sign("lost", `Signed out at ${heardAt}: open this page anew and sign in`);
  else location.reload();
}

// The server hung up. Signed out elsewhere, the page leads to the sign-in; if it was here, that is on its way already.
async function comeBack() {
  const answer = await lookAtPage().catch(() => null);
  if (!answer?.redirected) { socket.connect(); return; }
  signedOut();
  if (wall) setTimeout(comeBack, 3000);
}

function ask() {
  socket.emit("get_week", {});
  socket.emit("get_stats", asked);
}

// After a sleep a connection may be dead and not know it: it is given a moment to answer, then another one is made.
function wake() {
  ticked = Date.now();
  if (document.hidden) return;
  if (!socket.connected) { again(); return; }
  const before = heard;
  ask();
  setTimeout(() => { if (heard === before) again(); }, ANSWER);
}

// Some proxies answer a WebSocket and then carry nothing: the next connection polls, which they do carry.
function unmute() {
  if (answered || Date.now() - begun < MUTE) return;
  socket.io.opts.transports = ["polling"]; // an upgrade that never comes to its end would have it poll without rest
  begun = Date.now();
  again();
}

// A page of one week marks a day as today, and says which week is the current one: both are told anew by the server.
function followCalendar(message) {
  if (today && message.today !== today && board.dataset.pinned) renew();
  else today = message.today;
}

// Nothing is kept for later: a sync that was asked for hours ago is no use to anybody.
function syncNow() {
  const stage = document.getElementById("stage");
  if (!socket.connected) {
    stage.textContent = "Not connected, so no sync was asked for. Press again when the page says Live.";
    return;
  }
  button.disabled = true;
  socket.timeout(MUTE).emit("sync_now", {}, (late) => {
    button.disabled = false;
    if (late) stage.textContent = "The board has not answered, so it may not know of the sync. Press again when the page says Live.";
  });
}

function again() {
  socket.disconnect().connect();
}

function tick() {
  if (Date.now() - ticked > NAP) wake();
  ticked = Date.now();
  if (Date.now() - heard > silence) lost();
  unmute();
  tell();
}

socket.on("connect", () => { socket.emit("joined", {}); ask(); });
socket.on("stats_vals", show);
socket.on("dates", followCalendar);
socket.on("problem", (message) => { problem.textContent = message.error; problem.hidden = false; sign("lost", "Waiting for the database"); });
socket.on("sync", (message) => { document.getElementById("stage").textContent = message.text; });
socket.on("disconnect", (reason) => {
  answered = false;
  begun = Date.now();
  lost();
  if (reason === "io server disconnect") setTimeout(comeBack, 1000);
});
socket.on("connect_error", (error) => {
  // Who is signed out is turned away at the handshake; at the socket itself, who was signed out between the two.
  if (error.description === 401 || error.message === "Sign in first.") signedOut();
  else lost();
  if (!socket.active) setTimeout(() => socket.connect(), 3000); // refused, as while the database is away
});

setInterval(tick, 1000);
addEventListener("online", wake);
addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
document.addEventListener("visibilitychange", wake);

const button = document.getElementById("sync-now");
if (button) {
  button.hidden = false; // without this script it could do nothing
  button.addEventListener("click", syncNow);
}
// Where the browser can, the wall's screen stays on; it lets go whenever the page is hidden.
if (wall && navigator.wakeLock) {
  const stay = () => { if (!document.hidden) navigator.wakeLock.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", stay);
  stay();
}
