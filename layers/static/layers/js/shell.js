/** What every page of the shell does: theme, clock, feed state, menus, dialog, messages, fragments. */

import htmx from 'htmx';
import * as clock from './clock.js';
import * as connection from './connection.js';
import {pageData, refs} from './dom.js';
import {Feed} from './events.js';
import {startWithin} from './starters.js';
import * as theme from './theme.js';
import {toast} from './toast.js';

const WORDS = {0: '没有连上服务器，请检查网络后重试。', 403: '没有权限做这件事。', 404: '没有找到，或不在您的管辖范围内。', 412: '内容已被别人更新，请刷新后再提交。'};

/**
 * @param {{signals?: string[]}} [options]
 * @returns {{feed: Feed, boot: any, refs: Record<string, HTMLElement>, context: any}} context: what fragments' modules are given
 */
export function startShell({signals = []} = {}) {
  const boot = pageData('boot');
  const parts = refs();
  const feed = new Feed(boot.cursor, {signals, now: boot.now});
  theme.start();
  clock.start(feed);
  connection.start(feed);
  navigation(parts);
  menus();
  dialogs(parts);
  const context = {feed, boot};
  fragments(context);
  for (const node of document.querySelectorAll('.toasts > .toast')) setTimeout(() => node.remove(), 8000);
  return {feed, boot, refs: parts, context};
}

function navigation({topbar, navToggle}) {
  navToggle?.addEventListener('click', () => {
    const open = topbar.dataset.nav !== 'open';
    topbar.dataset.nav = open ? 'open' : '';
    navToggle.setAttribute('aria-expanded', String(open));
  });
}

/** Menus are <details class="menu">: they close on Escape, on a press elsewhere, and on what was chosen in them. */
function menus() {
  const close = (menu) => {
    menu.open = false;
  };
  document.addEventListener('click', ({target}) => {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(target) || target.closest('.menu-body :is(a, button)')) close(menu);
    }
  });
  document.addEventListener('keydown', (event) => {
    const menu = document.querySelector('details.menu[open]');
    if (!menu) return;
    if (event.key === 'Escape') {
      event.preventDefault(); // only the menu: what lies below stays open
      close(menu);
      menu.querySelector('summary').focus();
    } else if (menu.contains(event.target) && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      event.preventDefault();
      const items = [...menu.querySelectorAll('summary, .menu-body :is(a, button)')];
      const step = event.key === 'ArrowDown' ? 1 : -1;
      items.at((items.indexOf(event.target) + step) % items.length).focus();
    }
  }, {capture: true});
}

function dialogs({dialog}) {
  if (!dialog) return;
  document.addEventListener('click', ({target}) => {
    if (target.closest('[data-close-dialog]') || target === dialog) dialog.close();
  });
  // A fragment that answers an hx-target="#dialog-body" request opens the dialog it lands in.
  document.body.addEventListener('htmx:afterSwap', ({detail, target}) => {
    const title = document.getElementById('dialog-title');
    if (detail.target.id !== 'dialog-body') {
      // A form that comes back with mistakes, inside the dialog: its heading is said already.
      const again = target.closest('#dialog-body')?.querySelector('h1, h2');
      if (again?.textContent === title.textContent) again.remove();
      return;
    }
    const heading = detail.target.querySelector('h1, h2');
    title.textContent = heading?.textContent ?? '';
    heading?.remove();
    if (!dialog.open) dialog.showModal();
  });
}

function fragments(context) {
  document.body.addEventListener('htmx:configRequest', ({detail}) => {
    detail.headers['X-CSRFToken'] = document.querySelector('meta[name="csrf-token"]')?.content ?? '';
  });
  document.body.addEventListener('htmx:beforeSwap', ({detail}) => {
    // A form with mistakes comes back as 400 or 422 with the mistakes in it: that is content, not a failure.
    const {status} = detail.xhr;
    const isFragment = /^text\/html/.test(detail.xhr.getResponseHeader('Content-Type') ?? '') && detail.requestConfig.verb !== 'get';
    if ([400, 409, 412, 422].includes(status) && isFragment) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });
  const failed = ({detail}) => {
    let words = WORDS[detail.xhr?.status ?? 0];
    try {
      words = JSON.parse(detail.xhr.responseText).detail || words;
    } catch {
      // Not JSON: the status says it.
    }
    toast(words ?? `服务器返回 ${detail.xhr.status}，请稍后重试。`, {kind: 'error'});
  };
  document.body.addEventListener('htmx:responseError', failed);
  document.body.addEventListener('htmx:sendError', failed);
  document.body.addEventListener('htmx:load', ({detail}) => startWithin(detail.elt, context));
  document.body.addEventListener('antu:toast', ({detail}) => toast(detail.value ?? detail.text ?? String(detail)));
  startWithin(document, context);
  // Server-rendered fragments may listen: hx-trigger="antu:incidents from:body".
  context.feed.addEventListener('batch', ({detail}) => {
    for (const name of new Set(detail.map(({kind}) => kind.split('.')[0]))) htmx.trigger(document.body, `antu:${name}`);
  });
}
