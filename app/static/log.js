// The steps beside a figure: without this script the field is typed into.
for (const box of document.querySelectorAll(".log-stepped")) {
  const input = box.querySelector("input");
  const step = Number(box.dataset.step);
  const button = (text, by) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-outline-secondary log-step";
    made.textContent = text;
    made.setAttribute("aria-label", `${step} ${by > 0 ? "more" : "less"}`);
    made.addEventListener("click", () => {
      const now = Number(input.value.replace(",", ".")) || 0;
      input.value = Math.max(0, now + by * step).toFixed(step < 1 ? 1 : 0);
    });
    return made;
  };
  box.prepend(button("−", -1));
  box.append(button("+", 1));
}
