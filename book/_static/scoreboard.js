/* Filter the scoreboard. Without this script the whole table stands. */
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("scoreboard-filter");
  if (!form) return;
  const rows = [...document.querySelectorAll("table.scoreboard tr[data-document]")];
  const boards = [...document.querySelectorAll(".board")];
  const count = form.querySelector(".filter-count");
  const fits = (row) => [...form.querySelectorAll("select")].every(
    (field) => !field.value || row.dataset[field.name].split("|").includes(field.value));
  const filter = () => {
    for (const row of rows) row.hidden = !fits(row);
    for (const board of boards) board.hidden = !board.querySelector("tbody tr:not([hidden])");
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = `${shown} of ${rows.length} claims`;
  };
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
});
