/** Starts the map page: the map first, then what stands around it. */

import {App} from './app.js';
import {get, withQuery} from './api.js';
import * as basemaps from './basemaps.js';
import {Cast} from './cast.js';
import {Compare} from './compare.js';
import {throttled} from './dom.js';
import {Drawing} from './drawing.js';
import * as filterChips from './filter_chips.js';
import * as filterForm from './filter_form.js';
import {IncidentList} from './incident_list.js';
import {LayerTree} from './layer_tree.js';
import {canHeat, Looks} from './looks.js';
import {MapView} from './map.js';
import {Measure} from './measure.js';
import {Nearby} from './nearby.js';
import {Panel} from './panel.js';
import * as pointing from './pointing.js';
import * as printing from './print_dialog.js';
import * as regions from './regions.js';
import {SavedViews} from './saved_views.js';
import * as search from './search.js';
import {Selection} from './selection.js';
import {startShell} from './shell.js';
import {Shortcuts} from './shortcuts.js';
import {Strip} from './strip.js';
import {Table} from './table.js';
import {explain, toast} from './toast.js';
import {touched} from './touched.js';

const REFRESH_MS = 2500;

const {feed, boot, refs, context} = startShell({signals: ['wall:main']});
const layersAsked = get('/api/v1/layers/');
const outlinesAsked = get('/api/v1/regions/boundaries.geojson');

const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16; // marks grow with the text
const map = new MapView(refs.map, {extent: boot.city.extent, scale});
map.ground.setNote(boot.ground_note);
const panel = new Panel(refs);
const app = new App({boot, feed, refs, map, panel});
Object.assign(context, {map, app}); // for the modules of fragments in the panel
app.incidents = new IncidentList(feed);
app.strip = new Strip(app, refs);
app.incidents.addEventListener('change', ({detail}) => {
  map.incidents.set(detail);
  app.tree?.countLive(detail.length);
  app.resized();
});
app.resized();
panel.addEventListener('subject', ({detail}) => map.incidents.select(detail?.layer === 'incidents' ? detail.id : ''));

app.near = new Nearby(app);
app.selection = new Selection(app);
app.measure = new Measure(app);
app.table = new Table(app, refs.dock);
app.views = new SavedViews(app);
app.outline = new Drawing(app, refs.drawBar);
if (boot.can?.cast) app.cast = new Cast(app);

app.report = (lon, lat) => {
  const place = lon === undefined ? {} : {lon: lon.toFixed(6), lat: lat.toFixed(6)};
  panel.openUrl(withQuery('/incidents/new/', place), '上报事件'); // takes away the ring of what was open before
  if (lon !== undefined) map.highlight.point('selected', lon, lat);
};
app.copy = async (text, words) => {
  try {
    await navigator.clipboard.writeText(text);
    toast(words);
  } catch {
    app.dialog('请手工复制', Object.assign(document.createElement('textarea'), {value: text, readOnly: true}));
  }
};

async function begin() {
  const {lon, lat, zoom, sel} = app.link;
  outlinesAsked.then((outlines) => {
    map.ground.setOutlines(outlines);
    app.outlines = outlines;
    map.homeCode = boot.region?.code;
    map.ground.mark(app.region);
    if (zoom === undefined && app.link.region) map.fitRegion(app.link.region, {animate: false});
    else if (zoom === undefined && !boot.home) map.home({animate: false});
  }).catch(explain);
  if (zoom !== undefined) map.setView({lon, lat, zoom});
  else if (boot.home) map.setView(boot.home);
  const layers = await layersAsked;
  const list = layers.results ?? layers;
  app.looks = new Looks(list, app.link.looks);
  map.setLayers(list);
  if (app.region) map.tiles.setRegion(app.region);
  app.tree = new LayerTree(app, refs.tree, list, app.link.layers);
  app.tree.addEventListener('change', () => app.viewChanged());
  filterChips.start(app, refs.filterChips);
  app.compare = new Compare(app, refs);
  app.compare.addEventListener('change', () => app.viewChanged());
  basemaps.start(app, refs.tree);
  app.incidents.start(list);
  const regionsThere = regions.start(app, refs.region);
  if (sel && app.link.draw) {
    panel.addEventListener('loaded', () => refs.panelBody.querySelector(`[data-draw][data-action="${CSS.escape(app.link.draw)}"]`)?.click(), {once: true});
  }
  if (sel) {
    app.open(sel, {fly: zoom === undefined});
    // Again: the middle is now the middle of what the panel leaves.
    if (zoom !== undefined) map.setView({lon, lat, zoom});
  }
  await outlinesAsked.catch(() => null);
  await regionsThere;
  if (app.link.compare) app.compare.open(app.link.compare);
  app.viewChanged();
  const ready = () => {
    performance.mark('antu:map-ready');
    document.documentElement.dataset.ready = '1';
  };
  map.addEventListener('ready', ready, {once: true});
  map.whenDrawn();
}

pointing.start(app, refs);
const searchBox = search.start(app, refs);
const shortcuts = new Shortcuts();

const tools = {
  report: () => boot.can?.report && app.report(),
  box: () => app.selection.start('box'),
  lasso: () => app.selection.start('lasso'),
  radius: () => app.selection.start('radius'),
  near: () => app.near.start(),
  distance: () => app.measure.distance(),
  area: () => app.measure.area(),
  notes: () => app.measure.openNotes(),
  table: () => toggleTable(),
  print: () => printing.open(app, refs),
  link: () => app.views.copy(),
  views: () => app.views.open(),
  compare: () => app.compare?.toggle(),
  filter: () => {
    const layer = firstWith((each) => !each.live && each.filter_fields?.some(({hidden}) => !hidden));
    if (layer) filterForm.open(app, layer);
    else toast('打开的图层没有可筛选的条件。');
  },
  theme: () => {
    const layer = firstWith((each) => each.themes?.length);
    if (layer) app.tree.unfold(layer.key);
    else toast('打开的图层没有别的着色方式。');
  },
  heat: () => {
    const layer = firstWith(canHeat);
    if (!layer) toast('没有打开可以画热力图的图层。');
    else app.looks.set(layer.key, {heat: !layer.look.heat});
  },
  cast: () => app.cast?.open(),
  in: () => map.zoomBy(1),
  out: () => map.zoomBy(-1),
  home: () => app.setRegion(''),
  locate: () => locate(),
};

/** The layer a key means: of those shown the one with the most rows. */
function firstWith(holds) {
  return app.tree?.shownLayers.filter(holds).toSorted((one, other) => (other.count ?? 0) - (one.count ?? 0))[0];
}

function toggleTable() {
  app.table.toggle();
  if (matchMedia('(max-width: 760px)').matches) app.toggleSheet(app.table.isOpen ? 'table' : refs.stage.dataset.sheet || 'table');
}

function locate() {
  if (!navigator.geolocation || !isSecureContext) {
    toast('这台设备不能定位：需要 HTTPS 和定位权限。', {kind: 'error'});
    return;
  }
  navigator.geolocation.getCurrentPosition(
    ({coords}) => {
      map.highlight.point('hovered', coords.longitude, coords.latitude, {label: `您在这里（±${Math.round(coords.accuracy)} 米）`});
      map.fly(coords.longitude, coords.latitude, 15);
    },
    () => toast('没有得到定位，请检查定位权限。', {kind: 'error'}),
    {enableHighAccuracy: true, timeout: 10000});
}

function escape() {
  if (map.sketch.active) map.sketch.stop();
  else if (!refs.contextMenu.hidden) refs.contextMenu.hidden = true;
  else if (app.compare?.isOpen) app.compare.close();
  else if (panel.isOpen) panel.close();
  else if (app.table.isOpen) app.table.close();
  else ['area', 'measure', 'near', 'hovered'].forEach((role) => map.highlight.clear(role));
}

const help = () => app.dialog('键盘操作', shortcuts.help(), {wide: true});
const goTo = (word) => () => {
  const link = document.querySelector(`.topbar nav a[href*="/${word}/"]`);
  if (link) location.assign(link.href);
};
const shortcut = (group) => ([keys, title, run]) => ({keys, title, group, run});
shortcuts.add([
  ...[
    ['/', '搜索', searchBox.focus],
    ['Escape', '取消、关闭', escape],
    ['?', '这张表', help],
  ].map(shortcut('通用')),
  ...[
    ['n', '下一个未确认的事件', () => app.strip.next()],
    ['a', '确认事件', () => app.strip.acknowledge()],
    ['i', '上报事件', tools.report],
  ].map(shortcut('事件')),
  ...[
    ['b', '框选', tools.box],
    ['l', '套索选择', tools.lasso],
    ['c', '按半径选择', tools.radius],
    ['r', '周边资源', tools.near],
    ['d', '测距离', tools.distance],
    ['s', '测面积', tools.area],
    ['e', '标绘', tools.notes],
    ['t', '同步表格', tools.table],
    ['f', '筛选图层', tools.filter],
    ['k', '选择按什么着色', tools.theme],
    ['u', '热力图', tools.heat],
    ['o', '保存和打开视图', tools.views],
    ['m', '两地对比', tools.compare],
    ['p', '打印', () => (app.compare?.isOpen ? app.compare.print() : tools.print())],
    ['y', '复制链接', tools.link],
    ['v', '投屏', tools.cast],
    ['h', '看全域', tools.home],
    ['+', '放大', tools.in],
    ['=', '', tools.in],
    ['-', '缩小', tools.out],
    ['Backspace', '画线时撤回一点', () => map.sketch.undo()],
  ].map(shortcut('地图')),
  ...[
    ['g m', '把焦点放到地图', () => refs.map.focus()],
    ['g l', '打开列表（同步表格）', () => app.table.isOpen || toggleTable()],
    ['g r', '去应急资源', goTo('resources')],
    ['g i', '去事件列表', goTo('incidents')],
  ].map(shortcut('去往')),
]);

document.addEventListener('click', ({target}) => {
  const tool = target.closest('[data-tool]')?.dataset.tool;
  if (tool) tools[tool]?.();
  const sheet = target.closest('[data-thumb]')?.dataset.thumb;
  if (sheet) app.toggleSheet(sheet);
  if (target.closest('[data-help]')) help();
});
refs.layersFold.addEventListener('click', () => {
  refs.tree.hidden = !refs.tree.hidden;
  refs.layersFold.setAttribute('aria-expanded', String(!refs.tree.hidden));
});
addEventListener('hashchange', () => {
  if (!app.compare) location.reload(); // the page was still being made for the address before
  if (!app.compare || location.hash === app.linkHash()) return;
  app.isFollowing = true;
  app.follow(location.hash);
});

// The feed says which layers changed: their tiles are asked for again, and an open panel is loaded afresh.
const refreshers = new Map();
function refresh(key) {
  if (!refreshers.has(key)) {
    refreshers.set(key, throttled(() => {
      map.tiles.refresh(key);
      app.dispatchEvent(new CustomEvent('changed', {detail: key}));
    }, REFRESH_MS));
  }
  refreshers.get(key)();
}
const recount = throttled(() => get('/api/v1/layers/').then((layers) => app.tree.update(layers.results ?? layers)).catch(explain), 15000);
feed.addEventListener('batch', ({detail}) => {
  for (const key of touched(detail, app.tree?.all ?? [])) refresh(key);
  const {subject} = panel;
  const concerns = ({kind, data}) => subject && String(data.id) === subject.id && (kind.startsWith(`${subject.layer}.`) || app.tree.describe(subject.layer)?.module === kind.split('.')[0]);
  if (detail.some((event) => concerns(event) || (subject?.layer === 'incidents' && String(event.data.incident) === subject.id))) panel.changed();
  if (app.tree) recount();
});
feed.addEventListener('reset', () => location.reload());

begin().catch(explain);
feed.start();
