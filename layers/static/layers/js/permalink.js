/** `#map=z/lat/lon&sel=<layer>:<id>&layers=a,b&region=code`: the state of a map that can be sent to somebody. */

/**
 * @typedef {object} MapState
 * @property {number} [zoom]
 * @property {number} [lat]
 * @property {number} [lon]
 * @property {{layer: string, id: string}} [sel]
 * @property {string[]} [layers]
 * @property {string} [region]
 */

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
  if (pairs.has('layers')) state.layers = pairs.get('layers').split(',').filter((key) => /^[a-z_]{1,64}$/.test(key));
  if (/^[\w-]{1,24}$/.test(pairs.get('region') ?? '')) state.region = pairs.get('region');
  return state;
}

/**
 * @param {MapState} state
 * @returns {string} with the leading #
 */
export function format({zoom, lat, lon, sel, layers, region}) {
  const parts = [];
  if (zoom !== undefined) parts.push(`map=${zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}`);
  if (sel) parts.push(`sel=${sel.layer}:${sel.id}`);
  if (layers) parts.push(`layers=${layers.join(',')}`);
  if (region) parts.push(`region=${region}`);
  return `#${parts.join('&')}`;
}
