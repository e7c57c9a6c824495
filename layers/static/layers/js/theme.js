/** Dark or light: the reader's choice, kept in this browser. The first paint is theme_first.js's. */

import {recall, remember} from './remember.js';

/** @returns {'dark'|'light'} */
export function theme() {
  return document.documentElement.dataset.theme === 'light' ? 'light' : 'dark';
}

/** @param {'dark'|'light'} value */
export function setTheme(value) {
  document.documentElement.dataset.theme = value;
  remember('theme', value);
  label();
  document.dispatchEvent(new CustomEvent('antu:theme', {detail: value}));
}

function label() {
  const node = document.querySelector('[data-ref="themeLabel"]');
  if (node) node.textContent = theme() === 'dark' ? '切换为浅色' : '切换为深色';
}

export function start() {
  const chosen = recall('theme', null);
  if (chosen && !document.documentElement.classList.contains('is-wall')) document.documentElement.dataset.theme = chosen;
  label();
  document.addEventListener('click', ({target}) => {
    if (target.closest('[data-theme-toggle]')) setTheme(theme() === 'dark' ? 'light' : 'dark');
  });
}
