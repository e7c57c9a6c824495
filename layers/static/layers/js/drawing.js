/** What an action that draws does: the polygon it has is loaded, changed or drawn, sent, and refused in words if it must be. */

import {get, post} from './api.js';
import {el} from './dom.js';
import {area, distance} from './format.js';
import {explain, toast} from './toast.js';

const byThumb = matchMedia('(pointer: coarse)').matches;
const HOW = {
  draw: byThumb ? '逐个点按角点，点完按“闭合”' : '单击加角点，双击或回车闭合，退格撤回一点',
  freehand: '按住拖动，一笔画出',
  modify: byThumb ? '拖动角点修改，拖边加点' : '拖动角点修改，拖边加点，Alt＋单击删点',
  removing: '点一下要删的角点',
};

export class Drawing {
  #app;
  #bar;
  #url = '';
  #title = '';
  #parts = {};
  #isSending = false;
  #isChanged = false;

  /** @param {any} app @param {HTMLElement} bar */
  constructor(app, bar) {
    this.#app = app;
    this.#bar = bar;
    app.map.editor.addEventListener('change', ({detail}) => this.#say(detail));
    document.addEventListener('click', (event) => {
      const button = event.target.closest('[data-draw]');
      if (!button) return;
      event.preventDefault();
      this.start(button.dataset.draw, button.textContent.trim());
    });
    document.addEventListener('keydown', (event) => this.#press(event), true);
  }

  get active() {
    return Boolean(this.#url);
  }

  /** @param {string} url GET {"geometry"}, POST {"geometry"} @param {string} title */
  async start(url, title) {
    if (this.active) this.cancel();
    let geometry;
    try {
      ({geometry} = await get(url));
    } catch (error) {
      explain(error);
      return;
    }
    this.#url = url;
    this.#title = title;
    this.#isChanged = false;
    this.#app.closeSheets();
    this.#refs();
    this.#bar.hidden = false;
    this.#app.map.editor.removing = false;
    this.#app.map.editor.freehand = false;
    this.#app.map.editor.start(geometry);
    this.#app.map.fitEditor();
    if (!geometry && this.#app.place) this.#app.map.fly(this.#app.place.lon, this.#app.place.lat, 16);
    this.#app.panelAside(true);
    document.querySelector('[data-ref="map"]')?.focus();
  }

  #refs() {
    const {editor} = this.#app.map;
    const button = (words, run, {primary = false, title = ''} = {}) => el(`button.btn.btn-small${primary ? '.btn-primary' : ''}`, {type: 'button', title: title || null, onclick: run}, words);
    const parts = {
      how: el('span.draw-how'),
      size: el('output.draw-size', {'aria-live': 'polite'}),
      problem: el('p.draw-problem', {role: 'alert', hidden: true}),
      undo: button('撤销', () => editor.undo(), {title: '退格'}),
      freehand: button('自由手绘', () => {
        editor.freehand = !editor.freehand;
        this.#toggles();
      }),
      removing: button('删点', () => {
        editor.removing = !editor.removing;
        this.#toggles();
      }),
      restart: button('重画', () => editor.restart()),
      close: button('闭合', () => editor.finish(), {title: '回车'}),
      save: button('保存', () => this.send(), {primary: true, title: '回车'}),
      cancel: button('取消', () => this.cancel(), {title: 'Esc'}),
    };
    this.#parts = parts;
    this.#bar.replaceChildren(
      el('div.draw-line', {}, el('b', {}, this.#title), parts.how, parts.size),
      parts.problem,
      el('div.draw-line', {role: 'toolbar', 'aria-label': this.#title}, parts.undo, parts.freehand, parts.removing, parts.restart, el('span.spacer'), parts.cancel, parts.close, parts.save));
  }

  #toggles() {
    const {editor} = this.#app.map;
    const {freehand, removing, how} = this.#parts;
    freehand.setAttribute('aria-pressed', String(editor.freehand));
    removing.setAttribute('aria-pressed', String(editor.removing));
    const state = editor.mode === 'draw' ? (editor.freehand ? 'freehand' : 'draw') : (editor.removing ? 'removing' : 'modify');
    how.textContent = HOW[state];
  }

  #say({mode, corners, area: size, length, canUndo}) {
    if (!this.active) return;
    const {undo, freehand, removing, close, save, size: said, problem} = this.#parts;
    said.textContent = size > 1 ? `${corners} 个角点，面积 ${area(size)}，周长 ${distance(length)}` : corners ? `${corners} 个角点` : '';
    undo.disabled = !canUndo;
    close.hidden = freehand.hidden = mode !== 'draw';
    removing.hidden = save.hidden = mode !== 'modify';
    close.disabled = corners < 3;
    problem.hidden = true;
    this.#isChanged ||= canUndo;
    this.#toggles();
  }

  /** Refused, the sketch stays as it is, with the reason above it. */
  async send() {
    const geometry = this.#app.map.editor.geometry();
    if (!geometry || this.#isSending) return;
    this.#isSending = true;
    this.#parts.save.disabled = true;
    try {
      const answer = await post(this.#url, {geometry});
      this.#end();
      toast(answer?.detail ?? `${this.#title}：已保存。`);
      this.#app.panel.reload();
      for (const {key} of this.#app.tree.shownLayers) this.#app.map.tiles.refresh(key);
    } catch (error) {
      this.#parts.problem.textContent = error.message;
      this.#parts.problem.hidden = false;
    } finally {
      this.#isSending = false;
      this.#parts.save.disabled = false;
    }
  }

  cancel() {
    if (!this.active) return;
    this.#end();
    if (this.#isChanged) toast(`${this.#title}：已取消，没有保存。`);
  }

  #end() {
    this.#url = '';
    this.#bar.hidden = true;
    this.#app.map.editor.stop();
    this.#app.panelAside(false);
  }

  /** Before the page's own keys: while something is drawn they mean the drawing. */
  #press(event) {
    if (!this.active || event.ctrlKey && event.key !== 'z' || event.metaKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || document.querySelector('dialog[open]')) return;
    const {editor} = this.#app.map;
    const onButton = event.target.tagName === 'BUTTON';
    if (event.key === 'Escape') this.cancel();
    else if (event.key === 'Backspace' || (event.ctrlKey && event.key === 'z')) editor.undo();
    else if (event.key === 'Enter' && !onButton) {
      if (editor.mode === 'draw') editor.finish();
      else this.send();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
