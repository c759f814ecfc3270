/* Tables with heads of class "sortable": a button in each sorts the rows. Inert without such a table. */
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table:has(thead th.sortable)")) {
    const body = table.tBodies[0];
    const given = [...body.rows];
    const heads = [...table.tHead.rows[0].cells].filter((th) => th.classList.contains("sortable"));
    const sort = (th, up) => {
      const text = (row) => row.cells[th.cellIndex].textContent.trim();
      const order = (a, b) => text(a).localeCompare(text(b), "en", { numeric: true });
      body.append(...[...given].sort((a, b) => (up ? order(a, b) : order(b, a))));
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
    };
    for (const th of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = th.textContent.trim();
      button.addEventListener("click", () => sort(th, th.getAttribute("aria-sort") !== "ascending"));
      th.replaceChildren(button);
    }
  }
});
