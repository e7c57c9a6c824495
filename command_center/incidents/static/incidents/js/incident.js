/** One part of an incident (head, timeline, forces …): keeps itself true by the feed and never throws away what is being typed. */

import htmx from 'htmx';
import {elapsed} from 'layers/format.js';

const MODULES = /^(incidents|dispatch|documents)\./;
const SETTLE_MS = 15;
const SAID_MS = 6000;
const HELD = '[data-dirty], details[data-hold][open]';

// For all parts at once: what is typed into a part that has only just been swapped in must count as well.
document.addEventListener('input', ({target}) => {
  const part = target.closest('[data-part]');
  if (!part) return;
  target.dataset.dirty = '1';
  if (target.matches('[data-files]')) say(part, target.files.length);
});

/**
 * @param {HTMLElement} part [data-part][data-incident]
 * @param {{feed: EventTarget & {now(): number}}} context
 */
export function start(part, {feed}) {
  const {incident} = part.dataset;
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh(part), SETTLE_MS);
  };
  const heard = ({detail}) => {
    if (!part.isConnected) {
      stop();
      return;
    }
    if (detail.some((event) => concerns(event, incident)) && !isPanels(part)) soon();
  };
  const changed = () => part.isConnected && !isPanels(part) && soon();
  const clock = setInterval(() => (part.isConnected ? tick(part, feed.now()) : stop()), 1000);
  function stop() {
    clearInterval(clock);
    clearTimeout(timer);
    feed.removeEventListener('batch', heard);
    document.body.removeEventListener('incident-changed', changed);
  }
  feed.addEventListener('batch', heard);
  document.body.addEventListener('incident-changed', changed);
  part.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.target.form?.requestSubmit();
  });
  if (part.querySelector(':scope > .alert')) part.dataset.saidAt ??= performance.now();
  tick(part, feed.now());
}

/**
 * @param {{kind: string, data: Record<string, any>}} event
 * @param {string} incident
 * @returns {boolean}
 */
export function concerns({kind, data}, incident) {
  if (!MODULES.test(kind)) return false;
  return String(kind.startsWith('incidents.') ? data.id : data.incident ?? data.subject_id ?? '') === incident;
}

/** The map's panel loads itself afresh, except while something is being filled in. */
function isPanels(part) {
  return Boolean(part.closest('[data-ref="panelBody"]')) && !part.querySelector(HELD);
}

/** The whole part is replaced; while something is being typed or a form is open, only the blocks marked data-live around it. */
async function refresh(part) {
  const {incident, part: key} = part.dataset;
  const response = await fetch(`/incidents/${incident}/part/${key}/`, {credentials: 'same-origin', headers: {'HX-Request': 'true'}});
  if (!part.isConnected || !response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('[data-part]');
  if (!fresh) return;
  const open = openFolds(part);
  const said = part.querySelector(':scope > .alert');
  if (said && performance.now() - Number(part.dataset.saidAt ?? performance.now()) < SAID_MS) {
    fresh.dataset.saidAt = part.dataset.saidAt ?? performance.now();
    fresh.prepend(said.cloneNode(true));
  }
  if (!part.querySelector(HELD) && !part.contains(typing())) {
    reopen(fresh, open);
    swap(part, fresh);
    return;
  }
  for (const block of part.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${block.dataset.live}"]`);
    if (!next || block.querySelector(HELD) || block.contains(typing())) continue;
    reopen(next, open);
    swap(block, next);
  }
}

function swap(old, fresh) {
  const node = document.adoptNode(fresh);
  old.replaceWith(node);
  htmx.process(node);
  document.body.dispatchEvent(new CustomEvent('htmx:load', {detail: {elt: node}, bubbles: false}));
}

function typing() {
  const node = document.activeElement;
  return node?.matches('input:not([type="hidden"]), textarea, select') ? node : null;
}

/** Lists that the reader folded or unfolded stay so. */
function openFolds(root) {
  return [...root.querySelectorAll('details.proposals')].map(({open}) => open);
}

function reopen(root, folds) {
  root.querySelectorAll('details.proposals').forEach((node, i) => {
    if (folds[i] !== undefined) node.open = folds[i];
  });
}

function say(part, count) {
  const node = part.querySelector('[data-ref="chosen"]');
  if (node) node.textContent = count ? `${count} 张` : '';
}

/**
 * @param {ParentNode} root
 * @param {number} now the server's time
 */
export function tick(root, now) {
  for (const node of root.querySelectorAll('[data-since]')) node.textContent = elapsed(now - Date.parse(node.dataset.since));
  for (const node of root.querySelectorAll('[data-due]')) {
    const left = Date.parse(node.dataset.due) - now;
    node.textContent = left >= 0 ? `剩 ${elapsed(left)}` : `超 ${elapsed(-left)}`;
    node.dataset.late = left < 0 ? '1' : '';
  }
}
