// Registers the worker where the browser takes one (https or localhost), and hands it the week that is on screen.
"use strict";

{
  const root = new URL("..", document.currentScript.src).pathname; // the board may live under a path of its host
  const week = document.getElementById("board");
  let handed = "";
  const showsKept = document.getElementById("kept");

  function hand() {
    const worker = navigator.serviceWorker.controller;
    const live = document.getElementById("live")?.dataset.state === "live";
    const own = document.getElementById("demo")?.hidden !== false;
    if (!worker || !week || week.dataset.pinned || !live || !own || showsKept) return;
    const files = [...document.querySelectorAll("link[href*='v='], script[src*='v=']")].map((one) => one.href || one.src);
    const copy = document.documentElement.cloneNode(true);
    // Without what stands there for a moment: a sheet, what was said of a change (the demo's last one, too), its marks.
    for (const one of copy.querySelectorAll("[data-unkept]")) one.remove();
    for (const one of copy.querySelectorAll("#stage, #changes")) one.textContent = "";
    for (const one of copy.querySelectorAll(".fresh")) one.classList.remove("fresh");
    const html = `<!doctype html>${copy.outerHTML}`;
    if (html !== handed) worker.postMessage({ html, files });
    handed = html;
  }

  if (showsKept) {
    const again = () => fetch(`${root}healthz`).then((answer) => answer.ok && location.reload()).catch(() => {});
    addEventListener("online", again);
    setInterval(again, 5000);
  }
  if ("serviceWorker" in navigator && window.isSecureContext) {
    navigator.serviceWorker.register(`${root}worker.js`).catch(() => {});
    if (week) {
      setInterval(hand, 5000);
      addEventListener("pagehide", hand);
    }
  }
}
