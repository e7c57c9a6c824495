/** Measures that go away, and notes that stay in this browser until their author removes them. */

import {el} from './dom.js';
import {area, distance} from './format.js';
import {recall, remember} from './remember.js';
import {toast} from './toast.js';

const KINDS = [['point', '标点'], ['line', '画线'], ['polygon', '画面']];

export class Measure {
  #app;
  #notes = recall('notes', []);

  constructor(app) {
    this.#app = app;
    this.#paint();
  }

  async distance() {
    const figure = await this.#app.drawing('line', ['逐点单击，双击结束', '测距']);
    if (figure) this.#result(figure.geometry, distance(figure.length));
  }

  async area() {
    const figure = await this.#app.drawing('polygon', ['逐点单击，双击闭合', '测面积']);
    if (figure) this.#result(figure.geometry, `${area(figure.area)}，周长 ${distance(figure.length)}`);
  }

  #result(geometry, words) {
    this.#app.map.highlight.show('measure', [{geometry, properties: {label: words.split('，')[0]}}]);
    toast(words, {action: {title: '清除', run: () => this.#app.map.highlight.clear('measure')}});
  }

  /** The notes of this browser, and the tools to add to them. */
  openNotes() {
    const list = el('ul.result-list', {}, ...this.#notes.map((note, index) => el('li', {}, el('div.result', {},
      el('span.badge', {}, index + 1),
      el('span.title', {}, note.label || '未命名'),
      el('button.btn.btn-small', {type: 'button', onclick: () => this.#remove(index)}, '删除')))));
    const box = el('div.stack', {},
      el('div.toolbar', {}, ...KINDS.map(([kind, title]) => el('button.btn', {type: 'button', onclick: () => this.#add(kind)}, title))),
      this.#notes.length ? list : el('p.muted.small', {}, '还没有标绘。'),
      el('p.note', {}, '标绘只保存在这台电脑的浏览器里，会出现在打印的图上，别人看不到。'));
    this.#app.panel.openNode('标绘', box);
  }

  async #add(kind) {
    const figure = await this.#app.drawing(kind, [kind === 'point' ? '点一下要标的位置' : '逐点单击，双击结束', '标绘']);
    if (!figure) return;
    const label = await this.#app.ask('标绘', '写几个字（可留空）');
    if (label === null) return;
    this.#notes.push({geometry: figure.geometry, label});
    this.#save();
  }

  #remove(index) {
    this.#notes.splice(index, 1);
    this.#save();
  }

  #save() {
    remember('notes', this.#notes);
    this.#paint();
    this.openNotes();
  }

  #paint() {
    this.#app.map.highlight.show('note', this.#notes.map(({geometry, label}) => ({geometry, properties: {label}})));
  }
}
