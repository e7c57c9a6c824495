/** Starts a page without the map. */

import {startShell} from './shell.js';
import {Shortcuts} from './shortcuts.js';

const {feed, refs} = startShell();
const shortcuts = new Shortcuts();
const go = (address) => () => location.assign(address);
const nav = (word) => document.querySelector(`nav a[href*="/${word}/"]`)?.href;

function help() {
  refs.dialogTitle.textContent = '键盘操作';
  refs.dialogBody.replaceChildren(shortcuts.help());
  refs.dialog.showModal();
}

shortcuts.add([
  {keys: '?', title: '这张表', group: '通用', run: help},
  {keys: '/', title: '在列表中查找', group: '通用', run: () => document.querySelector('main input[type="search"], main input[name="q"]')?.focus()},
  {keys: 'g m', title: '去一张图', group: '去往', run: go('/')},
  ...[['g i', '去事件列表', 'incidents'], ['g r', '去应急资源', 'resources'], ['g l', '去企业列表', 'enterprises']]
    .filter(([, , word]) => nav(word))
    .map(([keys, title, word]) => ({keys, title, group: '去往', run: () => location.assign(nav(word))})),
]);
document.querySelector('[data-help]')?.addEventListener('click', help);
feed.addEventListener('reset', () => location.reload());
feed.start();
