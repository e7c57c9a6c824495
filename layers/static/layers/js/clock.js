/** The server's clock and the ages that are measured by it. */

import {ago, clockTime, day, elapsed} from './format.js';
import {el} from './dom.js';

/**
 * `[data-ref=clock]` shows the time; `<time data-elapsed datetime>` counts up; `<time data-ago datetime>` says how old.
 * @param {{now: () => number}} feed
 */
export function start(feed) {
  const clock = document.querySelector('[data-ref="clock"]');
  const date = el('small');
  const time = el('span');
  clock?.replaceChildren(date, time);
  const tick = () => {
    const now = feed.now();
    if (clock) {
      date.textContent = day(now);
      time.textContent = clockTime(now);
    }
    update(document, now);
    setTimeout(tick, 1000 - (now % 1000));
  };
  tick();
}

/**
 * @param {ParentNode} root
 * @param {number} now
 */
export function update(root, now) {
  for (const node of root.querySelectorAll('time[data-elapsed], time[data-ago]')) {
    const age = now - Date.parse(node.dateTime);
    const text = 'elapsed' in node.dataset ? elapsed(age) : ago(age);
    if (node.textContent !== text) node.textContent = text;
  }
}
