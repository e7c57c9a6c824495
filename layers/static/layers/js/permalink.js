/**
 * `#map=z/lat/lon&sel=<layer>:<id>&layers=a,b&region=code&theme=<layer>:<theme>&f=<layer>:<query>&heat=<layer>&compare=a,b`:
 * the state of a map that can be sent to somebody. theme, f and heat may stand once for each layer. layers/links.py
 * writes the same.
 */

/**
 * @typedef {object} MapState
 * @property {number} [zoom]
 * @property {number} [lat]
 * @property {number} [lon]
 * @property {{layer: string, id: string}} [sel]
 * @property {string[]} [layers]
 * @property {string} [region]
 * @property {Record<string, {theme?: string, filters?: Record<string, string>, heat?: boolean}>} [looks] by layer
 * @property {string[]} [compare] two regions side by side
 * @property {string} [draw] key of a drawing action of what is selected, to be begun; never written
 */

const KEY = /^[a-z_]{1,64}$/;
const REGION = /^[\w-]{1,24}$/;

/** "layer:rest" → [layer, rest], or nothing. */
function split(text) {
  const at = text.indexOf(':');
  const layer = text.slice(0, at);
  return at > 0 && KEY.test(layer) ? [layer, text.slice(at + 1)] : null;
}

/** @param {URLSearchParams} pairs */
function looksOf(pairs) {
  const looks = {};
  const of = (layer) => (looks[layer] ??= {});
  for (const [layer, theme] of pairs.getAll('theme').map(split).filter(Boolean)) if (KEY.test(theme)) of(layer).theme = theme;
  for (const [layer, query] of pairs.getAll('f').map(split).filter(Boolean)) {
    const filters = Object.fromEntries([...new URLSearchParams(query)].filter(([name, value]) => /^\w{1,64}$/.test(name) && value));
    if (Object.keys(filters).length) of(layer).filters = filters;
  }
  for (const layer of pairs.getAll('heat')) if (KEY.test(layer)) of(layer).heat = true;
  return looks;
}

/**
 * Reads what is sensible and leaves out the rest: a damaged link opens the map, not an error.
 * @param {string} hash
 * @returns {MapState}
 */
export function parse(hash) {
  const pairs = new URLSearchParams(hash.replace(/^#/, ''));
  const state = {};
  const [zoom, lat, lon] = (pairs.get('map') ?? '').split('/').map(Number);
  if ([zoom, lat, lon].every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 24) {
    Object.assign(state, {zoom, lat, lon});
  }
  const sel = /^([a-z_]{1,64}):([\w-]{1,64})$/.exec(pairs.get('sel') ?? '');
  if (sel) state.sel = {layer: sel[1], id: sel[2]};
  if (pairs.has('layers')) state.layers = pairs.get('layers').split(',').filter((key) => KEY.test(key));
  if (REGION.test(pairs.get('region') ?? '')) state.region = pairs.get('region');
  const looks = looksOf(pairs);
  if (Object.keys(looks).length) state.looks = looks;
  const compare = (pairs.get('compare') ?? '').split(',').filter((code) => REGION.test(code));
  if (compare.length === 2) state.compare = compare;
  if (/^[\w.-]{1,64}$/.test(pairs.get('draw') ?? '')) state.draw = pairs.get('draw');
  return state;
}

/**
 * @param {MapState} state
 * @returns {string} with the leading #
 */
export function format({zoom, lat, lon, sel, layers, region, looks, compare}) {
  const parts = [];
  if (zoom !== undefined) parts.push(`map=${zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}`);
  if (sel) parts.push(`sel=${sel.layer}:${sel.id}`);
  if (layers) parts.push(`layers=${layers.join(',')}`);
  if (region) parts.push(`region=${region}`);
  for (const [layer, {theme, filters, heat}] of Object.entries(looks ?? {})) {
    if (theme) parts.push(`theme=${layer}:${theme}`);
    const query = queryOf(filters);
    if (query) parts.push(`f=${layer}:${encodeURIComponent(query)}`);
    if (heat) parts.push(`heat=${layer}`);
  }
  if (compare) parts.push(`compare=${compare.join(',')}`);
  return `#${parts.join('&')}`;
}

/**
 * Filters in one order, so that equal ones make equal links and share their tiles.
 * @param {Record<string, string>} [filters]
 * @returns {string}
 */
export function queryOf(filters = {}) {
  const pairs = Object.entries(filters).filter(([, value]) => value !== '' && value !== undefined && value !== null);
  return String(new URLSearchParams(pairs.sort(([one], [other]) => (one < other ? -1 : 1))));
}

/**
 * Whether two states differ in more than where one looks: such a step is worth going back to.
 * @param {MapState} one
 * @param {MapState} other
 */
export function isStep(one, other) {
  const what = ({sel, layers, region, looks, compare}) => format({sel, layers, region, looks, compare});
  return what(one) !== what(other);
}
