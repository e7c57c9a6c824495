/** Printing: a sheet of A4 or A3 with everything a map on paper must say about itself. */

import {el} from './dom.js';
import {distance, stamp} from './format.js';
import {said} from './looks.js';
import {swatch} from './shapes.js';
import {toast} from './toast.js';

const DOTS_PER_MM = 150 / 25.4;
const PAPERS = {
  'a4-landscape': {title: 'A4 横向', width: 277, height: 160},
  'a4-portrait': {title: 'A4 纵向', width: 190, height: 246},
  'a3-landscape': {title: 'A3 横向', width: 400, height: 246},
  'a3-portrait': {title: 'A3 纵向', width: 277, height: 368},
};
const NORTH = 'M12 1 18 22 12 17.5 6 22z';

/**
 * @param {any} app
 * @param {{printSheet: HTMLElement, printColors: HTMLElement}} refs
 */
export function open(app, {printSheet, printColors}) {
  const title = el('input', {value: `${app.boot.city?.name ?? ''}${app.regionName() ? ` · ${app.regionName()}` : ''}安全监管与应急资源图`, maxlength: '40'});
  const paper = el('select', {}, ...Object.entries(PAPERS).map(([key, {title: name}]) => el('option', {value: key}, name)));
  const legend = el('input', {type: 'checkbox', checked: true});
  const button = el('button.btn.btn-primary', {type: 'submit'}, '生成并打印');
  const form = el('form.form', {onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    button.textContent = '正在绘制…';
    await compose(app, {printSheet, printColors, paper: paper.value, title: title.value.trim(), legend: legend.checked});
    app.closeDialog();
    document.body.classList.add('is-printing');
    window.print();
    document.body.classList.remove('is-printing');
  }},
  el('label.field', {}, el('span.label', {}, '标题'), title),
  el('label.field', {}, el('span.label', {}, '纸张'), paper),
  el('label.check', {}, legend, '印图例'),
  el('p.note', {}, '图上会印比例尺、指北针、时间和制图人。打印窗口里请选同样的纸张，缩放 100%。'),
  el('div.form-actions', {}, button));
  app.dialog('打印地图', form);
}

async function compose(app, {printSheet, printColors, paper, title, legend}) {
  const {width, height} = PAPERS[paper];
  const size = {width: Math.round(width * DOTS_PER_MM), height: Math.round(height * DOTS_PER_MM)};
  const {canvas, metresPerPixel} = await app.map.picture({...size, colors: printColors});
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) {
    toast('底图不允许导出，已改为不含底图打印。', {kind: 'error'});
    return;
  }
  const image = el('img', {alt: title});
  image.src = URL.createObjectURL(blob);
  await image.decode();
  printSheet.dataset.paper = paper;
  printSheet.replaceChildren(
    el('h1', {}, title),
    el('div.print-map', {}, image, north(), legend ? legendOf(app) : null, scaleOf(metresPerPixel)),
    el('div.print-foot', {},
      el('span', {}, `制图：${app.boot.user?.name ?? ''}　时间：${stamp(app.feed.now())}`),
      el('span', {}, ['坐标系：CGCS2000', app.boot.ground_note].filter(Boolean).join('　')),
      el('span', {}, `审图号：${app.boot.approval || '（内部工作用图，未送审）'}`)));
}

function svg(box, ...paths) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  node.setAttribute('viewBox', box);
  for (const [d, fill] of paths) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', d);
    path.setAttribute('fill', fill);
    path.setAttribute('stroke', '#000');
    path.setAttribute('stroke-width', '0.8');
    node.append(path);
  }
  return node;
}

function north() {
  const node = svg('0 0 24 30', [NORTH, '#000']);
  node.classList.add('print-north');
  const letter = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  letter.setAttribute('x', '12');
  letter.setAttribute('y', '29.5');
  letter.setAttribute('text-anchor', 'middle');
  letter.setAttribute('font-size', '8');
  letter.textContent = '北';
  node.append(letter);
  return node;
}

function legendOf(app) {
  const rows = app.tree.shownLayers.flatMap((layer) => [
    el('li.head', {}, [layer.title, layer.themes?.find(({key}) => key === layer.look?.theme)?.title, layer.look?.heat ? '热力图' : ''].filter(Boolean).join(' · ')),
    ...said(layer).map(({label, value}) => el('li', {}, `${label}：${value}`)),
    ...(layer.states ?? []).map((state) => el('li', {}, swatch(state), state.label)),
  ]);
  return rows.length ? el('ul.print-legend', {data: {theme: 'light'}}, ...rows) : null;
}

/** The roundest length that is 20 to 50 mm on the paper. */
function scaleOf(metresPerPixel) {
  const longest = metresPerPixel * DOTS_PER_MM * 50;
  const magnitude = 10 ** Math.floor(Math.log10(longest));
  const metres = [5, 2, 1].map((step) => step * magnitude).find((length) => length <= longest);
  const mm = metres / (metresPerPixel * DOTS_PER_MM);
  const bar = svg('0 0 100 8', ['M1 1h49v5H1z', '#000'], ['M50 1h49v5H50z', '#fff']);
  bar.setAttribute('preserveAspectRatio', 'none');
  bar.style.width = `${mm}mm`;
  return el('div.print-scale', {}, bar, distance(metres));
}
