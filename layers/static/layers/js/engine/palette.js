/** The theme's colours for the canvas, read from the style sheet so that map and page cannot disagree. */

import {colorVariable} from '../shapes.js';

export class Palette {
  #element;
  #known = new Map();

  /** @param {Element} element colours are those that hold at this element */
  constructor(element = document.documentElement) {
    this.#element = element;
  }

  /** @param {string} variable such as "--land" @returns {string} */
  get(variable) {
    if (!this.#known.has(variable)) {
      const found = getComputedStyle(this.#element).getPropertyValue(variable).trim();
      this.#known.set(variable, found || getComputedStyle(this.#element).getPropertyValue('--mark-slate').trim());
    }
    return this.#known.get(variable);
  }

  /** @param {string} color a palette word or #rrggbb @returns {string} */
  mark(color) {
    return color?.startsWith('#') ? color : this.get(colorVariable(color || 'slate'));
  }

  /** After the theme changed. @param {Element} [element] */
  forget(element = this.#element) {
    this.#element = element;
    this.#known.clear();
  }
}

/**
 * @param {string} color #rgb or #rrggbb
 * @param {number} alpha 0–1
 * @returns {string}
 */
export function translucent(color, alpha) {
  const long = color.length === 4 ? `#${[...color.slice(1)].map((digit) => digit + digit).join('')}` : color;
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(long.slice(at, at + 2), 16));
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}
