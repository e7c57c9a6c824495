/** Box, lasso and radius: what is inside is asked of the server, never of what happens to be drawn. */

import {post, withQuery} from './api.js';
import {el} from './dom.js';
import {area as areaText, count, distance} from './format.js';
import {listParams, params, said} from './looks.js';
import {asItem, row} from './results.js';
import {explain, toast} from './toast.js';

const TITLES = {box: '框选', lasso: '套索选择', radius: '按半径选择'};
const HINTS = {
  box: ['按住拖动，画出方框', '框选'],
  lasso: ['按住拖动，圈出范围', '套索'],
  radius: ['从圆心按住向外拖', '半径'],
};
const SHOWN = 20;

export class Selection {
  #app;

  constructor(app) {
    this.#app = app;
  }

  /** @param {'box'|'lasso'|'radius'} kind */
  async start(kind) {
    const figure = await this.#app.drawing(kind, HINTS[kind]);
    if (!figure) return;
    this.#app.map.highlight.show('area', [{geometry: figure.geometry}]);
    await this.show(figure, TITLES[kind]);
  }

  /** @param {any} figure of the sketch @param {string} title */
  async show(figure, title) {
    const layers = this.#app.tree.shownLayers;
    if (!layers.length) {
      toast('没有打开的图层：先在左侧勾选要查的图层。');
      return;
    }
    const region = this.#app.region;
    const size = figure.circle ? `半径 ${distance(figure.circle.metres)}` : areaText(figure.area);
    const total = el('span.badge', {}, '…');
    const box = el('div', {}, el('div.results-head', {},
      el('h2', {}, `${title} `, total),
      el('span.muted.small', {}, size),
      el('span.spacer'),
      el('button.btn.btn-small', {type: 'button', onclick: () => this.#near(figure)}, '周边资源'),
      el('button.btn.btn-small', {type: 'button', onclick: () => this.clear()}, '清除范围')));
    const groups = el('div', {}, el('span.skeleton'));
    box.append(groups);
    this.#app.panel.openNode(`${title}结果`, box);
    const answers = await Promise.all(layers.map((layer) => this.#ask(layer, figure.geometry, region)));
    const found = answers.filter((answer) => answer && answer.count > 0);
    total.textContent = count(found.reduce((sum, answer) => sum + answer.count, 0));
    groups.replaceChildren(...(found.length
      ? found.map((answer) => this.#group(answer, figure.geometry, region))
      : [el('div.empty', {}, el('b', {}, '范围内没有要素'), '扩大范围，或在左侧打开更多图层。')]));
  }

  async #ask(layer, geometry, region) {
    try {
      const answer = await post(`/api/v1/features/${layer.key}/`, {...params(layer), within: geometry, region: region || undefined, page_size: SHOWN});
      return {layer, ...answer};
    } catch (error) {
      explain(error);
      return null;
    }
  }

  #group({layer, count: total, features}, geometry, region) {
    const within = JSON.stringify(geometry);
    const sheet = withQuery(`/api/v1/features/${layer.key}/export.xlsx`, {...params(layer), within, region});
    const list = layer.list_url ? withQuery(layer.list_url, {...listParams(layer), within, region}) : '';
    const conditions = said(layer).map(({label, value}) => `${label}：${value}`).join('；');
    return el('details.result-group', {open: true},
      el('summary', {}, layer.title, el('span.spacer'), el('span.badge', {}, count(total))),
      el('div.result-actions', {},
        el('a.btn.btn-small', {href: sheet, download: ''}, '导出 xlsx'),
        list ? el('a.btn.btn-small', {href: list}, '在列表中打开') : null,
        el('button.btn.btn-small', {type: 'button', onclick: () => this.#app.table.open(layer.key, {within: geometry})}, '在表格中看')),
      conditions ? el('p.more', {}, `条件：${conditions}`) : null,
      el('ul.result-list', {}, ...features.map((feature) => row(this.#app, asItem(layer.key, feature)))),
      total > features.length ? el('p.more', {}, `只列出前 ${features.length} 个，共 ${count(total)} 个：导出或在表格中看全部。`) : null);
  }

  #near(figure) {
    const {circle, geometry} = figure;
    const ring = geometry.coordinates[0];
    const lon = circle?.lon ?? ring.reduce((sum, [x]) => sum + x, 0) / ring.length;
    const lat = circle?.lat ?? ring.reduce((sum, [, y]) => sum + y, 0) / ring.length;
    this.#app.near.around(lon, lat, '所选范围的中心');
  }

  clear() {
    this.#app.map.highlight.clear('area');
    this.#app.panel.close();
  }
}
