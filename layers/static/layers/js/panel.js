/** The panel on the right (a sheet from below on phones): feature pages of the server, results and forms. */

import htmx from 'htmx';
import {el, settled} from './dom.js';
import {recall, remember} from './remember.js';

const NARROW = matchMedia('(max-width: 760px)');
const STEP = 24;
// Something is being filled in: a form with changes, a dialog, or a form that unfolds (<details data-hold>).
const HELD = 'form [data-dirty], dialog[open], details[data-hold][open]';

/** Dispatches "subject" ({layer, id} or null), "loaded" (the subject with lon, lat, title) and "size" (the map has more or less room). */
export class Panel extends EventTarget {
  #refs;
  #stage;
  #subject = null;
  #stack = [];
  #title = '';
  #reloadSoon;
  #asking = new Set(); // requests of tabs, buttons and forms inside the panel that are under way
  #isLate = false;
  #isReload = false;

  constructor(refs) {
    super();
    this.#refs = refs;
    this.#stage = refs.stage;
    this.#reloadSoon = settled(() => this.reload(), 150);
    refs.panelClose.addEventListener('click', () => this.close());
    refs.panelBack.addEventListener('click', () => this.back());
    this.#stage.style.setProperty('--panel', recall('panel.width', 0) ? `${recall('panel.width', 0)}px` : '26rem');
    this.#grip(refs.panelGrip);
    this.#giveWay(refs.panelBody);
    refs.panelBody.addEventListener('htmx:responseError', ({detail}) => this.#failed(detail.xhr.status));
    refs.panelBody.addEventListener('htmx:sendError', () => this.#failed(0));
  }

  get isOpen() {
    return !this.#refs.panel.hidden;
  }

  get subject() {
    return this.#subject;
  }

  /** @param {{layer: string, id: string}} subject @param {string} [title] */
  openFeature({layer, id}, title = '') {
    this.#push();
    this.#subject = {layer, id: String(id)};
    this.#show(title);
    this.#load(`/panel/${layer}/${id}/`);
    this.#tell();
  }

  /** A form or page of the server. @param {string} url @param {string} title */
  openUrl(url, title) {
    this.#push();
    this.#subject = null;
    this.#show(title);
    this.#load(url);
    this.#tell();
  }

  /** Something made here: it comes back by the back button. @param {string} title @param {Node} node */
  openNode(title, node) {
    if (this.#title !== title) this.#push();
    this.#subject = null;
    this.#show(title);
    this.#refs.panelBody.replaceChildren(node);
    this.#refs.panelBody.scrollTop = 0;
    this.#tell();
  }

  /** Only what was made here can be put back as it was; a feature is loaded afresh. */
  #push() {
    if (!this.isOpen) this.#stack = [];
    else if (this.#subject) this.#stack.push({subject: this.#subject, title: this.#title});
    else if (this.#title) this.#stack.push({nodes: [...this.#refs.panelBody.childNodes], title: this.#title});
    this.#stack = this.#stack.slice(-12);
  }

  back() {
    const before = this.#stack.pop();
    if (!before) return;
    this.#subject = before.subject ?? null;
    this.#show(before.title);
    if (before.subject) this.#load(`/panel/${before.subject.layer}/${before.subject.id}/`);
    else this.#refs.panelBody.replaceChildren(...before.nodes);
    this.#tell();
  }

  close() {
    if (!this.isOpen) return;
    this.#refs.panel.hidden = true;
    this.#refs.panelBody.replaceChildren();
    this.#subject = null;
    this.#title = '';
    this.#stack = [];
    this.#tell();
    this.#resized();
  }

  /** After the feed said that the subject changed. A form somebody is filling in is left alone. */
  changed() {
    if (this.#refs.panelBody.querySelector(HELD)) return;
    this.#reloadSoon();
  }

  reload() {
    if (!this.#subject) return;
    if (this.#asking.size) {
      this.#isLate = true;
      return;
    }
    const {layer, id} = this.#subject;
    const tab = this.#refs.panelBody.querySelector('.tabs [aria-selected="true"]')?.dataset.tab;
    this.#load(`/panel/${layer}/${id}/${tab ? `?tab=${tab}` : ''}`, {keep: true});
  }

  /** What the reader has just pressed goes before a reload, which would answer with the page as it was before. */
  #giveWay(body) {
    body.addEventListener('htmx:beforeRequest', ({detail}) => {
      if (detail.requestConfig.elt === body) return;
      this.#asking.add(detail.xhr);
      htmx.trigger(body, 'htmx:abort');
    });
    body.addEventListener('htmx:beforeSwap', ({detail}) => {
      if (detail.requestConfig.elt === body && this.#isReload && body.querySelector(HELD)) detail.shouldSwap = false;
    });
    body.addEventListener('htmx:afterRequest', ({detail}) => {
      if (!this.#asking.delete(detail.xhr) || this.#asking.size || !this.#isLate) return;
      this.#isLate = false;
      this.changed();
    });
  }

  #load(url, {keep = false} = {}) {
    const body = this.#refs.panelBody;
    const top = keep ? body.scrollTop : 0;
    this.#isReload = keep;
    if (!keep) {
      body.replaceChildren(...[44, 100, 72, 88, 60].map((width) => {
        const line = el('span.skeleton');
        line.style.cssText = `width:${width}%;height:20px;margin-bottom:14px`;
        return line;
      }));
    }
    htmx.ajax('GET', url, {target: body, swap: 'innerHTML', source: body}).then(() => {
      body.scrollTop = top;
      const {lon, lat} = body.querySelector('[data-lon]')?.dataset ?? {};
      if (this.#subject) this.#emit('loaded', {...this.#subject, lon: Number(lon), lat: Number(lat), title: body.querySelector('h1, h2')?.textContent.trim() ?? ''});
      body.querySelector('[autofocus]')?.focus();
    }, () => {}); // a failure is shown by the listeners, an aborted request wants nothing
  }

  #failed(status) {
    const words = status === 404
      ? ['没有找到', '它可能已被删除，或不在您的管辖范围内。']
      : ['没有打开', status ? `服务器返回 ${status}。` : '没有连上服务器。'];
    this.#refs.panelBody.replaceChildren(el('div.empty', {}, el('b', {}, words[0]), words[1]));
  }

  #show(title) {
    const opening = !this.isOpen;
    this.#title = title;
    this.#refs.panel.hidden = false;
    this.#refs.panelTitle.textContent = title;
    this.#refs.panelBack.hidden = !this.#stack.length;
    if (opening) this.#resized();
  }

  #tell() {
    this.#emit('subject', this.#subject);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }

  #resized() {
    this.#emit('size');
  }

  #grip(grip) {
    const set = (width) => {
      const wide = Math.round(Math.min(innerWidth * 0.7, Math.max(320, width)));
      this.#stage.style.setProperty('--panel', `${wide}px`);
      remember('panel.width', wide);
      this.#resized();
    };
    const sheet = (height) => this.#refs.panel.style.setProperty('--sheet', `${Math.round(Math.min(innerHeight * 0.92, Math.max(120, height)))}px`);
    grip.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      grip.setPointerCapture(event.pointerId);
      const move = ({clientX, clientY}) => (NARROW.matches ? sheet(innerHeight - clientY) : set(innerWidth - clientX));
      grip.addEventListener('pointermove', move);
      grip.addEventListener('pointerup', ({clientY}) => {
        grip.removeEventListener('pointermove', move);
        if (NARROW.matches && clientY > innerHeight - 140) this.close();
      }, {once: true});
    });
    grip.addEventListener('keydown', ({key}) => {
      const width = this.#refs.panel.offsetWidth;
      if (key === 'ArrowLeft') set(width + STEP);
      if (key === 'ArrowRight') set(width - STEP);
    });
  }
}
