/** What happens under the pointer: tips, piles of marks, the menu of a place. */

import {el} from './dom.js';
import {count, position} from './format.js';
import {row, stateOf} from './results.js';

/**
 * @param {any} app
 * @param {{tip: HTMLElement, contextMenu: HTMLElement}} refs
 */
export function start(app, {tip, contextMenu}) {
  app.map.addEventListener('hover', ({detail}) => showTip(app, tip, detail));
  app.map.addEventListener('pick', ({detail}) => pick(app, detail));
  app.map.addEventListener('point', () => hide(contextMenu));
  app.map.addEventListener('gesture', () => hide(contextMenu));
  app.map.addEventListener('menu', ({detail}) => openMenu(app, contextMenu, detail));
  document.addEventListener('pointerdown', ({target}) => contextMenu.contains(target) || hide(contextMenu));
  contextMenu.addEventListener('keydown', (event) => {
    const items = [...contextMenu.querySelectorAll('button')];
    const at = items.indexOf(document.activeElement);
    if (event.key === 'ArrowDown') items[(at + 1) % items.length].focus();
    if (event.key === 'ArrowUp') items[(at - 1 + items.length) % items.length].focus();
    if (event.key === 'Escape') hide(contextMenu);
  });
}

function hide(node) {
  node.hidden = true;
}

function place(node, x, y) {
  node.hidden = false;
  const {offsetWidth: width, offsetHeight: height} = node;
  node.style.left = `${Math.min(x, innerWidth - width - 8)}px`;
  node.style.top = `${y + height > innerHeight - 8 ? y - height - 16 : y}px`;
}

function showTip(app, tip, hover) {
  if (!hover) {
    hide(tip);
    return;
  }
  const {pick: found, x, y} = hover;
  const layer = app.tree?.describe(found.layer);
  const state = stateOf(layer, found.state);
  if (found.grid) tip.replaceChildren(`${layer?.title ?? ''} ${count(found.count)}`, el('small', {}, `其中最严重：${state.label}。单击放大`));
  else tip.replaceChildren(found.name || layer?.title || '', el('small', {}, [layer?.title, found.layer === 'incidents' ? '' : state.label].filter(Boolean).join(' · ')));
  place(tip, x + 14, y + 14);
}

function pick(app, {picks, lon, lat}) {
  hide(document.querySelector('[data-ref="tip"]'));
  if (picks.length === 1) {
    app.open(picks[0], {title: picks[0].name});
    return;
  }
  const items = picks.slice(0, 40).map((each) => row(app, {...each, title: each.name || each.id, sub: app.tree.describe(each.layer)?.title}));
  app.map.highlight.point('selected', lon, lat);
  app.panel.openNode('这里有多个', el('div', {}, el('div.results-head', {}, el('h2', {}, `这里有 ${picks.length} 个`)), el('ul.result-list', {}, ...items)));
}

function openMenu(app, menu, {lon, lat, x, y}) {
  const item = (title, run) => el('button.btn.btn-ghost', {type: 'button', role: 'menuitem', onclick: () => {
    hide(menu);
    run();
  }}, title);
  menu.replaceChildren(
    el('small', {}, position(lon, lat)),
    ...(app.boot.can?.report ? [item('在此上报事件', () => app.report(lon, lat))] : []),
    item('查周边资源', () => app.near.around(lon, lat, '所选位置')),
    item('复制坐标', () => app.copy(`${lon.toFixed(6)},${lat.toFixed(6)}`, '坐标已复制')),
    item('移到中间', () => app.map.fly(lon, lat, 0)));
  place(menu, x, y);
  menu.querySelector('button').focus();
}
