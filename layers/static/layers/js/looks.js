/** How each layer is looked at: coloured by which theme, filtered by what, as marks or as heat. */

import {queryOf} from './permalink.js';

/** @typedef {{theme: string, filters: Record<string, string>, heat: boolean}} Look */

const PLAIN = {theme: '', filters: {}, heat: false};

/**
 * Gives a layer's description its look; what the layer does not know is left out. `states` are then those of the theme.
 * @param {any} layer a description of /api/v1/layers/
 * @param {Partial<Look>} [look]
 */
export function dress(layer, look = {}) {
  layer.plain ??= layer.states ?? [];
  const known = new Set(layer.filters ?? []);
  const theme = (layer.themes ?? []).find(({key}) => key === look.theme);
  // `state` alone narrows to states of the theme, or where it is a field of the layer, to those.
  const filters = Object.fromEntries(Object.entries(look.filters ?? {}).filter(([name, value]) => (known.has(name) || name === 'state') && value));
  layer.look = {theme: theme?.key ?? '', filters, heat: Boolean(look.heat) && canHeat(layer)};
  layer.states = theme?.states ?? layer.plain;
}

/** @param {any} layer */
export function canHeat(layer) {
  return layer.geometry === 'point' && !layer.live;
}

/** @param {any} layer @returns {Record<string, string>} what every request about the layer carries */
export function params(layer) {
  const {theme, filters} = layer?.look ?? PLAIN;
  return {...filters, ...(theme ? {theme} : {})};
}

/** @param {any} layer @returns {string} the same as a query string, always in one order */
export function query(layer) {
  return queryOf(params(layer));
}

/** @param {any} layer @returns {Record<string, string>} those filters that the layer's list has too */
export function listParams(layer) {
  const known = new Set(layer.list_filters ?? []);
  return Object.fromEntries(Object.entries(layer.look?.filters ?? {}).filter(([name]) => known.has(name)));
}

/**
 * The filters that hold, as people say them.
 * @param {any} layer
 * @returns {Array<{name: string, label: string, value: string}>}
 */
export function said(layer) {
  const fields = new Map((layer.filter_fields ?? []).map((field) => [field.name, field]));
  return Object.entries(layer.look?.filters ?? {}).map(([name, value]) => {
    const field = fields.get(name);
    const states = name === 'state' ? layer.states.map(({key, label}) => [key, label]) : [];
    const words = new Map([...(field?.choices ?? []), ...states].map(([key, label]) => [String(key), label]));
    return {name, label: field?.label ?? (name === 'state' ? '状态' : name), value: String(value).split(',').map((each) => words.get(each) ?? each).join('、')};
  });
}

/** Dispatches "change" (detail: the layer's key). */
export class Looks extends EventTarget {
  #layers = new Map();

  /** @param {any[]} layers @param {Record<string, Partial<Look>>} [wanted] of the link */
  constructor(layers, wanted = {}) {
    super();
    for (const layer of layers) {
      this.#layers.set(layer.key, layer);
      dress(layer, wanted[layer.key]);
    }
  }

  /** @param {string} key @param {Partial<Look>} change */
  set(key, change) {
    const layer = this.#layers.get(key);
    if (!layer) return;
    const before = JSON.stringify(layer.look);
    dress(layer, {...layer.look, ...change});
    if (JSON.stringify(layer.look) !== before) this.dispatchEvent(new CustomEvent('change', {detail: key}));
  }

  /** @param {Record<string, Partial<Look>>} wanted of every layer; one that is not named becomes plain */
  setAll(wanted) {
    for (const key of this.#layers.keys()) this.set(key, {...PLAIN, ...wanted[key]});
  }

  /** @returns {any[]} the layers with filters that hold */
  get filtered() {
    return [...this.#layers.values()].filter(({look}) => Object.keys(look.filters).length);
  }

  /** @returns {Record<string, Partial<Look>>} what is not plain, for links */
  get all() {
    const found = {};
    for (const {key, look} of this.#layers.values()) {
      if (look.theme || look.heat || Object.keys(look.filters).length) found[key] = look;
    }
    return found;
  }
}
