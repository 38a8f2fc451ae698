// Names for what Snakemake's page leaves without one, for screen readers: pictures, frames, links that are icons.
(() => {
  const called = {
    "x": "Hide the menu", "menu": "Show the menu", "home": "Start", "eye": "Show", "information-circle": "About",
    "external-link": "Open", "download": "Save",
  };
  const icons = new Map(
    Object.entries(new Icon({}).paths).map(([name, paths]) => [paths[0].path, called[name] || name.replaceAll("-", " ")])
  );
  const set = (node, name, value) => { if (node.getAttribute(name) !== value) node.setAttribute(name, value); };

  // What a result is, by its labels; of a picture its caption too.
  const told = (path, long) => {
    const result = results[path];
    if (result === undefined) return "";
    const text = document.createElement("div");
    text.innerHTML = long ? result.caption : "";
    const labels = Object.values(result.labels || {}).join(", ") || result.name;
    return `${labels}. ${text.textContent}`.replace(/\s+/g, " ").trim();
  };

  const name = () => {
    const all = (selector, change) => document.querySelectorAll(selector).forEach(change);
    // The page may have drawn itself before it says what it shows.
    const state = (app && app.state) || {};
    const shown = state.resultPath;
    // Start leads to a page of metadata, which is empty where there are none.
    if (state.content === "metadata" && !Object.keys(metadata).length) app.setView({ content: "rulegraph" });
    all("#app img", (img) => set(img, "alt", img.src === logo_uri ? "" : told(shown, true)));
    all("#app iframe", (frame) => set(frame, "title", told(shown, false)));
    all("#app a", (link) => {
      if (link.textContent.trim()) return;
      const icon = link.querySelector("svg path");
      const row = link.closest("tr");
      const of = row ? ` ${[...row.cells].map((cell) => cell.textContent.trim()).filter(Boolean).join(", ")}` : "";
      set(link, "aria-label", (icons.get(icon && icon.getAttribute("d")) || "Link") + of);
    });
    all("#app input[type=text]", (input) => set(input, "aria-label", "Search all results"));
    all("#app ul", (list) => { if ([...list.children].some((child) => child.tagName !== "LI")) set(list, "role", "group"); });
    all("#app summary", (summary) => set(summary, "aria-label", "Save the chart"));
    all("#app nav.h-screen", (nav) => set(nav, "aria-label", "Menu"));
    all("#app nav nav", (nav) => set(nav, "aria-label", "Where you are"));
    all("#app > div > div.overflow-auto", (content) => { set(content, "role", "main"); set(content, "tabindex", "0"); });
  };
  new MutationObserver(name).observe(
    document.querySelector("#app"), { childList: true, subtree: true, attributes: true, attributeFilter: ["src", "href"] }
  );
  name();
})();
