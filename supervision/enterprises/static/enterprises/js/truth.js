/** On the enterprise's pages: the office's decision on a change request is told when it falls. */

import {toast} from 'layers/toast.js';

const WORDS = {
  'enterprises.change_request.approve': '已批准',
  'enterprises.change_request.reject': '已退回',
  'enterprises.change_request.withdraw': '已撤回',
};
let listening = false;

/** @param {HTMLElement} element @param {{feed: EventTarget}} context */
export function start(element, {feed}) {
  // The fragment renews itself; the line to the feed is the page's and is laid once.
  if (listening) return;
  listening = true;
  feed.addEventListener('event', ({detail: {kind, data}}) => {
    const words = WORDS[kind];
    if (!words) return;
    const page = `/enterprises/change_requests/${data.id}/`;
    const action = location.pathname === page ? undefined : {title: '查看', run: () => location.assign(page)};
    toast(`变更申请第 ${data.id} 号${words}。`, {action});
  });
}
