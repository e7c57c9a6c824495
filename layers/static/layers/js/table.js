/** The table that says in rows what the map shows: the same features, for those who do not see or do not like maps. */

import {get, post, withQuery} from './api.js';
import {el, settled} from './dom.js';
import {count} from './format.js';
import {params} from './looks.js';
import {asItem, stateOf} from './results.js';
import {swatch} from './shapes.js';
import {explain} from './toast.js';

const PAGE = 50;
const HIDDEN = new Set(['id', 'name', 'state', 'stale', 'pinyin', 'region_id', 'grid']);

export class Table {
  #app;
  #dock;
  #layer = '';
  #page = 1;
  #within = null;
  #look = '';
  #running = null;
  #parts = {};
  #reload;

  constructor(app, dock) {
    this.#app = app;
    this.#dock = dock;
    this.#reload = settled(() => this.#load(), 250);
    app.map.addEventListener('move', () => this.#moved());
    app.addEventListener('region', () => this.#moved());
    app.addEventListener('view', () => this.#looked());
    app.addEventListener('changed', ({detail}) => this.isOpen && detail === this.#layer && this.#reload());
    app.panel.addEventListener('subject', ({detail}) => this.#mark(detail));
    app.map.addEventListener('hover', ({detail}) => this.#hover(detail?.pick));
  }

  get isOpen() {
    return !this.#dock.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  /**
   * @param {string} [layer] by default the first that is shown
   * @param {{within?: any}} [options] an area instead of the view
   */
  open(layer = this.#layer || this.#app.tree.densest, {within = null} = {}) {
    if (!layer) return;
    this.#layer = layer;
    this.#page = 1;
    this.#within = within;
    this.#dock.hidden = false;
    this.#app.setPressed('table', true);
    this.#build();
    this.#app.resized();
    this.#load();
  }

  close() {
    this.#dock.hidden = true;
    this.#within = null;
    this.#app.map.highlight.clear('hovered');
    this.#app.setPressed('table', false);
    this.#app.resized();
  }

  #build() {
    const select = el('select', {'aria-label': '图层'}, ...this.#app.tree.all.map((layer) => el('option', {value: layer.key}, layer.title)));
    select.value = this.#layer;
    select.addEventListener('change', () => this.open(select.value, {within: this.#within}));
    const total = el('span.muted');
    const sheet = el('a.btn.btn-small', {download: ''}, '导出 xlsx');
    const pager = el('span.toolbar');
    pager.style.margin = '0';
    const body = el('div.dock-scroll', {tabindex: '0', 'aria-label': '表格内容'});
    this.#parts = {total, sheet, pager, body};
    const close = el('button.btn.btn-ghost.btn-small', {type: 'button', 'aria-label': '关闭表格', onclick: () => this.close()}, '关闭 ', el('kbd', {}, 't'));
    this.#dock.replaceChildren(el('div.dock-bar', {}, select, total, el('span.spacer'), pager, sheet, close), body);
  }

  #moved() {
    if (!this.isOpen || this.#within) return;
    this.#page = 1;
    this.#reload();
  }

  /** A theme or filter was chosen: other rows, or other words for their states. */
  #looked() {
    const look = JSON.stringify(params(this.#app.tree.describe(this.#layer)));
    if (!this.isOpen || look === this.#look) return;
    this.#look = look;
    this.#page = 1;
    this.#reload();
  }

  #filters() {
    const filters = {...params(this.#app.tree.describe(this.#layer)), region: this.#app.region || undefined};
    if (!this.#within) filters.bbox = this.#app.map.bbox().map((value) => value.toFixed(6)).join(',');
    return filters;
  }

  async #load() {
    if (!this.isOpen) return;
    this.#running?.abort();
    this.#running = new AbortController();
    const {signal} = this.#running;
    const url = `/api/v1/features/${this.#layer}/`;
    const paging = {page: this.#page, page_size: PAGE};
    try {
      const answer = this.#within
        ? await post(url, {...this.#filters(), ...paging, within: this.#within}, {signal})
        : await get(url, {...this.#filters(), ...paging}, signal);
      this.#render(answer);
    } catch (error) {
      explain(error);
    }
  }

  #render({count: total, features}) {
    const layer = this.#app.tree.describe(this.#layer);
    const pages = Math.max(1, Math.ceil(total / PAGE));
    this.#parts.total.textContent = `${this.#within ? '所选范围内' : '当前视图内'} ${count(total)} 条`;
    const within = this.#within ? JSON.stringify(this.#within) : '';
    this.#parts.sheet.href = withQuery(`/api/v1/features/${this.#layer}/export.xlsx`, {...this.#filters(), within});
    const step = (title, page) => el('button.btn.btn-small', {type: 'button', disabled: page < 1 || page > pages, onclick: () => {
      this.#page = page;
      this.#load();
    }}, title);
    this.#parts.pager.replaceChildren(step('上一页', this.#page - 1), el('span.muted', {}, `${this.#page} / ${pages}`), step('下一页', this.#page + 1));
    if (!features.length) {
      this.#parts.body.replaceChildren(el('div.empty', {}, el('b', {}, `这里没有${layer.title}`), '移动或缩小地图再看。'));
      return;
    }
    const columns = this.#columns(layer, features[0].properties);
    this.#parts.body.replaceChildren(el('table.table', {},
      el('thead', {}, el('tr', {}, ...['名称', '状态', ...columns.map(({title}) => title)].map((title) => el('th', {scope: 'col'}, title)))),
      el('tbody', {}, ...features.map((feature) => this.#row(layer, feature, columns)))));
    this.#parts.body.scrollTop = 0;
    this.#mark(this.#app.panel.subject);
  }

  /** The fields the layer shows, with the titles the server gives them. */
  #columns(layer, properties) {
    return [{key: 'region_name', title: '区划'}, ...(layer.fields ?? [])].filter(({key}) => key in properties && !HIDDEN.has(key));
  }

  #row(layer, feature, columns) {
    const item = asItem(layer.key, feature);
    const state = stateOf(layer, item.state);
    const open = () => this.#app.open({layer: layer.key, id: String(item.id), lon: item.lon, lat: item.lat}, {title: item.title, reveal: true});
    return el('tr', {
      tabindex: '0',
      data: {id: item.id},
      onclick: open,
      onkeydown: ({key}) => key === 'Enter' && open(),
      onpointerenter: () => Number.isFinite(item.lon) && this.#app.map.highlight.point('hovered', item.lon, item.lat),
      onpointerleave: () => this.#app.map.highlight.clear('hovered'),
    },
    el('td', {}, item.title),
    el('td', {}, swatch(state, {hollow: item.stale}), item.stale ? `${state.label}（已过期）` : state.label),
    ...columns.map(({key}) => el('td', {}, words(feature.properties[`${key}_label`] ?? feature.properties[key]))));
  }

  #rowOf(id) {
    return this.#parts.body?.querySelector(`tr[data-id="${CSS.escape(String(id))}"]`);
  }

  #mark(subject) {
    if (!this.isOpen || !this.#parts.body) return;
    for (const row of this.#parts.body.querySelectorAll('tr[aria-selected]')) row.removeAttribute('aria-selected');
    const row = subject?.layer === this.#layer ? this.#rowOf(subject.id) : null;
    row?.setAttribute('aria-selected', 'true');
    row?.scrollIntoView({block: 'nearest'});
  }

  #hover(pick) {
    if (!this.isOpen || !this.#parts.body) return;
    for (const row of this.#parts.body.querySelectorAll('tr[data-hover]')) delete row.dataset.hover;
    const row = pick && !pick.grid && pick.layer === this.#layer ? this.#rowOf(pick.id) : null;
    if (row) {
      row.dataset.hover = '1';
      row.scrollIntoView({block: 'nearest'});
    }
  }
}

function words(value) {
  if (value === null || value === undefined) return '';
  if (value === true) return '是';
  if (value === false) return '否';
  if (Array.isArray(value)) return value.join('、');
  return String(value);
}
