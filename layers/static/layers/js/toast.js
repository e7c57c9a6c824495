/** Short messages at the edge of the screen: banner, never a modal. */

import {el, icon} from './dom.js';

const STAY_MS = 6000;

/**
 * @param {string} text
 * @param {{kind?: 'info'|'error', action?: {title: string, run: () => void}}} [options] errors stay until closed
 */
export function toast(text, {kind = 'info', action} = {}) {
  const box = document.querySelector('[data-ref="toasts"]');
  if (!box) return;
  const close = () => node.remove();
  const node = el('div.toast', {data: {kind}}, el('p', {}, text));
  if (action) {
    node.append(el('button.btn.btn-small', {type: 'button', onclick: () => { action.run(); close(); }}, action.title));
  }
  node.append(el('button.btn.btn-ghost.btn-small', {type: 'button', 'aria-label': '关闭提示', onclick: close}, icon('close')));
  box.append(node);
  while (box.children.length > 4) box.firstElementChild.remove();
  if (kind !== 'error') setTimeout(close, STAY_MS);
}

/**
 * For the end of a promise chain: an error the server explained is shown, a cancelled request is not.
 * @param {Error} error
 */
export function explain(error) {
  if (error.name === 'AbortError') return;
  toast(error.message, {kind: 'error'});
  if (!('status' in error)) throw error;
}
