/** Starts the wall: map, open incidents, time; it comes back by itself and always says how old it is. */

import {get} from './api.js';
import {el} from './dom.js';
import {elapsed, level} from './format.js';
import {IncidentList} from './incident_list.js';
import {MapView} from './map.js';
import {startShell} from './shell.js';
import {touched} from './touched.js';
import {WallUnits} from './wall_units.js';
import {WallView} from './wall_view.js';

const SIGNAL = 'wall:main';
const CUT_AFTER_S = 5;
const SHIFT_MS = 60000;
const SHIFTS = [[0, 0], [3, 1], [4, 4], [1, 3], [-2, 2], [-3, -1], [0, -3]];
const RETRY_MS = 5000;

const {feed, boot, refs} = startShell({signals: [SIGNAL]});
const scale = Math.max(2, innerWidth / 1920 * 1.9);
const map = new MapView(refs.map, {extent: boot.city.extent, scale});
const incidents = new IncidentList(feed);
const units = new WallUnits(feed, () => showCards(incidents.items));
let view = null;

function card(item) {
  const grade = level(item.level);
  const forces = units.of(item.id);
  return el('li.wall-card', {data: {level: grade.number || '', ...(item.acknowledged ? {} : {new: '1'})}},
    el('span.grade', {}, `${grade.shape} ${grade.text}`),
    el('time', {datetime: item.received_at, data: {elapsed: ''}}, elapsed(feed.now() - Date.parse(item.received_at))),
    el('span.title', {}, `${item.is_drill ? '【演练】' : ''}${item.title}`),
    el('span.state', {}, [item.acknowledged ? item.state_label : '待确认', item.region_name].filter(Boolean).join(' · ')),
    forces ? el('span.units', {}, forces) : null);
}

function show(items) {
  map.incidents.set(items);
  view?.fitIncidents(items);
  units.watch(items);
  showCards(items);
}

function showCards(items) {
  refs.total.textContent = items.length;
  refs.cards.replaceChildren(...(items.length ? items.map(card) : [el('li.wall-none', {}, '现在没有未结束的事件')]));
  countHidden();
}

/** Cards that do not fit are not silently lost: their number stands below. */
function countHidden() {
  const cards = [...refs.cards.querySelectorAll('.wall-card')];
  refs.cards.classList.remove('is-tight');
  refs.cards.classList.toggle('is-tight', refs.cards.scrollHeight > refs.cards.clientHeight);
  const {bottom} = refs.cards.getBoundingClientRect();
  const hidden = cards.filter((node) => node.getBoundingClientRect().bottom > bottom + 4);
  for (const node of cards) node.style.visibility = hidden.includes(node) ? 'hidden' : '';
  refs.more.textContent = hidden.length ? `另有 ${hidden.length} 起` : '';
}

function showCut({detail}) {
  const cut = detail.state === 'off' && detail.seconds >= CUT_AFTER_S;
  refs.cut.hidden = !cut;
  refs.wall.toggleAttribute('data-cut', cut);
  if (cut) refs.cut.textContent = `数据已中断 ${elapsed(detail.seconds * 1000)}`;
}

/** Until it works: nobody stands beside the wall to press reload. */
async function insist(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (error.status === 404 || error.status === 403) return null;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function begin() {
  const [outlines, answer] = await Promise.all([insist(() => get('/api/v1/regions/boundaries.geojson')), insist(() => get('/api/v1/layers/'))]);
  if (outlines) map.ground.setOutlines(outlines);
  map.homeCode = boot.region?.code;
  map.home({animate: false});
  const layers = answer?.results ?? answer ?? [];
  map.setLayers(layers);
  for (const layer of layers) map.setVisible(layer.key, Boolean(layer.default));
  view = new WallView(map, layers, refs, () => feed.now());
  view.follow(await insist(() => get('/api/v1/wall/main/')));
  await incidents.start(layers);
  refreshOn(layers);
  map.addEventListener('ready', () => {
    performance.mark('antu:map-ready');
    document.documentElement.dataset.ready = '1';
  }, {once: true});
  map.whenDrawn();
}

/** Tiles of what the feed touched, at most every few seconds. */
function refreshOn(layers) {
  const waiting = new Set();
  feed.addEventListener('batch', ({detail}) => {
    for (const key of touched(detail, layers)) waiting.add(key);
  });
  setInterval(() => {
    for (const key of waiting) map.tiles.refresh(key);
    waiting.clear();
    view.say();
  }, RETRY_MS);
}

let shift = 0;
setInterval(() => {
  shift = (shift + 1) % SHIFTS.length;
  const [x, y] = SHIFTS[shift];
  refs.wall.style.transform = `translate(${x}px, ${y}px)`;
}, SHIFT_MS);

incidents.addEventListener('change', ({detail}) => show(detail));
feed.addEventListener('signal', ({detail}) => detail.key === SIGNAL && view?.follow({at: detail.at, ...detail.value}));
feed.addEventListener('state', showCut);
feed.addEventListener('reset', () => location.reload());
feed.addEventListener('refused', () => setTimeout(() => location.reload(), RETRY_MS));
addEventListener('resize', () => {
  map.resize();
  countHidden();
});
begin();
feed.start();
