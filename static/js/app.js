// What a page can do beyond links and forms. Everything works without it.
"use strict";

// "/" goes to the search box; Escape closes the open menu.
document.addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey) return;
  if (press.key === "Escape") closeMenus(null, true);
  if (press.key !== "/" || press.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector("[data-search]");
  if (!box) return;
  press.preventDefault();
  box.focus();
  box.select();
});

document.addEventListener("click", (click) => closeMenus(click.target, false));

function closeMenus(except, refocus) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (except && menu.contains(except)) continue;
    if (refocus && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
}

// A choice of theme shows at once; the form still tells the server.
document.addEventListener("submit", (sending) => {
  if (!sending.target.matches("[data-theme-form]") || !sending.submitter) return;
  document.documentElement.dataset.theme = sending.submitter.value;
});

// Once the login shows in one tab, nobody is signed in: no other goes on showing what stands in it.
const tabs = new BroadcastChannel("auditdash");
if (location.pathname === "/login") tabs.postMessage("signed out");
else if ("may" in document.body.dataset) {
  tabs.addEventListener("message", () => {
    location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  });
}

// A button that copies what stands in data-copy.
document.addEventListener("click", async (click) => {
  const button = click.target.closest("[data-copy]");
  if (!button || !navigator.clipboard) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  say("Copied");
});

// A button that prints the page.
document.addEventListener("click", (click) => {
  if (click.target.closest("[data-print]")) window.print();
});

// Selects marked so send their form when changed.
document.addEventListener("change", (change) => {
  if (change.target.matches("[data-submit]")) change.target.form.requestSubmit();
});

// Told to screen readers.
function say(text) {
  document.getElementById("status").textContent = text;
}

document.addEventListener("htmx:load", (load) => {
  if (load.detail.elt === document.body) return;
  const told = load.detail.elt.querySelector("[data-say]");
  if (told) say(told.dataset.say);
});

// No answer at all: the page says so instead of staying silent.
document.addEventListener("htmx:sendError", () => {
  const place = document.getElementById("notices");
  if (!place || place.querySelector("[data-offline]")) return;
  const note = document.createElement("div");
  note.className = "notice notice-error";
  note.dataset.offline = "";
  note.textContent = "The server did not answer. Check the connection and try again.";
  place.append(note);
});
