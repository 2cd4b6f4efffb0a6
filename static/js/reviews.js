// An access review with the keyboard: j and k walk through its lines, x ticks one. Enter is the line's own.
"use strict";

{
  const lines = () => [...document.querySelectorAll(".review-lines tbody tr")];

  document.addEventListener("keydown", (press) => {
    if (press.defaultPrevented || press.ctrlKey || press.metaKey || press.altKey) return;
    const tick = press.target.matches(".review-lines input[type=checkbox]");
    if (!tick && press.target.closest("input, textarea, select, [contenteditable], .menu[open]")) return;
    if (press.key === "j") walk(press, 1);
    if (press.key === "k") walk(press, -1);
    if (press.key !== "x") return;
    const box = press.target.closest("tr")?.querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
  });

  function walk(press, step) {
    const rows = lines();
    if (!rows.length) return;
    const at = rows.indexOf(press.target.closest("tr"));
    const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
    press.preventDefault();
    (next.querySelector(".review-decide > summary") ?? next.querySelector("input, a")).focus();
    next.scrollIntoView({ block: "nearest" });
  }

  // One tick for all lines of the page; without scripts each is ticked by itself.
  const all = document.querySelector("[data-tick-all]");
  if (all) {
    all.hidden = false;
    all.addEventListener("change", (change) => {
      for (const row of lines()) row.querySelector("input[type=checkbox]").checked = change.target.checked;
    });
  }
}
