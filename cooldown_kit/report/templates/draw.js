(() => {
  "use strict";
  // Colours in the figures are names of CSS variables: `var(--ink)`. They are looked up when drawing, so that a
  // change between light and dark redraws the plots in the new colours.
  const style = () => getComputedStyle(document.documentElement);
  const resolve = (value, css) => {
    if (typeof value === "string") {
      return value.startsWith("var(") ? css.getPropertyValue(value.slice(4, -1)).trim() : value;
    }
    if (Array.isArray(value)) return value.map((item) => resolve(item, css));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, css)]));
    }
    return value;
  };
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const draw = () => {
    const css = style();
    for (const place of document.querySelectorAll("[data-plot]")) {
      const figure = resolve(figures[place.dataset.plot], css);
      Plotly.react(place, figure.data, figure.layout, { responsive: true, displaylogo: false, displayModeBar: false });
    }
  };
  draw();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
