/** Where the arrow keys lead in a table of numbers: to the next cell that has a link, in that direction. */

/** @param {number} dx @param {number} dy */
function towards(dx, dy) {
  return (table, from) => {
    const rows = [...table.rows];
    let x = from.cellIndex;
    let y = rows.indexOf(from.parentElement);
    for (;;) {
      x += dx;
      y += dy;
      const cell = rows[y]?.cells[x];
      if (!cell) return null;
      if (cell.querySelector('a')) return cell;
    }
  };
}

/** @type {Record<string, (table: HTMLTableElement, from: HTMLTableCellElement) => HTMLTableCellElement | null>} */
export const steps = {
  ArrowLeft: towards(-1, 0),
  ArrowRight: towards(1, 0),
  ArrowUp: towards(0, -1),
  ArrowDown: towards(0, 1),
};
