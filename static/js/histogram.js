// The histogram with arrow keys and a brush. Each bar is a link and works without this.
"use strict";

{
  const DRAGGED = 4; // pixels: less is a click
  let brush = null; // {bars, first, last, x, dragged} while the pointer is down
  let anchor = null; // the bar from which Shift and the arrows select

  const barsOf = (element) => [...element.closest("[data-histogram]").querySelectorAll(".bar")];
  const nameOf = (bar) => bar.ariaLabel.slice(0, bar.ariaLabel.lastIndexOf(": "));
  const chosenOf = (bars) => bars.filter((bar) => bar.classList.contains("bar-chosen"));

  // "12 March 2026: 1,204 events", or the same of several bars.
  function describe(bars) {
    if (bars.length === 1) return bars[0].ariaLabel;
    const count = bars.reduce((sum, bar) => sum + Number(bar.dataset.count), 0);
    const said = `${count.toLocaleString("en-US")} event${count === 1 ? "" : "s"}`;
    return `${nameOf(bars[0])} to ${nameOf(bars.at(-1))}: ${said}`;
  }

  function show(bars) {
    const place = document.querySelector("[data-histogram] [data-said]");
    if (place) place.textContent = bars.length ? describe(bars) : "";
  }

  function choose(bars, one, other) {
    const [from, to] = one < other ? [one, other] : [other, one];
    bars.forEach((bar, at) => bar.classList.toggle("bar-chosen", at >= from && at <= to));
    return bars.slice(from, to + 1);
  }

  function letGo(bars) {
    for (const bar of bars) bar.classList.remove("bar-chosen");
    anchor = null;
  }

  // One bar takes part in the order of Tab; it has the id by which htmx finds the focus again.
  function focusBar(bars, bar) {
    for (const other of bars) {
      other.tabIndex = other === bar ? 0 : -1;
      other.removeAttribute("id");
    }
    bar.id = "bar";
    bar.focus();
  }

  function narrow(bars) {
    const histogram = bars[0].closest("[data-histogram]");
    const all = barsOf(histogram);
    const after = all[all.indexOf(bars.at(-1)) + 1];
    const form = histogram.querySelector("[data-brush]");
    form.elements.start.value = bars[0].dataset.start;
    form.elements.end.value = after ? after.dataset.start : histogram.dataset.end;
    form.requestSubmit();
  }

  const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };

  document.addEventListener("keydown", (press) => {
    const bar = press.target.closest?.(".bar");
    if (!bar || press.ctrlKey || press.metaKey || press.altKey) return;
    const bars = barsOf(bar);
    const at = bars.indexOf(bar);
    if (press.key in steps) {
      press.preventDefault();
      const next = Math.min(Math.max(at + steps[press.key], 0), bars.length - 1);
      if (press.shiftKey) anchor = anchor && bars.includes(anchor) ? anchor : bar;
      else letGo(bars);
      const chosen = anchor ? choose(bars, bars.indexOf(anchor), next) : [bars[next]];
      focusBar(bars, bars[next]);
      show(chosen);
      say(describe(chosen));
    } else if (press.key === "Enter" && chosenOf(bars).length > 1) {
      press.preventDefault();
      narrow(chosenOf(bars));
    } else if (press.key === "Escape" && (anchor || chosenOf(bars).length)) {
      letGo(bars);
      show([bar]);
      say("Selection cleared");
    }
  });

  document.addEventListener("focusin", (focus) => {
    const bar = focus.target.closest(".bar");
    if (!bar || anchor || brush) return;
    show([bar]);
    say(bar.ariaLabel);
  });

  document.addEventListener("focusout", (focus) => {
    if (!focus.target.closest(".bar") || focus.relatedTarget?.closest(".bar")) return;
    letGo(barsOf(focus.target));
    show([]);
  });

  document.addEventListener("mouseover", (over) => {
    const bar = over.target.closest(".bar");
    if (bar && !brush && !anchor) show([bar]);
  });

  document.addEventListener("mouseout", (out) => {
    if (!out.target.closest(".bar") || brush || anchor) return;
    const focused = document.activeElement.closest?.(".bar");
    show(focused ? [focused] : []);
  });

  document.addEventListener("pointerdown", (down) => {
    const bar = down.target.closest(".bar");
    if (!bar || down.button !== 0 || down.ctrlKey || down.metaKey || down.shiftKey) return;
    const bars = barsOf(bar);
    letGo(bars);
    brush = { bars, first: bars.indexOf(bar), last: bars.indexOf(bar), x: down.clientX, dragged: false };
  });

  document.addEventListener("pointermove", (move) => {
    if (!brush) return;
    brush.dragged ||= Math.abs(move.clientX - brush.x) >= DRAGGED;
    if (!brush.dragged) return;
    const frame = brush.bars[0].parentElement.getBoundingClientRect();
    const part = (move.clientX - frame.left) / frame.width;
    brush.last = Math.min(Math.max(Math.floor(part * brush.bars.length), 0), brush.bars.length - 1);
    show(choose(brush.bars, brush.first, brush.last));
  });

  document.addEventListener("pointerup", () => {
    const ended = brush;
    brush = null;
    if (!ended?.dragged) return;
    const chosen = chosenOf(ended.bars);
    // The click that follows would open one bar.
    addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", stop, { capture: true }));
    if (chosen.length) narrow(chosen);
  });

  function stop(click) {
    click.preventDefault();
    click.stopPropagation();
  }

  function cancel() {
    if (!brush) return;
    letGo(brush.bars);
    show([]);
    brush = null;
  }

  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", (press) => press.key === "Escape" && cancel());
  document.addEventListener("dragstart", (drag) => drag.target.closest?.(".bar") && drag.preventDefault());
}
