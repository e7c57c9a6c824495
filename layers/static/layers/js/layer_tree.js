/** Layers by group: what is shown, with counts, by what it is coloured, its legend, and whether it is filtered. */

import {get} from './api.js';
import {el, icon, settled} from './dom.js';
import * as filterForm from './filter_form.js';
import {count} from './format.js';
import {canHeat, params} from './looks.js';
import {recall, remember} from './remember.js';
import {swatch} from './shapes.js';
import {explain} from './toast.js';

/** Dispatches "change" (detail: keys shown). */
export class LayerTree extends EventTarget {
  #app;
  #box;
  #layers;
  #shown;
  #recountSoon = new Map();

  /**
   * @param {any} app its looks are there already
   * @param {HTMLElement} box
   * @param {any[]} layers of /api/v1/layers/
   * @param {string[]|undefined} wanted from the link; else what was shown last; else the defaults
   */
  constructor(app, box, layers, wanted) {
    super();
    this.#app = app;
    this.#box = box;
    this.#layers = layers;
    const known = new Set(layers.map(({key}) => key));
    const first = layers.filter((layer) => layer.default).map(({key}) => key);
    this.#shown = new Set((wanted ?? recall('layers', first)).filter((key) => known.has(key)));
    this.#render();
    for (const {key} of layers) app.map.setVisible(key, this.#shown.has(key));
    app.looks.addEventListener('change', ({detail}) => this.#lookChanged(detail));
    app.addEventListener('region', () => layers.forEach(({key}) => this.#recount(key)));
    app.addEventListener('changed', ({detail}) => this.#recount(detail));
    for (const layer of layers) this.#paint(layer);
  }

  /** In the order of the tree. @returns {string[]} */
  get shown() {
    return this.#layers.filter(({key}) => this.#shown.has(key)).map(({key}) => key);
  }

  /** @returns {any[]} descriptions of the layers that are shown */
  get shownLayers() {
    return this.#layers.filter(({key}) => this.#shown.has(key));
  }

  /** @param {string} key */
  describe(key) {
    return this.#layers.find((layer) => layer.key === key);
  }

  /** The layer with the most rows among those shown: what a table opens with. @returns {string|undefined} */
  get densest() {
    const shown = this.shownLayers.length ? this.shownLayers : this.#layers;
    return shown.toSorted((one, other) => (other.count ?? 0) - (one.count ?? 0))[0]?.key;
  }

  get all() {
    return this.#layers;
  }

  /** @param {string} key @param {boolean} on */
  set(key, on) {
    if (!this.describe(key) || this.#shown.has(key) === on) return;
    if (on) this.#shown.add(key);
    else this.#shown.delete(key);
    this.#app.map.setVisible(key, on);
    const input = this.#box.querySelector(`input[value="${key}"]`);
    if (input) input.checked = on;
    remember('layers', this.shown);
    this.dispatchEvent(new CustomEvent('change', {detail: this.shown}));
  }

  /** @param {string[]} keys exactly these */
  setAll(keys) {
    for (const {key} of this.#layers) this.set(key, keys.includes(key));
  }

  /** Opens the legend of a layer, where its colours are chosen. @param {string} key */
  unfold(key) {
    const toggle = this.#box.querySelector(`[aria-controls="legend-${key}"]`);
    if (toggle?.getAttribute('aria-expanded') === 'false') toggle.click();
    this.#box.querySelector(`#legend-${key} select`)?.focus();
  }

  /** Counts may move with the feed and the region. @param {any[]} layers */
  update(layers) {
    for (const layer of layers) {
      const known = this.describe(layer.key);
      if (!known || known.live) continue; // counted by what is drawn
      known.count = layer.count;
      this.#recount(layer.key);
    }
  }

  /** Of a live layer only what is going on is drawn, so that is what is counted. @param {number} total */
  countLive(total) {
    for (const {key} of this.#layers.filter(({live}) => live)) {
      const node = this.#box.querySelector(`[data-count="${key}"]`);
      if (node) node.textContent = count(total);
    }
  }

  #lookChanged(key) {
    const layer = this.describe(key);
    if (!layer) return;
    this.#app.map.setLook(key);
    this.#paint(layer);
    this.dispatchEvent(new CustomEvent('change', {detail: this.shown}));
  }

  #render() {
    const groups = new Map();
    for (const layer of this.#layers) groups.set(layer.group, [...(groups.get(layer.group) ?? []), layer]);
    this.#box.replaceChildren(...[...groups].map(([title, layers]) =>
      el('section', {}, title ? el('h3', {}, title) : null, ...layers.map((layer) => this.#row(layer)))));
    this.#box.append(ground(this.#app.boot.ground_note));
    if (!this.#layers.length) this.#box.replaceChildren(el('p.empty', {}, '没有可以查看的图层，请联系管理员开通。'));
  }

  #row(layer) {
    const legend = el('div.legend-box', {hidden: true, id: `legend-${layer.key}`});
    const hasLegend = layer.plain.length > 0 || layer.themes?.length;
    const toggle = el('button', {type: 'button', 'aria-expanded': 'false', 'aria-controls': legend.id, 'aria-label': `${layer.title}的图例和着色`, title: '图例和着色'}, icon('down'));
    toggle.addEventListener('click', () => {
      legend.hidden = !legend.hidden;
      toggle.setAttribute('aria-expanded', String(!legend.hidden));
      if (!legend.hidden) this.#recount(layer.key);
    });
    const input = el('input', {type: 'checkbox', value: layer.key, checked: this.#shown.has(layer.key)});
    input.addEventListener('change', () => this.set(layer.key, input.checked));
    const canFilter = !layer.live && layer.filter_fields?.some(({hidden}) => !hidden);
    return el('div', {data: {layer: layer.key}},
      el('div.tree-row', {},
        el('label', {}, input, el('span.mark-of'), el('span.name', {}, layer.title), el('span.num', {data: {count: layer.key}})),
        canFilter ? el('button.filter-of', {type: 'button', 'aria-pressed': 'false', 'aria-label': `筛选${layer.title}`, title: '筛选', onclick: () => filterForm.open(this.#app, layer)}, icon('filter')) : null,
        hasLegend ? toggle : null),
      legend);
  }

  #paint(layer) {
    const row = this.#box.querySelector(`[data-layer="${layer.key}"]`);
    if (!row) return;
    const typical = layer.states.find(({color}) => color !== 'slate') ?? layer.states[0];
    row.querySelector('.mark-of').replaceChildren(swatch(typical));
    row.querySelector('.filter-of')?.setAttribute('aria-pressed', String(Object.keys(layer.look.filters).length > 0));
    // The choice itself stays where it is: it may have the keyboard.
    const legend = row.querySelector('.legend-box');
    if (!legend.childElementCount) legend.append(...this.#choices(layer), el('ul.legend'));
    const choice = legend.querySelector('select');
    if (choice) choice.value = layer.look.theme;
    const heat = legend.querySelector('[data-heat]');
    if (heat) heat.checked = layer.look.heat;
    legend.querySelector('ul').replaceChildren(
      layer.look.heat ? el('li', {}, el('span.heat-ramp'), '密度，由低到高') : '',
      ...layer.states.map((state) => el('li', {data: {state: state.key}}, swatch(state), el('span', {}, state.label), el('span.num'))),
      layer.filters?.includes('stale') ? el('li', {}, swatch(layer.states[0], {hollow: true}), el('span', {}, '信息已过期'), el('span.num', {data: {stale: '1'}})) : '');
    this.#recount(layer.key);
  }

  /** By what the layer is coloured, and whether it is shown as heat. */
  #choices(layer) {
    const found = [];
    if (layer.themes?.length) {
      const select = el('select', {onchange: () => this.#app.looks.set(layer.key, {theme: select.value})},
        el('option', {value: ''}, layer.state_title || '状态'),
        ...layer.themes.map(({key, title}) => el('option', {value: key}, title)));
      found.push(el('label.theme-of', {}, el('span', {}, '按'), select, el('span', {}, '着色')));
    }
    if (canHeat(layer)) {
      const box = el('input', {type: 'checkbox', data: {heat: layer.key}, onchange: () => this.#app.looks.set(layer.key, {heat: box.checked})});
      found.push(el('label.heat-of', {}, box, '热力图'));
    }
    return found;
  }

  #recount(key) {
    if (!this.#recountSoon.has(key)) this.#recountSoon.set(key, settled(() => this.#count(key), 120));
    this.#recountSoon.get(key)();
  }

  /** Without a filter the whole layer's number stands there; numbers by state are asked for while they are seen. */
  async #count(key) {
    const layer = this.describe(key);
    const row = this.#box.querySelector(`[data-layer="${key}"]`);
    if (!layer || !row || layer.live) return;
    const node = row.querySelector(`[data-count="${key}"]`);
    const isFiltered = Object.keys(layer.look.filters).length > 0;
    const total = layer.count === null || layer.count === undefined ? '' : count(layer.count);
    if (!isFiltered) node.textContent = total;
    const legend = row.querySelector('.legend-box');
    if (!isFiltered && legend.hidden) return;
    try {
      const found = await get(`/api/v1/layers/${key}/summary/`, {...params(layer), region: this.#app.region});
      if (isFiltered) node.textContent = `${count(found.total)} / ${total}`;
      const numbers = new Map(found.states.map((state) => [String(state.key), state.count]));
      for (const item of legend.querySelectorAll('li[data-state]')) item.querySelector('.num').textContent = count(numbers.get(item.dataset.state) ?? 0);
      const stale = legend.querySelector('[data-stale]');
      if (stale) stale.textContent = found.stale === null ? '' : count(found.stale);
    } catch (error) {
      explain(error);
    }
  }
}

/** What the lines of the ground mean, and which of them are only roughly there. @param {string} note */
function ground(note) {
  const line = (kind, words) => el('li', {}, el(`span.line.line-${kind}`), words);
  return el('details.ground-legend', {}, el('summary', {}, '底图图例'),
    el('ul.legend', {},
      line('county', '市、县界'),
      line('zone', '功能区界（示意）'),
      line('town', '乡镇界（示意）'),
      line('road', note ? '道路（示意）' : '道路'),
      el('li', {}, el('span.line.line-rough'), '事件位置的误差范围')));
}
