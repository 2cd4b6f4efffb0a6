// The timeline with the keyboard: j and k walk through its rows, Escape closes one. Enter is the row's own.
"use strict";

{
  const OPENED = "auditdash.facets"; // which facets were opened or closed, in this tab

  document.addEventListener("keydown", (press) => {
    if (press.defaultPrevented || press.ctrlKey || press.metaKey || press.altKey) return;
    if (press.target.closest("input, textarea, select, [contenteditable], dialog, .menu[open]")) return;
    if (press.key === "j" || press.key === "k") walk(press);
    if (press.key === "Escape") close(press.target.closest(".event-details[open]"));
  });

  function walk(press) {
    const rows = [...document.querySelectorAll(".event-line, .more a")];
    if (!rows.length) return;
    const here = press.target.closest(".event")?.querySelector(".event-line") ?? press.target;
    const at = rows.indexOf(here);
    const step = press.key === "j" ? 1 : -1;
    const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
    press.preventDefault();
    rows[next].focus();
    rows[next].scrollIntoView({ block: "nearest" });
  }

  function close(row) {
    if (!row) return;
    row.open = false;
    row.querySelector("summary").focus();
  }

  // A facet stays as the reader left it, whatever is asked next.
  const remembered = () => JSON.parse(sessionStorage.getItem(OPENED) ?? "{}");

  document.addEventListener("click", (click) => {
    const facet = click.target.closest(".facet > summary")?.parentElement;
    if (!facet) return;
    sessionStorage.setItem(OPENED, JSON.stringify({ ...remembered(), [facet.dataset.facet]: !facet.open }));
  });

  function restore() {
    const opened = remembered();
    for (const facet of document.querySelectorAll("[data-facet]")) {
      const chosen = facet.querySelector("[aria-current]");
      if (facet.dataset.facet in opened) facet.open = opened[facet.dataset.facet] || Boolean(chosen);
    }
  }

  restore();
  document.addEventListener("htmx:afterSwap", restore);
}
