/** The conditions that hold, as chips on the map: nobody takes a filtered map for the whole. */

import {el, icon} from './dom.js';
import {said} from './looks.js';

/**
 * @param {any} app
 * @param {HTMLElement} box
 */
export function start(app, box) {
  const paint = () => {
    const chips = app.looks.filtered.filter(({key}) => app.tree.shown.includes(key)).flatMap((layer) => said(layer).map((each) => chip(app, layer, each)));
    box.replaceChildren(...chips, chips.length > 1 ? el('button.btn.btn-small', {type: 'button', onclick: clear}, '清除全部') : '');
    box.hidden = !chips.length;
  };
  const clear = () => {
    for (const {key} of app.looks.filtered) app.looks.set(key, {filters: {}});
  };
  app.tree.addEventListener('change', paint);
  paint();
}

function chip(app, layer, {name, label, value}) {
  const words = `${layer.title} · ${label}：${value}`;
  return el('button.filter-chip', {type: 'button', title: '去掉这个条件', 'aria-label': `去掉条件：${words}`, onclick: () => {
    const {[name]: gone, ...rest} = layer.look.filters;
    app.looks.set(layer.key, {filters: rest});
  }}, el('span', {}, el('b', {}, layer.title), ` ${label}：${value}`), icon('close'));
}
