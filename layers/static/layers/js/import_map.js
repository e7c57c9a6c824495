/** The map above the rows of an import: where each would lie, before anything is saved. A row and its shape find each other. */

import htmx from 'htmx';
import {get} from './api.js';
import {el} from './dom.js';
import {LOOKS} from './engine/preview.js';
import {MapView} from './map.js';
import {SHAPES} from './shapes.js';

const NS = 'http://www.w3.org/2000/svg';
const WHOLE = 16;

/** @param {HTMLElement} node has data-url, data-extent and the address of the batch */
export async function start(node) {
  const {url, address} = node.dataset;
  const {features, total} = await get(url);
  node.hidden = !features.length;
  if (!features.length) return;
  const target = el('div.import-canvas', {tabindex: '0', role: 'application', 'aria-label': '要导入的位置。方向键移动，加减号缩放；点一个图形看它是哪一行。'});
  const said = el('p.import-said.small', {'aria-live': 'polite'}, '点一个图形看它是哪一行；点表中的行看它在哪里。');
  node.append(target, el('div.import-legend', {}, ...legend(features), cut(features, total), said));

  const map = new MapView(target, {extent: JSON.parse(node.dataset.extent)});
  get('/api/v1/regions/boundaries.geojson').then((outlines) => map.ground.setOutlines(outlines)).catch(() => {});
  map.preview.show(features);
  map.showPreview();
  new ResizeObserver(() => map.resize()).observe(target);

  const named = new Map(features.map((feature) => [feature.id, feature.properties]));
  const choose = (id, {move}) => {
    const known = map.preview.select(id);
    for (const row of document.querySelectorAll('.import-rows tr[data-row]')) row.toggleAttribute('data-chosen', Number(row.dataset.row) === id);
    if (!known) said.textContent = `第 ${id} 行没有可画的位置。`;
    else {
      const {name, state} = named.get(id);
      said.textContent = `第 ${id} 行 · ${name} · ${LOOKS[state]?.label ?? ''}`;
      if (move) {
        map.showPreview(id, WHOLE);
        node.scrollIntoView({block: 'nearest', behavior: 'smooth'});
      }
    }
  };
  map.addEventListener('pick', ({detail}) => {
    const id = Number(detail.picks.find(({layer}) => layer === 'import')?.id);
    if (!id) return;
    choose(id, {move: false});
    const row = document.querySelector(`.import-rows tr[data-row="${id}"]`);
    if (row) row.scrollIntoView({block: 'nearest', behavior: 'smooth'});
    else htmx.ajax('GET', `${address}?row=${id}`, {target: '#import-batch', swap: 'outerHTML'}).then(() => choose(id, {move: false}));
  });
  document.addEventListener('click', ({target: clicked}) => {
    const row = clicked.closest('.import-rows tr[data-row]');
    if (row && node.isConnected && !clicked.closest('a, summary, button')) choose(Number(row.dataset.row), {move: true});
  });
}

function legend(features) {
  const present = new Set(features.map(({properties}) => properties.state));
  return Object.entries(LOOKS).filter(([state]) => present.has(state)).map(([, {label, color, shape}]) => el('span.import-key', {}, mark(color, shape), label));
}

function mark(color, shape) {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add(`color-${color}`);
  const path = document.createElementNS(NS, 'path');
  path.setAttribute('d', SHAPES[shape]);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return svg;
}

function cut(features, total) {
  return features.length < total ? el('span.muted', {}, `画出 ${features.length} 行，共 ${total} 行填了位置；其余的位置有误，或行数太多没有画。`) : null;
}
