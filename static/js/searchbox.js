// The search box as a combobox, and the sheet of examples. Without it, the box is a form and the
// sheet a page. The server says what can be chosen and what the text is afterwards; this shows it.
"use strict";

(() => {
  const PAUSE = 60; // milliseconds without a key before the server is asked
  const LIMIT = 100; // a list that comes later would jump under the fingers: it does not come
  let asking = null; // the AbortController of the answer that is awaited
  let pause = 0; // the timer after which the server is asked, 0: none
  let offers = []; // what the list shows
  let stale = false; // whether the text has changed since, so that nothing may be chosen of it
  let chosen = -1; // which of them is chosen, -1: none, so that Enter searches

  const boxOf = (element) => element && element.closest && element.closest("[data-search]");
  const partOf = (box, name) => box.form.querySelector(name);
  const isOpen = (box) => !partOf(box, "[data-options]").hidden;
  // A list that is still to come is one to whoever presses Escape: it must not open afterwards.
  const isOpening = (box) => isOpen(box) || pause !== 0 || asking !== null;
  // The server counts characters, the browser the halves of some of them.
  const caretOf = (box) => Array.from(box.value.slice(0, box.selectionEnd)).length;

  // Roles are given by script: without one, the box is a plain search field.
  function prepare() {
    for (const box of document.querySelectorAll("[data-search]:not([role=combobox])")) {
      if (!partOf(box, "[data-options]")) continue;
      box.setAttribute("role", "combobox");
      box.setAttribute("aria-autocomplete", "list");
      box.setAttribute("aria-haspopup", "listbox");
      box.setAttribute("aria-controls", "q-options");
      box.setAttribute("aria-expanded", "false");
    }
  }

  // --- asking

  function askSoon(box) {
    forget();
    stale = true;
    choose(box, -1);
    pause = setTimeout(() => ask(box), PAUSE);
  }

  function forget() {
    clearTimeout(pause);
    pause = 0;
    if (asking) asking.abort();
    asking = null;
  }

  // `first` is the offer that is chosen at once: Down opens the list and goes into it.
  async function ask(box, first = -1) {
    forget();
    const text = box.value;
    const caret = caretOf(box);
    const address = `${box.dataset.search}?${new URLSearchParams({ q: text, caret })}`;
    const mine = (asking = new AbortController());
    const late = setTimeout(() => mine.abort(), LIMIT);
    let found;
    try {
      const answer = await fetch(address, { signal: mine.signal, redirect: "error" });
      found = answer.ok ? await answer.json() : [];
    } catch {
      found = []; // late, or no answer: the box works on without
    } finally {
      clearTimeout(late);
    }
    if (mine !== asking) return;
    asking = null;
    const same = box.value === text && caretOf(box) === caret && document.activeElement === box;
    if (same) show(box, found, first);
    else close(box); // it belongs to what was written before
  }

  // --- the list

  function show(box, found, first) {
    offers = found;
    stale = false;
    const list = partOf(box, "#q-options");
    list.replaceChildren(...groups(found));
    list.scrollTop = 0;
    open(box, found.length > 0);
    choose(box, found.length ? first : -1);
    const count = found.length === 1 ? "1 suggestion" : `${found.length || "No"} suggestions`;
    partOf(box, "[data-options-said]").textContent = count;
  }

  function groups(found) {
    const made = new Map();
    found.forEach((offer, number) => {
      if (!made.has(offer.group)) made.set(offer.group, group(offer.group, made.size));
      made.get(offer.group).append(option(offer, number));
    });
    return made.values();
  }

  function group(name, number) {
    const head = make("div", "options-head", name);
    head.id = `q-options-${number}`;
    head.setAttribute("role", "presentation");
    const group = make("div", "options-group");
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", head.id);
    group.append(head);
    return group;
  }

  function option(offer, number) {
    const option = make("div", "option");
    option.id = `q-option-${number}`;
    option.dataset.option = number;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const named = offer.group === "Saved searches" ? " option-named" : "";
    const label = make("bdi", `option-label${named}`, offer.label);
    label.title = offer.label;
    option.append(label, " ", make("bdi", "option-note", offer.note));
    if (offer.count !== null) {
      option.append(" ", make("span", "option-count", offer.count.toLocaleString("en")));
    }
    return option;
  }

  function make(name, look, text = "") {
    const element = document.createElement(name);
    element.className = look;
    element.textContent = text; // strangers wrote it: never as HTML
    return element;
  }

  function open(box, yes) {
    partOf(box, "[data-options]").hidden = !yes;
    box.setAttribute("aria-expanded", String(yes));
    if (!yes) choose(box, -1);
  }

  function close(box) {
    forget();
    open(box, false);
    partOf(box, "[data-options-said]").textContent = "";
  }

  function choose(box, number) {
    const options = box.form.querySelectorAll("[data-option]");
    if (options[chosen]) options[chosen].setAttribute("aria-selected", "false");
    chosen = number;
    const option = options[number];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  }

  // Down from the last is none again, so that one can come back to what was typed.
  function step(box, by) {
    const places = offers.length + 1;
    choose(box, ((chosen + 1 + by + places) % places) - 1);
  }

  function take(box, number) {
    const offer = offers[number];
    box.value = offer.text;
    const caret = Array.from(offer.text).slice(0, offer.caret).join("").length;
    box.setSelectionRange(caret, caret);
    box.scrollLeft = box.scrollWidth;
    open(box, false);
    if (offer.group === "Saved searches") close(box);
    else ask(box);
  }

  // --- keys and the mouse

  const keys = {
    ArrowDown: (box) => (isOpen(box) && !stale ? step(box, 1) : ask(box, 0)),
    ArrowUp: (box) => isOpen(box) && !stale && step(box, -1),
    Tab: (box) => isOpen(box) && chosen >= 0 && take(box, chosen),
    Enter: (box) => isOpen(box) && chosen >= 0 && take(box, chosen),
    Escape: (box) => isOpening(box) && close(box),
  };

  document.addEventListener("keydown", (press) => {
    const box = boxOf(press.target);
    const modified = press.ctrlKey || press.metaKey || press.altKey || press.shiftKey;
    if (!box || !keys[press.key] || modified || press.isComposing) return;
    if (keys[press.key](box) === false) {
      if (press.key === "Enter") close(box); // the search begins: nothing may open over its answer
      return;
    }
    press.preventDefault();
    press.stopImmediatePropagation();
  }, true);

  document.addEventListener("input", (typed) => {
    const box = boxOf(typed.target);
    if (box && !typed.isComposing) askSoon(box);
  });

  document.addEventListener("compositionend", (typed) => boxOf(typed.target) && askSoon(typed.target));

  // The caret moved away from where the list belongs.
  document.addEventListener("keyup", (press) => {
    const box = boxOf(press.target);
    if (box && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(press.key) && isOpening(box)) ask(box);
  });

  document.addEventListener("focusout", (leave) => boxOf(leave.target) && close(leave.target));

  // A press must not take the focus from the box, or the list would close before the click.
  document.addEventListener("mousedown", (press) => {
    if (press.target.closest("[data-options]")) press.preventDefault();
  });

  document.addEventListener("click", (click) => {
    const option = click.target.closest("[data-option]");
    if (!option || stale) return;
    const box = option.closest("form").querySelector("[data-search]");
    box.focus();
    take(box, Number(option.dataset.option));
  });

  document.addEventListener("submit", (sending) => {
    const box = sending.target.querySelector("[data-search]");
    if (box) close(box);
  });

  // --- a query that cannot be read: the spot is selected, so that typing mends it

  function pointOut() {
    const box = document.querySelector("[data-wrong]");
    if (!box || document.activeElement !== box || box.value !== box.defaultValue) return;
    const [position, length] = box.dataset.wrong.split(" ").map(Number);
    const letters = Array.from(box.value);
    const start = letters.slice(0, position).join("").length;
    const end = start + letters.slice(position, position + length).join("").length;
    box.setSelectionRange(start, end);
  }

  // --- the sheet

  function openSheet() {
    const sheet = document.getElementById("search-sheet");
    if (!sheet || sheet.open) return false;
    sheet.showModal();
    sheet.dispatchEvent(new Event("opened"));
    return true;
  }

  document.addEventListener("click", (click) => {
    const modified = click.ctrlKey || click.metaKey || click.shiftKey || click.button !== 0;
    if (!modified && click.target.closest("[data-sheet]") && openSheet()) click.preventDefault();
    // On the backdrop, which is the dialog itself and not what stands in it.
    if (click.target.matches("dialog.sheet")) click.target.close();
  });

  document.addEventListener("keydown", (press) => {
    if (press.key !== "?" || press.ctrlKey || press.metaKey || press.altKey) return;
    if (press.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    if (openSheet()) press.preventDefault();
  });

  prepare();
  document.addEventListener("htmx:load", prepare);
  document.addEventListener("htmx:afterSettle", pointOut);
})();
