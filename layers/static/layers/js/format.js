/** How numbers, distances and times are written. Pure functions; tested with node. */

const TWO = (value) => String(value).padStart(2, '0');

/** @param {number} value @returns {string} 12,345 */
export function count(value) {
  return Number(value).toLocaleString('en-US');
}

/** Counts on small badges: 980, 2.4千, 3.1万. @param {number} value @returns {string} */
export function shortCount(value) {
  if (value < 1000) return String(value);
  if (value < 10000) return `${trim(value / 1000)}千`;
  return `${trim(value / 10000)}万`;
}

function trim(value) {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, '');
}

/** @param {number} metres @returns {string} */
export function distance(metres) {
  if (metres < 1000) return `${Math.round(metres)} 米`;
  return `${(metres / 1000).toFixed(metres < 10000 ? 2 : 1)} 公里`;
}

/** @param {number} squareMetres @returns {string} with 亩, the unit people here think in, below 1 km² */
export function area(squareMetres) {
  if (squareMetres < 10000) return `${count(Math.round(squareMetres))} 平方米`;
  if (squareMetres < 1e6) return `${(squareMetres / 10000).toFixed(2)} 公顷（${count(Math.round(squareMetres / 666.667))} 亩）`;
  return `${count(Number((squareMetres / 1e6).toFixed(2)))} 平方公里`;
}

/** 00:42, 12:05, 3:04:05. @param {number} milliseconds @returns {string} */
export function elapsed(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${TWO(Math.floor(seconds / 60) % 60)}:${TWO(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** 刚刚, 3 分钟前, 2 小时前, 5 天前. @param {number} milliseconds @returns {string} */
export function ago(milliseconds) {
  const minutes = Math.floor(milliseconds / 60000);
  if (minutes < 1) return '刚刚';
  if (minutes < 60) return `${minutes} 分钟前`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} 小时前`;
  return `${Math.floor(minutes / 1440)} 天前`;
}

/** Times are the city's (UTC+8, no summer time), whatever the computer is set to: read it with the UTC getters. */
const inChina = (at) => new Date(at + 8 * 3600 * 1000);

/** @param {number} at milliseconds @returns {string} 15:04:05 */
export function clockTime(at) {
  const date = inChina(at);
  return `${TWO(date.getUTCHours())}:${TWO(date.getUTCMinutes())}:${TWO(date.getUTCSeconds())}`;
}

/** @param {number} at milliseconds @returns {string} 7月5日 周三 */
export function day(at) {
  const date = inChina(at);
  return `${date.getUTCMonth() + 1}月${date.getUTCDate()}日 周${'日一二三四五六'[date.getUTCDay()]}`;
}

/** @param {number} at milliseconds @returns {string} 2026-07-05 15:04 */
export function stamp(at) {
  const date = inChina(at);
  return `${date.getUTCFullYear()}-${TWO(date.getUTCMonth() + 1)}-${TWO(date.getUTCDate())} ${TWO(date.getUTCHours())}:${TWO(date.getUTCMinutes())}`;
}

/** @param {number} lon @param {number} lat @returns {string} */
export function position(lon, lat) {
  return `${lon.toFixed(5)}°E ${lat.toFixed(5)}°N`;
}

const ROMAN = ['', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ'];
const SHAPES = ['', '▲', '◆', '■', '●'];
const NAMES = ['', '红', '橙', '黄', '蓝'];

/**
 * The three ways a level is told: number, colour word, shape.
 * @param {number|string|null|undefined} level 1–4, or nothing while it is not graded
 * @returns {{number: number, text: string, shape: string}}
 */
export function level(level) {
  const number = Number(level) || 0;
  if (number < 1 || number > 4) return {number: 0, text: '未定级', shape: '○'};
  return {number, text: `${ROMAN[number]}级·${NAMES[number]}`, shape: SHAPES[number]};
}

/** For <= 300-point polygons in addresses: five decimals are one metre. @param {number} value @returns {number} */
export function degree(value) {
  return Math.round(value * 1e5) / 1e5;
}
