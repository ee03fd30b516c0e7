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

// A row goes up or down at once and is saved with all the rest; without this script the arrow's button does both.
const rows = document.querySelector(".settings-rows");

function move(button) {
  const row = button.closest("li");
  const beside = button.value.endsWith(" up") ? row.previousElementSibling : row.nextElementSibling;
  if (!beside) return;
  if (button.value.endsWith(" up")) beside.before(row);
  else beside.after(row);
  button.focus();
  const name = row.querySelector(".form-check-label").textContent;
  document.getElementById("moved").textContent = `${name} is row ${[...rows.children].indexOf(row) + 1} of ${rows.children.length}`;
}

rows.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=move]");
  if (!button) return;
  event.preventDefault();
  move(button);
});
