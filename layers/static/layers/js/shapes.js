/** The shapes of map marks, once: drawn on the map's canvas and as SVG in legends, lists and cards. */

/** Paths in a 24 × 24 box. */
export const SHAPES = {
  circle: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z',
  square: 'M5.5 4h13a1.5 1.5 0 0 1 1.5 1.5v13a1.5 1.5 0 0 1-1.5 1.5h-13a1.5 1.5 0 0 1-1.5-1.5v-13A1.5 1.5 0 0 1 5.5 4z',
  triangle: 'M12 2.5 22.5 21h-21z',
  diamond: 'M12 1.5 22.5 12 12 22.5 1.5 12z',
  hexagon: 'M12 2l8.7 5v10L12 22l-8.7-5V7z',
  star: 'M12 1.5l3.1 6.8 7.4.9-5.5 5 1.5 7.3L12 17.9l-6.5 3.6 1.5-7.3-5.5-5 7.4-.9z',
  cross: 'M9 2.5h6V9h6.5v6H15v6.5H9V15H2.5V9H9z',
  pentagon: 'M12 2l10 7.5-3.8 12H5.8L2 9.5z',
  ring: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM12 8.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7z',
};

/** The shape that repeats a level's colour, for those who do not see the colour. */
export const LEVEL_SHAPES = ['ring', 'triangle', 'diamond', 'square', 'circle'];

/** @param {number} level 1–4, or 0 while it is not graded @returns {{color: string, shape: string}} */
export function levelMark(level) {
  return {color: ['white', 'red', 'orange', 'yellow', 'blue'][level], shape: LEVEL_SHAPES[level]};
}

const LEVELS = {red: '--mark-level-1', orange: '--mark-level-2', yellow: '--mark-level-3', blue: '--mark-level-4', grey: '--stale'};

/**
 * The CSS variable of a palette word of the registry ("red", "teal", …).
 * @param {string} color
 * @returns {string}
 */
export function colorVariable(color) {
  return LEVELS[color] ?? `--mark-${color}`;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * A mark for legends and lists.
 * @param {{color?: string, shape?: string}} state
 * @param {{hollow?: boolean}} [options]
 * @returns {SVGElement}
 */
export function swatch({color = 'slate', shape = 'circle'} = {}, {hollow = false} = {}) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('swatch', `color-${hollow ? 'grey' : color}`);
  if (hollow) svg.classList.add('hollow');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', SHAPES[shape] ?? SHAPES.circle);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return svg;
}
