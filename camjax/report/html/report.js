"use strict";

/* A press on a heading sorts the table by that column; another press turns the order around. */
function sort(heading) {
  const body = heading.closest("table").tBodies[0];
  const up = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of heading.parentNode.children) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", up ? "ascending" : "descending");
  const key = (row) => {
    const cell = row.cells[heading.cellIndex];
    if (cell.dataset.value === undefined) return cell.textContent;
    return cell.dataset.value === "" ? -Infinity : Number(cell.dataset.value);
  };
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a < b ? -1 : +(a > b));
  const rows = [...body.rows].sort((a, b) => compare(key(a), key(b)) * (up ? 1 : -1));
  body.append(...rows);
}

/* Pointing at a drawing, or the arrow keys once it has the focus, read out its values. */
function readout(canvas) {
  const data = JSON.parse(canvas.dataset.readout);
  const last = data.x.length - 1;
  const cursor = document.createElement("div");
  const box = document.createElement("div");
  cursor.className = "cursor";
  box.className = "readout";
  let place = last;
  const show = (position) => {
    place = Math.max(0, Math.min(last, position));
    const share = last ? place / last : 0;
    cursor.style.left = `${100 * share}%`;
    box.style.left = share < 0.5 ? `calc(${100 * share}% + 10px)` : "auto";
    box.style.right = share < 0.5 ? "auto" : `calc(${100 * (1 - share)}% + 10px)`;
    const title = document.createElement("b");
    title.textContent = data.x[place];
    box.replaceChildren(title);
    for (const [name, colour, values] of data.lines) {
      const row = document.createElement("div");
      const swatch = document.createElement("i");
      swatch.className = "swatch";
      swatch.style.setProperty("--c", `var(--${colour})`);
      row.append(swatch, `${name} ${values[place]}`);
      box.append(row);
    }
    canvas.append(cursor, box);
  };
  const hide = () => { cursor.remove(); box.remove(); };
  canvas.addEventListener("pointermove", (event) => {
    const frame = canvas.getBoundingClientRect();
    show(Math.round(((event.clientX - frame.left) / frame.width) * last));
  });
  canvas.addEventListener("pointerleave", hide);
  canvas.addEventListener("blur", hide);
  canvas.addEventListener("focus", () => show(place));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { event.preventDefault(); show(place + step); }
  });
}

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => sort(button.parentNode));
}
for (const canvas of document.querySelectorAll("[data-readout]")) readout(canvas);
