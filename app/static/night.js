// Dims a screen on the wall at night. The server tells the person's time, which goes on by itself between two pushes, so a
// tablet with a wrong clock, or in another zone, is right, too. Runs in the head: nothing is painted light first.
"use strict";

const night = (() => {
  const DAY = 1440; // minutes
  const root = document.documentElement;
  const dark = document.getElementById("dark");
  const by = { theme: root.dataset.theme ?? "", media: dark?.media };
  const { from, until, clock } = document.currentScript?.dataset ?? {};
  const minutes = (text) => { const [hours, rest] = text.split(":"); return 60 * hours + Number(rest); };
  let told = { clock, at: Date.now() };

  // `now`, `from` and `until` are texts such as 21:00, and `passed` the minutes since it was `now`; the end is day again.
  function isNight(now, from, until, passed = 0) {
    const [begin, end] = [minutes(from), minutes(until)];
    const at = (minutes(now) + passed) % DAY;
    return begin < end ? begin <= at && at < end : at >= begin || at < end;
  }

  function look() {
    const dim = isNight(told.clock, from, until, (Date.now() - told.at) / 60000);
    root.classList.toggle("night", dim);
    dark.media = dim ? "all" : by.media;
    if (dim || by.theme) root.dataset.theme = dim ? "dark" : by.theme;
    else delete root.dataset.theme;
  }

  function tell(clock) {
    told = { clock, at: Date.now() };
    if (from) look();
  }

  if (from) {
    look();
    setInterval(look, 1000);
  }
  return { isNight, tell };
})();
