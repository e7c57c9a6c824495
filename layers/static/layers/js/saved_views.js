/** 视图: what is shown kept under a name, for oneself, one's office or one's region; a link does the same once. */

import {get, post, request} from './api.js';
import {el, icon} from './dom.js';
import {explain, toast} from './toast.js';

const URL = '/api/v1/views/';

export class SavedViews {
  #app;

  constructor(app) {
    this.#app = app;
  }

  /** The menu: what there is to open, and the present view to keep. */
  async open() {
    const list = el('div.views-list', {}, el('span.skeleton'));
    const box = el('div.views', {}, this.#keeping(), list);
    this.#app.dialog('视图', box, {wide: true});
    box.querySelector('input').focus();
    try {
      const {results} = await get(URL);
      const mine = results.filter((view) => view.mine);
      const given = results.filter((view) => !view.mine);
      list.replaceChildren(
        el('h3', {}, '我的视图'),
        mine.length ? el('ul.result-list', {}, ...mine.map((view) => this.#row(view))) : el('p.muted.small', {}, '还没有保存过视图。调好图层、着色、筛选和位置，在上面起个名字保存。'),
        ...(given.length ? [el('h3', {}, '共享给我的'), el('ul.result-list', {}, ...given.map((view) => this.#row(view)))] : []));
    } catch (error) {
      explain(error);
    }
  }

  #keeping() {
    const name = el('input', {maxlength: '40', placeholder: '给现在的视图起个名字', 'aria-label': '视图名称', required: true});
    const sharing = this.#sharing('private');
    return el('form.views-keep', {onsubmit: async (event) => {
      event.preventDefault();
      try {
        await post(URL, {name: name.value, link: this.#app.linkHash(), sharing: sharing.value});
        toast(`视图“${name.value.trim()}”已保存。`);
        this.open();
      } catch (error) {
        explain(error);
        name.focus();
      }
    }},
    name, sharing, el('button.btn.btn-primary', {type: 'submit'}, '保存视图'),
    el('button.btn', {type: 'button', onclick: () => this.copy()}, icon('link'), '复制链接'));
  }

  #sharing(value) {
    const choices = [['private', '只有自己'], ['office', '本单位'], ['region', '本辖区']];
    const select = el('select', {'aria-label': '谁能看到'}, ...choices.map(([key, label]) => el('option', {value: key}, label)));
    select.value = value;
    return select;
  }

  copy() {
    this.#app.copy(`${location.origin}/${this.#app.linkHash()}`, '链接已复制：别人打开后是同样的视图，看到的是其权限内的内容。');
  }

  #row(view) {
    const open = el('button.result', {type: 'button', onclick: () => {
      this.#app.closeDialog();
      this.#app.follow(view.link);
    }}, icon('star'), el('span.title', {}, view.name), el('span.far', {}, view.mine ? view.sharing_label : view.owner));
    return el('li.views-row', {}, open, view.mine ? this.#keeperOf(view) : null);
  }

  #keeperOf(view) {
    const act = async (run, words) => {
      try {
        await run();
        toast(words);
        this.open();
      } catch (error) {
        explain(error);
      }
    };
    const change = (json) => request(`${URL}${view.id}/`, {method: 'PATCH', json});
    const sharing = this.#sharing(view.sharing);
    sharing.setAttribute('aria-label', `谁能看到“${view.name}”`);
    sharing.addEventListener('change', () => act(() => change({sharing: sharing.value}), '共享范围已改。'));
    const button = (title, run) => el('button.btn.btn-small', {type: 'button', 'aria-label': `${title}“${view.name}”`, onclick: run}, title);
    const drop = button('删除', () => {
      if (drop.dataset.sure) act(() => request(`${URL}${view.id}/`, {method: 'DELETE'}), `视图“${view.name}”已删除。`);
      else {
        drop.dataset.sure = '1';
        drop.textContent = '确认删除';
        drop.classList.add('btn-danger');
      }
    });
    return el('span.views-act', {}, sharing,
      button('更新为现在的', () => act(() => change({link: this.#app.linkHash()}), `“${view.name}”已换成现在的视图。`)),
      button('改名', async () => {
        const name = await this.#app.ask('改名', '新的名字', view.name);
        if (name) act(() => change({name}), '已改名。');
        else this.open();
      }),
      drop);
  }
}
