/** Says how live the page is: 实时, 延迟 n 秒, 已断开. */

import {announce} from './dom.js';
import {elapsed} from './format.js';
import {toast} from './toast.js';

/**
 * @param {{state: string, seconds: number}} status
 * @returns {string}
 */
export function words({state, seconds}) {
  if (state === 'live') return '实时';
  if (state === 'late') return `延迟 ${seconds} 秒`;
  return seconds < 2 ? '连接中' : `已断开 ${elapsed(seconds * 1000)}`;
}

/** @param {import('./events.js').Feed} feed */
export function start(feed) {
  const chip = document.querySelector('[data-ref="feed"]');
  let before = '';
  feed.addEventListener('state', ({detail}) => {
    if (chip) {
      chip.dataset.state = detail.state === 'off' && detail.seconds < 2 ? 'wait' : detail.state;
      chip.textContent = words(detail);
    }
    if (detail.state === 'off' && detail.seconds === 3) announce('实时数据已断开，正在重连');
    if (detail.state === 'live' && before === 'off') announce('实时数据已连接');
    before = detail.state;
  });
  feed.addEventListener('refused', ({detail}) => toast(detail, {kind: 'error', action: {title: '登录', run: () => location.reload()}}));
}
