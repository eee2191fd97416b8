"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const list = byId("segments");
  const segments = Array.from(list.children, (element) => ({
    element,
    number: Number(element.dataset.n),
    missed: element.dataset.missed.split(",").map(Number),
    chrf: element.dataset.chrf.split(",").map(Number),
    changed: "changed" in element.dataset,
    text: null,
  }));
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const spread = (numbers) => Math.max(...numbers) - Math.min(...numbers);

  const filter = byId("filter"), sort = byId("sort"), search = byId("search");
  // Reading the text of thousands of segments takes a moment, so it waits for the first search.
  const textOf = (segment) => (segment.text ??= segment.element.textContent.normalize("NFKC").toLowerCase());

  const fits = (segment, query) => {
    const [kind, system] = filter.value.split(":");
    if (kind === "missed" && !(system === undefined ? sum(segment.missed) : segment.missed[Number(system)])) return false;
    if (kind === "changed" && !segment.changed) return false;
    return !query || textOf(segment).includes(query);
  };
  const show = () => {
    const query = search.value.trim().normalize("NFKC").toLowerCase();
    let shown = 0;
    for (const segment of segments) {
      const fit = fits(segment, query);
      segment.element.hidden = !fit;
      shown += fit;
    }
    byId("shown").textContent = `${shown} of ${segments.length}`;
    byId("none").hidden = shown > 0;
  };
  const order = () => {
    const [kind, system] = sort.value.split(":");
    const key = {
      order: () => 0,
      worst: (s) => s.chrf[Number(system)],
      best: (s) => -s.chrf[Number(system)],
      spread: (s) => -spread(s.chrf),
      missed: (s) => -sum(s.missed),
    }[kind];
    const sorted = [...segments].sort((a, b) => key(a) - key(b) || a.number - b.number);
    list.append(...sorted.map((segment) => segment.element));
  };

  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 120);
  });
  filter.addEventListener("change", show);
  sort.addEventListener("change", order);
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("differences").addEventListener("change", (event) => {
    list.classList.toggle("show-differences", event.target.checked);
  });
  const reset = () => {
    filter.value = "all";
    search.value = "";
    show();
  };
  byId("reset").addEventListener("click", reset);
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".find");
    if (!button) return;
    filter.value = "all";
    search.value = button.dataset.find;
    show();
    byId("h-segments").scrollIntoView({ block: "start" });
  });

  // A link may lead to a segment that the filter or the search has hidden.
  const reveal = () => {
    const target = /^#s\d+$/.test(location.hash) && byId(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) reset();
    target.scrollIntoView({ block: "start" });
  };
  window.addEventListener("hashchange", reveal);

  const chosen = byId("chosen");
  if (chosen) {
    const blocks = [...document.querySelectorAll(".notable")];
    const choose = () => blocks.forEach((block, place) => (block.hidden = place !== Number(chosen.value)));
    chosen.addEventListener("change", choose);
    choose();
    byId("choose").hidden = false;
  }

  // Paper cannot be opened: what is folded away is printed too.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((details) => (details.open = true));
  });
  window.addEventListener("afterprint", () => folded.forEach((details) => (details.open = false)));

  // Auto follows the system; the choice is kept where the browser allows it (not always from disk).
  const themes = ["auto", "light", "dark"];
  const button = byId("theme");
  const stored = () => {
    try {
      return localStorage.getItem("zhen-mt-theme");
    } catch {
      return null;
    }
  };
  let theme = themes.includes(stored()) ? stored() : "auto";
  const paint = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    try {
      localStorage.setItem("zhen-mt-theme", theme);
    } catch {
      // Kept for this page only.
    }
    paint();
  });
  paint();
  button.hidden = false;
  byId("tools").hidden = false;
  show();
})();
