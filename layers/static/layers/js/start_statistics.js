/** Starts what a page of statistics adds: printing, and the arrow keys between the numbers of a table. */

import {steps} from './cross_table.js';

document.querySelector('[data-print]')?.addEventListener('click', () => window.print());

for (const table of document.querySelectorAll('[data-cross]')) {
  table.addEventListener('keydown', (event) => {
    const from = event.target.closest?.('td, th');
    const step = steps[event.key];
    if (!from || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    const link = step(table, from)?.querySelector('a');
    if (!link) return;
    event.preventDefault();
    link.focus();
  });
}
