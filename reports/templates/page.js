"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Sorting: the heads become buttons; a second press turns the order round, equal rows keep theirs.
  const number = (text) => {
    const found = parseFloat(text.replaceAll(",", ""));
    return Number.isNaN(found) ? -Infinity : found;
  };
  const sort = (table, head) => {
    const index = [...head.parentElement.children].indexOf(head);
    const down = head.getAttribute("aria-sort") === "ascending";
    const key = head.classList.contains("number") ? number : (text) => text;
    const rows = all("tbody tr", table).map((row) => [key(row.children[index].textContent.trim()), row]);
    const order = (a, b) => (typeof a === "number" ? (a === b ? 0 : a < b ? -1 : 1) : a.localeCompare(b, "en", {numeric: true}));
    rows.sort(([a], [b]) => (down ? order(b, a) : order(a, b)));
    all("th", table).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };
  for (const table of all("table.sortable")) {
    for (const head of all("th", table)) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, head));
    }
  }

  // The switch between the modes, and the filter: what is left out is said.
  for (const section of all("section")) {
    const tools = section.querySelector(".tools");
    if (!tools) continue;
    tools.hidden = false;
    const box = tools.querySelector(".failures");
    const show = () => {
      const mode = tools.querySelector("input[type=radio]:checked")?.value;
      all("[data-mode]", section).forEach((part) => { part.hidden = part.dataset.mode !== mode; });
      if (!box) return;
      all("table.sortable tbody tr", section).forEach((row) => { row.hidden = box.checked && !row.classList.contains("failed"); });
      const rows = all("table.sortable tbody tr", section).filter((row) => !row.closest("[hidden][data-mode]"));
      const left = rows.filter((row) => !row.hidden).length;
      tools.querySelector(".count").textContent = box.checked ? `${left} of ${rows.length} rows` : `${rows.length} rows`;
    };
    tools.addEventListener("change", show);
    show();
  }

  // Opening: a link to a tensor or one of its numbers opens whatever it lies in.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
    (target.querySelector("summary") ?? target).focus({preventScroll: true});
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) reveal();
  });
  for (const button of all("[data-open]")) {
    button.addEventListener("click", () => all("details.tensor").forEach((part) => { part.open = button.dataset.open === "yes"; }));
  }

  // Marked numbers: one stop of the tab key a table, arrow keys within it.
  for (const table of all("table")) {
    const marks = all(".mark[tabindex]", table);
    const only = (one) => marks.forEach((mark) => { mark.tabIndex = mark === one ? 0 : -1; });
    if (marks.length) only(marks[0]);
    table.addEventListener("focusin", (event) => { if (marks.includes(event.target)) only(event.target); });
    const step = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1};
    table.addEventListener("keydown", (event) => {
      const next = marks[marks.indexOf(event.target) + (step[event.key] ?? 0)];
      if (!(event.key in step) || !marks.includes(event.target) || !next) return;
      event.preventDefault();
      next.focus();
    });
  }
  reveal();
})();
