/** A list of features, the same for selections, neighbours and piles of marks: click opens, hover shows on the map. */

import {el} from './dom.js';
import {swatch} from './shapes.js';

/**
 * @param {any} app
 * @param {any} layer description
 * @param {string} key of a state
 * @returns {{label: string, color: string, shape: string}}
 */
export function stateOf(layer, key) {
  return layer?.states?.find((state) => String(state.key) === String(key)) ?? layer?.states?.[0] ?? {label: '', color: 'slate', shape: 'circle'};
}

/**
 * One row.
 * @param {any} app
 * @param {{layer: string, id: string|number, title: string, sub?: string, far?: string, state?: string, stale?: boolean, lon?: number, lat?: number}} item
 * @returns {HTMLElement}
 */
export function row(app, item) {
  const layer = app.tree.describe(item.layer);
  const state = stateOf(layer, item.state);
  const point = () => Number.isFinite(item.lon) && app.map.highlight.point('hovered', item.lon, item.lat);
  return el('li', {}, el('button.result', {
    type: 'button',
    data: item.stale ? {stale: '1'} : {},
    onclick: () => app.open({layer: item.layer, id: String(item.id), lon: item.lon, lat: item.lat}, {title: item.title, reveal: true}),
    onpointerenter: point,
    onfocus: point,
    onpointerleave: () => app.map.highlight.clear('hovered'),
    onblur: () => app.map.highlight.clear('hovered'),
  },
  swatch(state, {hollow: item.stale}),
  el('span.title', {}, item.title),
  item.far ? el('span.far', {}, item.far) : null,
  el('span.sub', {}, [state.label, item.sub].filter(Boolean).join(' · '))));
}

/**
 * A GeoJSON feature of the features API as a row's item.
 * @param {string} layer
 * @param {any} feature
 */
export function asItem(layer, feature) {
  const {properties} = feature;
  const [lon, lat] = middle(feature.geometry);
  return {
    layer,
    id: feature.id ?? properties.id,
    title: properties.name ?? properties.title ?? `#${feature.id}`,
    sub: properties.subtitle ?? properties.region_name ?? '',
    state: properties.state,
    stale: Boolean(properties.stale),
    lon,
    lat,
  };
}

/**
 * Where to point for a geometry: itself, or the middle of its box.
 * @param {any} geometry GeoJSON
 * @returns {[number, number]|[]}
 */
export function middle(geometry) {
  if (!geometry) return [];
  if (geometry.type === 'Point') return geometry.coordinates;
  const flat = geometry.coordinates.flat(Infinity);
  const lons = flat.filter((_, index) => index % 2 === 0);
  const lats = flat.filter((_, index) => index % 2 === 1);
  return [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2];
}
