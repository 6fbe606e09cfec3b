"use strict";
const look = {
  background: null,
  font: "inherit",
  axis: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal", titlePadding: 8 },
  legend: { labelFontSize: 12, titleFontSize: 12 },
  point: { strokeWidth: 1.5 },
};

// Charts: one after the other, so that the page can be read meanwhile.
(async () => {
  for (const place of document.querySelectorAll(".chart")) {
    const spec = JSON.parse(place.querySelector("script").textContent);
    await vegaEmbed(place, spec, { actions: false, renderer: "svg", config: look });
  }
  document.documentElement.dataset.drawn = "all";
})();

// Tables: a click on a column's title sorts by it; numbers by size, missing values last.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[column].dataset.order ?? row.cells[column].textContent;
    const compare = (a, b) => {
      const [one, other] = [key(a), key(b)];
      if (one === "" || other === "") return (one === "") - (other === "");
      const [x, y] = [Number(one), Number(other)];
      const order = Number.isNaN(x) || Number.isNaN(y) ? one.localeCompare(other, "en", { numeric: true }) : x - y;
      return down ? -order : order;
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  }));
}

// The pipeline: a stage lights the lines that lead to it and from it; a link opens what it leads to.
for (const node of document.querySelectorAll(".node")) {
  const light = (on) => document.querySelectorAll(
    `.edge[data-start="${node.dataset.stage}"], .edge[data-end="${node.dataset.stage}"]`,
  ).forEach((edge) => edge.classList.toggle("lit", on));
  for (const event of ["mouseenter", "focus"]) node.addEventListener(event, () => light(true));
  for (const event of ["mouseleave", "blur"]) node.addEventListener(event, () => light(false));
}
const open = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", open);
open();

// On paper everything is open.
addEventListener("beforeprint", () => document.querySelectorAll("details:not(.made)").forEach((part) => { part.open = true; }));
