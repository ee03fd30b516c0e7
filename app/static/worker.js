// Served as /worker.js, after a line with its VERSION. Keeps the week that was last seen and the files that it needs; every
// page is asked of the server first.
const KEPT = `sevenday-${VERSION}`;
const ROOT = new URL("./", self.location).pathname; // the board may live under a path of its host
const WEEK = `${ROOT}stats/livefeed`;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function takeOver() {
  const old = await caches.open(KEPT);
  for (const name of await caches.keys()) {
    if (name === KEPT) continue;
    const week = await (await caches.open(name)).match(WEEK);
    if (week) await old.put(WEEK, week);
    await caches.delete(name);
  }
  await self.clients.claim();
}

async function empty() {
  for (const name of await caches.keys()) await caches.delete(name);
}

// The page sends itself, with all that was pushed to it, and the addresses of its files.
self.addEventListener("message", (event) => {
  if (event.data && event.data.html) event.waitUntil(keep(event.data.html, event.data.files));
});

async function keep(html, files) {
  const cache = await caches.open(KEPT);
  for (const file of files) if (!(await cache.match(file))) await cache.add(file).catch(() => {});
  const headers = { "Content-Type": "text/html; charset=utf-8", "X-Kept-At": String(Date.now()) };
  await cache.put(WEEK, new Response(html, { headers }));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, address));
  else if (address.searchParams.has("v")) event.respondWith(file(request));
});

async function page(request, address) {
  let answer;
  try {
    answer = await fetch(request);
    if (answer.status !== 502 && answer.status !== 504) {
      if (address.pathname === `${ROOT}login` && answer.ok) await empty();
      if (answer.headers.get("X-Sevenday-Keep") === "no") await empty();
      return answer;
    }
  } catch {
    // No network, or no server: what follows is for that.
  }
  return (await lastWeek()) || answer || Response.error();
}

async function file(request) {
  const kept = await caches.match(request);
  return kept || fetch(request);
}

async function lastWeek() {
  const kept = await caches.match(WEEK);
  if (!kept) return undefined;
  const at = Number(kept.headers.get("X-Kept-At"));
  const minutes = Math.max(0, Math.round((Date.now() - at) / 60000));
  const age = minutes < 60 ? `${minutes} min` : minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
  const line = `<p class="alert alert-warning" id="kept" role="status">No connection: this is the week as it was ${age} ago.</p>`;
  const html = (await kept.text()).replace(/<main[^>]*>/, (main) => main + line).replace('id="board"', `id="board" data-kept="${at}"`);
  return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}
