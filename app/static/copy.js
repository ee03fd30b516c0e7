// Copies what stands beside a button; the clipboard's own way is there under https and on localhost only.
"use strict";
{
  const SAID = 2000; // how long the button says it, ms

  async function copy(code) {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(code);
      return document.execCommand("copy");
    }
  }

  for (const button of document.querySelectorAll(".copy-box button")) {
    const said = button.querySelector(".copy-said");
    button.hidden = false;
    button.addEventListener("click", async () => {
      said.textContent = await copy(button.previousElementSibling) ? "Copied" : "Selected";
      setTimeout(() => { said.textContent = "Copy"; }, SAID);
    });
  }
}
