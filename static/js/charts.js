// Draws each chart with Plotly in the place of its still picture. Without this file the picture stays.
"use strict";

(() => {
  const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };
  const LABEL = 62;
  const root = document.documentElement;
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  const hovers = window.matchMedia("(hover: hover)");

  function theme() {
    const chosen = root.dataset.theme;
    if (chosen === "light" || chosen === "dark") return chosen;
    return systemDark.matches ? "dark" : "light";
  }

  function draw(place) {
    const plot = place.querySelector("[data-plot]");
    const figure = JSON.parse(place.querySelector("[data-figure]").content.textContent);
    const colours = figure.themes[theme()];
    const data = figure.data.map((trace, number) => ({ ...trace, marker: colours.markers[number] }));
    plot.hidden = false;
    place.classList.add("chart-drawn");
    const layout = { ...figure.layout, template: colours.template };
    layout.xaxis = thin(layout.xaxis, plot.clientWidth);
    const fresh = plot.childElementCount === 0;
    Plotly.react(plot, data, layout, CONFIG);
    if (fresh) follow(plot, figure);
  }

  // As many labels under the bars as there is room for.
  function thin(axis, width) {
    const { tickvals = [], ticktext = [] } = axis;
    const every = Math.ceil(tickvals.length / Math.max(Math.floor(width / LABEL), 1));
    const kept = (_, number) => number % every === 0;
    return { ...axis, tickvals: tickvals.filter(kept), ticktext: ticktext.filter(kept) };
  }

  // A bar leads to its events. A finger sees the number first and goes there with a second touch.
  function follow(plot, { links, path, more }) {
    let shown = "";
    const linkOf = (point) => (links[point.curveNumber] || [])[point.pointNumber] || "";
    plot.on("plotly_hover", (hover) => {
      plot.classList.toggle("chart-pointing", linkOf(hover.points[0]) !== "");
    });
    plot.on("plotly_unhover", () => plot.classList.remove("chart-pointing"));
    plot.on("plotly_click", (click) => {
      const point = click.points[0];
      const link = linkOf(point);
      const name = `${point.curveNumber} ${point.pointNumber}`;
      const seen = hovers.matches || shown === name;
      shown = name;
      const address = `${path}?q=${encodeURIComponent(link)}${more[point.curveNumber]}`;
      if (link && seen) go(address, click.event);
    });
  }

  function go(address, event) {
    if (event && (event.ctrlKey || event.metaKey)) window.open(address, "_blank", "noopener");
    else window.location.assign(address);
  }

  function drawAll() {
    for (const place of document.querySelectorAll("[data-chart]")) draw(place);
  }

  let resizing = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(drawAll, 150);
  });

  drawAll();
  document.addEventListener("htmx:beforeCleanupElement", (cleanup) => {
    if (cleanup.target.matches("[data-plot]")) Plotly.purge(cleanup.target);
  });
  document.addEventListener("htmx:afterSettle", drawAll);
  systemDark.addEventListener("change", drawAll);
  new MutationObserver(drawAll).observe(root, { attributeFilter: ["data-theme"] });
})();
