// Sends files with their progress, and lets the imports that are under way tell how far they have come.
"use strict";

const LOOK_MS = 1000;
const form = document.getElementById("drop");

function problem(text) {
  const line = document.getElementById("drop-problem");
  line.textContent = text;
  line.hidden = !text;
}

function send(files) {
  if (!files.length) return;
  const most = Number(form.dataset.most);
  const size = [...files].reduce((sum, file) => sum + file.size, 0);
  if (size > most * 1048576) {
    problem(`That is more than ${most} MB. Put the file into the folder that is named below, on the server.`);
    return;
  }
  problem("");
  const data = new FormData();
  for (const file of files) data.append("file", file, file.name);
  const request = new XMLHttpRequest();
  const bar = document.getElementById("sent");
  const words = document.getElementById("sending-words");
  bar.closest(".sending").hidden = false;
  request.upload.addEventListener("progress", (event) => {
    const part = event.lengthComputable ? Math.round((100 * event.loaded) / event.total) : 0;
    bar.value = part;
    words.textContent = `Sending ${files.length === 1 ? `\u2068${files[0].name}\u2069` : `${files.length} files`}, ${part} %`;
  });
  request.addEventListener("load", () => finished(request));
  request.addEventListener("error", () => failed("The connection was lost while the file was sent. Send it again."));
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", form.elements.csrf_token.value);
  request.send(data);
}

function finished(request) {
  if (request.status === 201) {
    const { imports } = JSON.parse(request.responseText);
    window.location.assign(imports.length === 1 ? `${form.action}${imports[0]}` : form.action);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  failed(page.querySelector("main p")?.textContent || `That did not work (${request.status}).`);
}

function failed(text) {
  form.querySelector(".sending").hidden = true;
  problem(text);
}

if (form) {
  document.documentElement.classList.add("scripted");
  const zone = form.querySelector(".drop");
  const input = document.getElementById("files");
  input.addEventListener("change", () => send(input.files));
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    send(event.dataTransfer.files);
  });
}

const shown = () => [...document.querySelectorAll("[data-import]")];
const underWay = (state) => state === "waiting" || state === "running";

async function look() {
  const open = shown().filter((place) => underWay(place.dataset.state));
  if (!open.length) return;
  const address = new URL(document.querySelector("[data-progress]").dataset.progress, window.location);
  for (const place of open) address.searchParams.append("id", place.dataset.import);
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    for (const one of await answer.json()) show(one);
  } catch {
    // The server is away for a moment; the next look may find it.
  }
  window.setTimeout(look, LOOK_MS);
}

function show(one) {
  const place = shown().find((found) => Number(found.dataset.import) === one.id);
  if (!place) return;
  place.querySelector(".import-said").textContent = one.said;
  // What came of it is a page of its own, painted by the server.
  if (!underWay(one.state) && underWay(place.dataset.state) && place.tagName === "P") window.location.reload();
  place.dataset.state = one.state;
}

look();
