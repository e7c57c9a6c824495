/** The choice of ground: the outlines that always work, or a basemap of the city's own. */

import {el} from './dom.js';
import {recall, remember} from './remember.js';

/**
 * @param {any} app
 * @param {HTMLElement} tree the select goes below it, if there is anything to choose
 */
export function start(app, tree) {
  const entries = app.boot.basemaps ?? [];
  if (!entries.length) return;
  const select = el('select', {'aria-label': '底图'}, el('option', {value: ''}, '底图：行政区划'),
    ...entries.map((entry, index) => el('option', {value: String(index)}, `底图：${entry.title ?? index + 1}`)));
  const show = () => app.map.ground.setBasemap(select.value === '' ? null : entries[Number(select.value)]);
  const chosen = recall('basemap', '');
  select.value = entries[Number(chosen)] && chosen !== '' ? chosen : '';
  if (select.value !== '') show();
  select.addEventListener('change', () => {
    remember('basemap', select.value);
    show();
  });
  tree.after(el('div.layers-foot', {}, select));
}
