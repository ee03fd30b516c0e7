// The form of /log/: steps beside its figures, and over any other page (log-open.js) a sheet with that very form, which saves
// without leaving the page.
"use strict";

{
  const DRAFT = "log-draft"; // what was typed when the page was left for another, in this tab alone
  const SHOWN = 60000; // how long what was saved is told, ms; the day's page can undo it later

  const made = (tag, words, text = "") => Object.assign(document.createElement(tag), words, { textContent: text });

  // Steps and chips beside a figure -----------------------------------------------------------------------------------
  function number(text, whole) {
    const plain = text.replace(/\s/g, "");
    return parseFloat((whole ? plain.replace(/,(?=\d{3}(\D|$))/g, "") : plain).replace(",", ".")) || 0;
  }

  function step(input, by) {
    const whole = Number.isInteger(by);
    const next = Math.max(0, number(input.value, whole) + by).toFixed(whole ? 0 : 1);
    input.value = input.value.includes(",") && !whole ? next.replace(".", ",") : next;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function enhance(root) {
    for (const box of root.querySelectorAll(".log-stepped:not(.log-able)")) {
      const [input, size] = [box.querySelector("input"), Number(box.dataset.step)];
      for (const [sign, by, place, word] of [["−", -size, "prepend", "less"], ["+", size, "append", "more"]]) {
        const button = made("button", { type: "button", className: "btn", onclick: () => step(input, by) }, sign);
        button.setAttribute("aria-label", `${size} ${word}`);
        box[place](button);
      }
      box.classList.add("log-able");
      const chips = box.parentElement.querySelector("[data-figures]");
      for (const figure of chips?.dataset.figures.split(" ") ?? []) {
        chips.append(made("button", { type: "button", onclick: () => { input.value = "0"; step(input, Number(figure)); } }, figure));
      }
    }
    // A duration that is typed stands over the choice beside it.
    const exact = root.querySelector("[name=exact]");
    exact?.addEventListener("input", () => root.querySelectorAll("[name=minutes]").forEach((one) => { one.checked = false; }));
    root.querySelectorAll("[name=minutes]").forEach((one) => one.addEventListener("change", () => { exact.value = ""; }));
    // Who picks another day has that day to pick.
    root.querySelectorAll("[name=date]").forEach((one) => one.addEventListener("input", () => {
      root.querySelector("[name=day][value=other]").checked = true;
    }));
  }

  // The wire -------------------------------------------------------------------------------------------------------------
  class Trouble extends Error {}

  async function page(address, how) {
    const answer = await fetch(address, how).catch(() => {
      throw new Trouble(how ? "The board has not answered, so this may not be saved. It stays here: look at the week, then save again."
        : "The board does not answer. Try again when there is a connection.");
    });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (found.querySelector("#password")) throw Object.assign(new Trouble("You were signed out, so nothing was saved. What you typed comes back once you "), { signedOut: true });
    if (!answer.ok && answer.status !== 422) {
      const text = found.querySelector("main p")?.textContent || "The board cannot do that just now. Try again in a moment.";
      throw Object.assign(new Trouble(text), { status: answer.status });
    }
    return found;
  }

  const post = (form) => page(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });

  // A form that was open since before a sign-in has a token of then: it is given one of now, and sent once more.
  async function send(form) {
    try {
      return await post(form);
    } catch (trouble) {
      if (trouble.status !== 400) throw trouble;
      form.elements.csrf_token.value = (await page(link.href)).querySelector("[name=csrf_token]").value;
      return post(form);
    }
  }

  // The sheet --------------------------------------------------------------------------------------------------------------
  const link = document.querySelector(".pages a.log");
  const kinds = new Map(); // the forms that were opened, so that what is typed into one outlives a look at another
  let typed = false;
  let sending = false;
  let dialog, trouble, place, toast, hiding;

  function build() {
    dialog = made("dialog", { className: "log-sheet" });
    dialog.setAttribute("aria-labelledby", "log-title");
    dialog.dataset.unkept = "";
    trouble = made("p", { className: "log-trouble" });
    trouble.setAttribute("role", "alert");
    place = made("div");
    const top = made("div", { className: "log-top" });
    const close = made("button", { type: "button", className: "btn btn-icon", onclick: () => dialog.close() }, "×");
    close.setAttribute("aria-label", "Close");
    top.append(made("h2", { id: "log-title" }, "Log"), close);
    const inner = made("div", { className: "log-inner" });
    inner.append(top, trouble, place);
    dialog.append(inner);
    toast = made("div", { className: "log-toast" });
    toast.dataset.unkept = "";
    toast.setAttribute("role", "status");
    toast.addEventListener("submit", (event) => { event.preventDefault(); undo(event.target); });
    link.closest("header").after(toast);
    document.body.append(dialog);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // beside it
      const other = event.target.closest(".log-kinds a");
      if (other) { event.preventDefault(); show(other.href); }
    });
    dialog.addEventListener("input", () => { typed = true; });
    dialog.addEventListener("submit", (event) => { event.preventDefault(); save(event.target); });
    for (const kind of ["keydown", "touchstart"]) dialog.addEventListener(kind, (event) => event.stopPropagation(), { passive: true }); // moving.js
    dialog.addEventListener("close", () => { link.focus(); if (!typed) forget(); });
  }

  function forget() {
    kinds.clear();
    typed = false;
    keep("");
  }

  function say(problem) {
    trouble.textContent = problem?.message ?? "";
    if (problem?.signedOut) trouble.append(made("a", { href: location.href }, "sign in"), ".");
  }

  function put(fresh) {
    place.replaceChildren(fresh);
    const [wrong, kind] = [fresh.querySelector("[aria-invalid]"), fresh.querySelector("[name=kind]").value];
    const first = { weight: ".log-save", calories: "[name=calories]", activity: "[name=sport]:checked" }[kind];
    (wrong?.matches("fieldset") ? wrong.querySelector("input") : wrong ?? fresh.querySelector(first))?.focus();
  }

  function take(found) {
    const fresh = document.importNode(found.querySelector("#log-page"), true);
    enhance(fresh);
    kinds.set(fresh.querySelector("[name=kind]").value, fresh);
    return fresh;
  }

  async function show(address) {
    const kind = new URL(address).searchParams.get("kind") ?? "weight";
    say();
    try {
      put(kinds.get(kind) ?? take(await page(address)));
    } catch (problem) {
      say(problem);
    }
  }

  async function open(address = link.href) {
    if (!dialog) build();
    if (!typed) { kinds.clear(); place.replaceChildren(); }
    if (!dialog.open) dialog.showModal();
    if (place.firstChild) put(place.firstChild);
    else await show(address);
  }

  async function save(form) {
    if (sending) return;
    sending = true;
    say();
    try {
      const found = await send(form);
      const said = found.querySelector(".log-said");
      if (said) saved(said);
      else put(take(found)); // with its refusals
    } catch (problem) {
      typed = true; // also where it was no more than looked at
      say(problem);
    } finally {
      sending = false;
    }
  }

  function saved(said) {
    forget();
    place.replaceChildren();
    dialog.close();
    tell(document.importNode(said, true));
    renew();
  }

  // The day's page hears of no change by itself.
  async function renew() {
    if (!document.querySelector(".day-two")) return;
    const found = await page(location.href).catch(() => null);
    if (found) document.getElementById("main").replaceChildren(...document.importNode(found.getElementById("main"), true).childNodes);
  }

  // What was saved, with its Undo, over the foot of the page ------------------------------------------------------------
  function tell(said) {
    const close = made("button", { type: "button", className: "btn btn-icon btn-quiet", onclick: () => toast.replaceChildren() }, "×");
    close.setAttribute("aria-label", "Close");
    said.removeAttribute("role");
    toast.replaceChildren(said, close);
    clearTimeout(hiding);
    hiding = setTimeout(() => toast.replaceChildren(), SHOWN);
  }

  async function undo(form) {
    try {
      const said = (await send(form)).querySelector(".log-said");
      if (!said) throw new Trouble("That could not be brought back. The day's page shows what is there.");
      tell(document.importNode(said, true));
      renew();
    } catch (problem) {
      tell(made("p", { className: "log-said" }, problem.message));
    }
    link.focus();
  }

  // A page that is left while the sheet is open, for a sign-in or a new version, has it open again with what was typed. -----
  const kept = () => { try { return sessionStorage.getItem(DRAFT); } catch { return ""; } }; // a browser may forbid it
  const keep = (text) => { try { sessionStorage.setItem(DRAFT, text); } catch { /* then a page that is left takes it along */ } };

  function leave() {
    const form = dialog?.open && typed && place.querySelector("form");
    if (!form) return;
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
    keep(JSON.stringify(fields));
  }

  async function comeBack(fields) {
    const kind = new URL(link.href);
    kind.searchParams.set("kind", Object.fromEntries(fields).kind);
    await open(kind.href);
    const form = place.querySelector("form");
    if (!form) return;
    for (const [name, value] of fields) if (form.elements[name]) form.elements[name].value = value;
    typed = true;
    trouble.textContent = "The page was loaded anew. What you typed is not saved yet.";
  }

  enhance(document);
  if (link && link.getAttribute("aria-current") !== "page") {
    link.addEventListener("log", () => open()); // log-open.js
    addEventListener("pagehide", leave);
    const draft = kept();
    keep("");
    if (draft) comeBack(JSON.parse(draft));
  }
}
