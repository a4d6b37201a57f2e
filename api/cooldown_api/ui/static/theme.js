// Runs before the page is drawn, so that a chosen theme does not flash. What was chosen stays in this browser.
"use strict";
(() => {
  const key = "cooldown-theme";
  const root = document.documentElement;
  const kept = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden
    }
  };
  const chosen = kept();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    const dark = () =>
      root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const say = () => button.setAttribute("aria-pressed", String(dark()));
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try {
        localStorage.setItem(key, root.dataset.theme);
      } catch {
        // it holds for this page only
      }
      say();
      document.dispatchEvent(new Event("theme"));
    });
  });
})();
