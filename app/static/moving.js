// Arrow keys and swipes follow the page's links to what came before and what comes after.
"use strict";
{
  const SWIPE = 60; // pixels
  const follow = (rel) => document.querySelector(`a[rel=${rel}][href]`)?.click();
  let began = null;

  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "ArrowLeft") follow("prev");
    if (event.key === "ArrowRight") follow("next");
  });
  addEventListener("touchstart", (event) => {
    // With two fingers, or on an enlarged page, a finger moves the page and not the week.
    began = event.touches.length === 1 && (visualViewport?.scale ?? 1) === 1 ? event.touches[0] : null;
  }, { passive: true });
  addEventListener("touchend", (event) => {
    if (!began) return;
    const right = event.changedTouches[0].clientX - began.clientX;
    const down = event.changedTouches[0].clientY - began.clientY;
    if (Math.abs(right) > SWIPE && Math.abs(right) > 2 * Math.abs(down)) follow(right > 0 ? "prev" : "next");
    began = null;
  });
}
