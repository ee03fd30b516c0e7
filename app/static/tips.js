// What a button tells on demand: by the browser's popovers, and where it has none, by showing and hiding them ourselves.
"use strict";

const tips = (() => {
  const able = typeof HTMLElement.prototype.showPopover === "function";
  const OPEN = "tip-open";
  if (able) return { isOpen: (tip) => tip.matches(":popover-open"), open: (tip) => tip?.showPopover() };

  document.documentElement.classList.add("no-popover"); // board.css hides those that are not open
  const open = (tip) => tip?.classList.add(OPEN);
  const closeAll = () => document.querySelectorAll(`.${OPEN}`).forEach((tip) => tip.classList.remove(OPEN));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[popovertarget]");
    const tip = button && document.getElementById(button.getAttribute("popovertarget"));
    const again = tip?.classList.contains(OPEN);
    if (!event.target.closest(`.${OPEN}`)) closeAll();
    if (!again) open(tip);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeAll(); });
  return { isOpen: (tip) => tip.classList.contains(OPEN), open };
})();
