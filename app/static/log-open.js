// The bar's Log opens its form over the page, by log.js, which comes when it is wanted. Without this script, or dialogs, Log is a link.
"use strict";

{
  const { style, script } = document.currentScript.dataset;
  const link = document.querySelector(".pages a.log");
  const able = typeof HTMLDialogElement === "function" && link && link.getAttribute("aria-current") !== "page";
  let loading;

  const loaded = (tag, words) => new Promise((done, failed) => {
    const made = Object.assign(document.createElement(tag), words, { onload: done, onerror: failed });
    made.dataset.unkept = ""; // the installed app's week begins without it
    document.head.append(made);
  });

  function load() {
    loading ??= Promise.all([loaded("link", { rel: "stylesheet", href: style }), loaded("script", { src: script })]);
    return loading;
  }

  function drafted() {
    try { return sessionStorage.getItem("log-draft"); } catch { return null; } // a browser may forbid it
  }

  if (able) {
    for (const near of ["pointerenter", "touchstart", "focus"]) link.addEventListener(near, () => load().catch(() => {}), { passive: true });
    link.addEventListener("click", async (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      try {
        await load();
        link.dispatchEvent(new Event("log"));
      } catch {
        location.href = link.href; // the page can do as much
      }
    });
    if (drafted()) load().catch(() => {}); // log.js opens it
  }
}
