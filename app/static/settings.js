// Offers the browser's own time zone where it is another one than the chosen.
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const select = document.getElementById("timezone");
const button = document.getElementById("own-timezone");

// A zone may have several names, such as UTC and Etc/UTC.
const canonical = (name) => Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;

function offer() {
  const known = [...select.options].some((option) => option.value === zone);
  button.hidden = !known || zone === canonical(select.value || button.dataset.default);
}

button.textContent = `Use this browser's: ${zone}`;
button.addEventListener("click", () => { select.value = zone; offer(); select.focus(); });
select.addEventListener("change", offer);
offer();
