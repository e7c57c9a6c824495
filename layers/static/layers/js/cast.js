/** 投屏: this operator's view goes to the wall; who drives is always said, and can be taken over. */

import {get, post} from './api.js';
import {el, settled} from './dom.js';
import {explain, toast} from './toast.js';

const URL = '/api/v1/wall/main/';
const KEY = 'wall:main';

export class Cast {
  #app;
  #driving = false;
  #mode = 'follow';
  #driver = '';
  #publish;
  #last = '';

  constructor(app) {
    this.#app = app;
    this.#publish = settled(() => this.#send(), 250);
    for (const target of [app.map]) target.addEventListener('move', () => this.#driving && this.#publish());
    app.addEventListener('view', () => this.#driving && this.#publish());
    app.feed.addEventListener('signal', ({detail}) => detail.key === KEY && this.#heard(detail.value));
  }

  #heard(value) {
    const driver = value.driver?.username ?? value.driver ?? '';
    this.#driver = value.driver?.name ?? driver;
    this.#mode = value.mode ?? 'follow';
    if (this.#driving && driver && driver !== this.#app.boot.user?.username) {
      this.#driving = false;
      this.#app.setPressed('cast', false);
      toast(`${this.#driver} 已接管大屏。`);
    }
  }

  /** The small dialog behind the button. */
  async open() {
    try {
      this.#heard(await get(URL));
    } catch (error) {
      if (error.status !== 404) explain(error);
    }
    const state = this.#driving
      ? '大屏正跟随您的视图。'
      : this.#driver ? `大屏现在由 ${this.#driver} 控制${this.#mode === 'lock' ? '，已锁定' : ''}。` : '大屏现在没有人控制。';
    const button = (title, run, kind = '') => el(`button.btn${kind}`, {type: 'button', onclick: () => {
      run();
      this.#app.closeDialog();
    }}, title);
    this.#app.dialog('投屏', el('div.cast-state', {},
      el('p', {}, state),
      this.#driving ? null : button(this.#driver ? '接管大屏，让它跟随我' : '让大屏跟随我', () => this.#start('follow'), '.btn-primary'),
      this.#driving && this.#mode !== 'lock' ? button('锁定大屏在当前画面', () => this.#start('lock')) : null,
      this.#driving && this.#mode === 'lock' ? button('解除锁定，继续跟随', () => this.#start('follow'), '.btn-primary') : null,
      this.#driving ? button('停止投屏', () => this.#stop()) : null,
      el('a.btn', {href: '/wall/', target: '_blank', rel: 'noopener'}, '在新窗口打开大屏')));
  }

  #start(mode) {
    this.#driving = true;
    this.#mode = mode;
    this.#last = '';
    this.#app.setPressed('cast', true);
    this.#send();
    toast(mode === 'lock' ? '大屏已锁定在当前画面。' : '大屏正跟随您的视图。');
  }

  #stop() {
    this.#driving = false;
    this.#app.setPressed('cast', false);
    toast('已停止投屏，大屏停在最后的画面。');
  }

  async #send() {
    if (this.#mode === 'lock' && this.#last) return;
    const {zoom, lon, lat} = this.#app.map.view();
    // The wall is another shape: it shows at least what is seen here.
    const view = {zoom, lon, lat, bbox: this.#app.map.bbox(), layers: this.#app.tree.shown, region: this.#app.region, sel: this.#app.panel.subject, looks: this.#app.looks.all};
    const text = JSON.stringify([view, this.#mode]);
    if (text === this.#last) return;
    this.#last = text;
    try {
      await post(URL, {view, mode: this.#mode});
    } catch (error) {
      explain(error);
    }
  }
}
