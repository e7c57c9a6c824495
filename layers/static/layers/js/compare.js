/** 对比: two regions side by side at one scale, with the same layers, colours and filters, and the same numbers below. */

import {get} from './api.js';
import {el, settled} from './dom.js';
import {count, stamp} from './format.js';
import {params, said} from './looks.js';
import {MapView} from './map.js';
import {swatch} from './shapes.js';
import {explain, toast} from './toast.js';

const MARGIN = 0.05;
const PICTURE = {width: 900, height: 640}; // of one pane on paper

/** Dispatches "change". */
export class Compare extends EventTarget {
  #app;
  #box;
  #refs;
  #panes = [];
  #layer = '';
  #count;
  #before = null;
  #isMoved = false;

  /** @param {any} app @param {{compare: HTMLElement}} refs */
  constructor(app, refs) {
    super();
    this.#app = app;
    this.#refs = refs;
    this.#box = refs.compare;
    this.#count = settled(() => this.#numbers(), 120);
    app.looks.addEventListener('change', ({detail}) => this.isOpen && this.#lookChanged(detail));
    app.tree.addEventListener('change', () => this.isOpen && this.#showLayers());
    app.addEventListener('changed', ({detail}) => {
      if (!this.isOpen) return;
      for (const {map} of this.#panes) map.tiles.refresh(detail);
      this.#count();
    });
  }

  get isOpen() {
    return this.#panes.length > 0;
  }

  /** @returns {string[]|undefined} the two regions, for the link */
  get codes() {
    return this.isOpen ? this.#panes.map(({select}) => select.value) : undefined;
  }

  /** What can be compared: the parts of the reader's own area. */
  get #choices() {
    const own = [...this.#app.regions.values()].filter((region) => region.in_scope !== false);
    const codes = new Set(own.map(({code}) => code));
    const tops = own.filter(({parent}) => !codes.has(parent));
    return tops.length === 1 ? own.filter((region) => region !== tops[0]) : own;
  }

  /** @param {string[]} [codes] */
  open(codes = []) {
    const choices = this.#choices;
    if (choices.length < 2) {
      toast('您的辖区内没有可以对比的两个区域。', {kind: 'error'});
      return;
    }
    if (this.isOpen) this.close();
    const known = new Set(choices.map(({code}) => code));
    const siblings = choices.filter(({parent}) => parent === choices[0].parent);
    const first = [...codes, this.#app.region, ...siblings.map(({code}) => code), ...choices.map(({code}) => code)].filter((code) => known.has(code));
    const pair = [...new Set(first)].slice(0, 2);
    this.#before = document.activeElement;
    this.#app.panel.close();
    this.#box.hidden = false;
    this.#refs.stage.dataset.compare = '1';
    this.#build(pair);
    this.#showLayers();
    this.#fit();
    this.#app.setPressed('compare', true);
    this.dispatchEvent(new Event('change'));
    this.#panes[0].select.focus();
  }

  close() {
    if (!this.isOpen) return;
    for (const {map} of this.#panes) map.dispose();
    this.#panes = [];
    this.#box.replaceChildren();
    this.#box.hidden = true;
    delete this.#refs.stage.dataset.compare;
    this.#app.setPressed('compare', false);
    this.#app.map.resize();
    this.dispatchEvent(new Event('change'));
    this.#before?.focus?.();
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  #build(pair) {
    const layers = this.#app.tree.shownLayers.filter(({live}) => !live);
    this.#layer = layers.some(({key}) => key === this.#layer) ? this.#layer : layers.toSorted((one, other) => (other.count ?? 0) - (one.count ?? 0))[0]?.key ?? '';
    const subject = el('select', {'aria-label': '统计哪个图层', data: {subject: '1'}, onchange: () => {
      this.#layer = subject.value;
      this.#numbers();
    }});
    const words = el('span.muted.small', {data: {conditions: '1'}});
    const head = el('div.compare-head', {},
      el('h2', {}, '两地对比'), subject, words, el('span.spacer'),
      el('button.btn.btn-small', {type: 'button', onclick: () => this.#fit()}, '同一比例看全'),
      el('button.btn.btn-small', {type: 'button', onclick: () => this.print()}, '打印'),
      el('button.btn.btn-small', {type: 'button', onclick: () => this.#app.views.copy()}, '复制链接'),
      el('button.btn.btn-small', {type: 'button', onclick: () => this.close()}, '关闭 ', el('kbd', {}, 'Esc')));
    this.#box.replaceChildren(head, el('div.compare-panes'));
    this.#panes = pair.map((code, index) => this.#pane(code, index));
    this.#parts = {subject, words};
    for (const [at, pane] of this.#panes.entries()) {
      pane.map.addEventListener('move', () => this.#follow(at));
      pane.map.addEventListener('gesture', () => {
        this.#isMoved = true;
      });
    }
  }

  #parts = {};

  #pane(code, index) {
    const {boot, outlines} = this.#app;
    const name = `第${index + 1}个区域`;
    const select = el('select', {'aria-label': name}, ...options(this.#choices));
    select.value = code;
    const target = el('div.compare-map', {tabindex: '0', 'aria-label': `${name}的地图`});
    const numbers = el('div.compare-numbers', {'aria-live': 'polite'});
    this.#box.querySelector('.compare-panes').append(el('section.compare-pane', {'aria-label': name}, el('div.compare-of', {}, select), target, numbers));
    const map = new MapView(target, {extent: boot.city.extent});
    if (outlines) map.ground.setOutlines(outlines);
    map.setLayers(this.#app.tree.all);
    const pane = {map, select, target, numbers, code};
    select.addEventListener('change', () => {
      this.#region(pane);
      this.#fit();
      this.#numbers();
      this.dispatchEvent(new Event('change'));
    });
    this.#region(pane);
    return pane;
  }

  #region(pane) {
    pane.map.tiles.setRegion(pane.select.value);
    pane.map.ground.mark(pane.select.value);
  }

  #showLayers() {
    const shown = new Set(this.#app.tree.shown);
    for (const {map} of this.#panes) for (const layer of this.#app.tree.all) if (!layer.live) map.setVisible(layer.key, shown.has(layer.key));
    const layers = this.#app.tree.shownLayers.filter(({live}) => !live);
    const {subject} = this.#parts;
    subject.replaceChildren(...layers.map((layer) => el('option', {value: layer.key}, layer.title)));
    if (!layers.some(({key}) => key === this.#layer)) this.#layer = layers[0]?.key ?? '';
    subject.value = this.#layer;
    this.#numbers();
  }

  #lookChanged(key) {
    for (const {map} of this.#panes) map.setLook(key);
    this.#count();
  }

  /** Each fitted to its region; both at the scale that the larger one needs. */
  #fit() {
    this.#isMoved = false;
    for (const {map, select} of this.#panes) {
      map.resize();
      const bbox = this.#app.regions.get(select.value)?.bbox;
      if (bbox) map.fit(wider(bbox), {maxZoom: 15, animate: false});
    }
    const zoom = Math.min(...this.#panes.map(({map}) => map.view().zoom));
    for (const {map} of this.#panes) map.setView({...map.view(), zoom});
  }

  /** The scale of one is the scale of both; where each looks is its own affair. */
  #follow(at) {
    const zoom = this.#panes[at]?.map.view().zoom;
    for (const [other, {map}] of this.#panes.entries()) {
      if (other !== at && Math.abs(map.view().zoom - zoom) > 0.001) map.setView({...map.view(), zoom});
    }
  }

  async #numbers() {
    const layer = this.#app.tree.describe(this.#layer);
    const conditions = layer ? said(layer).map(({label, value}) => `${label}：${value}`).join('；') : '';
    this.#parts.words.textContent = conditions ? `条件：${conditions}` : '';
    if (!layer) {
      for (const {numbers} of this.#panes) numbers.replaceChildren(el('p.empty', {}, '没有打开的图层：先在左侧勾选。'));
      return;
    }
    try {
      const found = await Promise.all(this.#panes.map(({select}) => get(`/api/v1/layers/${layer.key}/summary/`, {...params(layer), region: select.value})));
      const most = Math.max(1, ...found.flatMap(({states}) => states.map((state) => state.count)));
      this.#panes.forEach(({numbers}, index) => numbers.replaceChildren(table(layer, found[index], most)));
      if (!this.#isMoved) this.#fit(); // the numbers took room from the maps
      else for (const {map} of this.#panes) map.resize();
    } catch (error) {
      explain(error);
    }
  }

  /** Both maps and their numbers on one sheet. */
  async print() {
    const {printSheet, printColors} = this.#refs;
    const pictures = [];
    for (const {map, select, numbers} of this.#panes) {
      const {canvas} = await map.picture({...PICTURE, colors: printColors});
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
      if (!blob) {
        toast('底图不允许导出，不能打印。', {kind: 'error'});
        return;
      }
      const name = this.#app.regions.get(select.value)?.name ?? '';
      const image = el('img', {alt: name});
      image.src = globalThis.URL.createObjectURL(blob);
      await image.decode();
      const copy = numbers.cloneNode(true);
      copy.dataset.theme = 'light';
      pictures.push(el('section', {}, el('h2', {}, name), image, copy));
    }
    const layer = this.#app.tree.describe(this.#layer);
    printSheet.dataset.paper = 'a4-landscape';
    printSheet.replaceChildren(
      el('h1', {}, `${layer?.title ?? ''}两地对比${this.#parts.words.textContent ? `（${this.#parts.words.textContent}）` : ''}`),
      el('div.print-pair', {}, ...pictures),
      el('div.print-foot', {}, el('span', {}, `制图：${this.#app.boot.user?.name ?? ''}　时间：${stamp(this.#app.feed.now())}`),
        el('span', {}, ['坐标系：CGCS2000', this.#app.boot.ground_note].filter(Boolean).join('　'))));
    document.body.classList.add('is-printing');
    window.print();
    document.body.classList.remove('is-printing');
  }
}

function wider([west, south, east, north]) {
  const [x, y] = [(east - west) * MARGIN, (north - south) * MARGIN];
  return [west - x, south - y, east + x, north + y];
}

/** Regions with those inside them below. */
function options(regions) {
  const codes = new Set(regions.map(({code}) => code));
  const depth = (region) => (codes.has(region.parent) ? '\u3000' : '');
  const under = (parent) => regions.filter((region) => region.parent === parent).flatMap((region) => [region, ...under(region.code)]);
  const tops = regions.filter(({parent}) => !codes.has(parent)).flatMap((region) => [region, ...under(region.code)]);
  return tops.map((region) => el('option', {value: region.code}, `${depth(region)}${region.name}`));
}

function table(layer, {total, stale, states, area_km2: area}, most) {
  const byKey = new Map(states.map((state) => [String(state.key), state.count]));
  const percent = (part) => (total ? `${Math.round((part / total) * 1000) / 10}%` : '—');
  const bar = (n) => {
    const node = el('span.bar');
    node.style.width = `${(n / most) * 100}%`;
    return node;
  };
  const rows = [...layer.states].sort((one, other) => (other.rank ?? 0) - (one.rank ?? 0)).map((state) => {
    const n = byKey.get(String(state.key)) ?? 0;
    return el('tr', {}, el('th', {scope: 'row'}, swatch(state), ' ', state.label), el('td.num', {}, count(n)), el('td.num', {}, percent(n)), el('td.bar-of', {}, bar(n)));
  });
  return el('div', {},
    el('dl.compare-sum', {},
      el('div', {}, el('dt', {}, '总数'), el('dd', {data: {total: '1'}}, count(total))),
      stale === null ? null : el('div', {}, el('dt', {}, '信息过期'), el('dd', {}, percent(stale))),
      area ? el('div', {}, el('dt', {}, '每百平方公里'), el('dd', {}, String(Math.round((total / area) * 1000) / 10))) : null,
      area ? el('div', {}, el('dt', {}, '面积'), el('dd', {}, `${count(Math.round(area))} km²`)) : null),
    rows.length ? el('table.compare-table', {}, el('caption.visually-hidden', {}, `${layer.title}按状态`), el('tbody', {}, ...rows)) : null);
}
