/** Layers by group, with counts, states as legend, and what is shown remembered. */

import {el, icon} from './dom.js';
import {count} from './format.js';
import {recall, remember} from './remember.js';
import {swatch} from './shapes.js';

/** Dispatches "change" (detail: keys shown). */
export class LayerTree extends EventTarget {
  #app;
  #box;
  #layers;
  #shown;

  /**
   * @param {any} app
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

  /** Counts may move with the feed and the region. @param {any[]} layers */
  update(layers) {
    for (const layer of layers) {
      const known = this.describe(layer.key);
      const node = this.#box.querySelector(`[data-count="${layer.key}"]`);
      if (known?.live) continue; // counted by what is drawn
      if (known) known.count = layer.count;
      if (node) node.textContent = layer.count === null || layer.count === undefined ? '' : count(layer.count);
    }
  }

  /** Of a live layer only what is going on is drawn, so that is what is counted. @param {number} total */
  countLive(total) {
    for (const {key} of this.#layers.filter(({live}) => live)) {
      const node = this.#box.querySelector(`[data-count="${key}"]`);
      if (node) node.textContent = count(total);
    }
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
    const states = layer.states ?? [];
    const typical = states.find(({color}) => color !== 'slate') ?? states[0];
    const legend = el('ul.legend', {hidden: true, id: `legend-${layer.key}`},
      ...states.map((state) => el('li', {}, swatch(state), state.label)),
      el('li', {}, swatch(states[0], {hollow: true}), '信息已过期'));
    const toggle = el('button', {type: 'button', 'aria-expanded': 'false', 'aria-controls': legend.id, 'aria-label': `${layer.title}的图例`}, icon('down'));
    toggle.addEventListener('click', () => {
      legend.hidden = !legend.hidden;
      toggle.setAttribute('aria-expanded', String(!legend.hidden));
    });
    const input = el('input', {type: 'checkbox', value: layer.key, checked: this.#shown.has(layer.key)});
    input.addEventListener('change', () => this.set(layer.key, input.checked));
    const total = layer.count === null || layer.count === undefined ? '' : count(layer.count);
    return el('div', {},
      el('div.tree-row', {},
        el('label', {}, input, swatch(typical), el('span.name', {}, layer.title), el('span.num', {data: {count: layer.key}}, total)),
        states.length ? toggle : null),
      legend);
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
