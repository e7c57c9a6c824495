/** The region filter: city, counties, zones, towns as one indented list. */

import {get} from './api.js';
import {el} from './dom.js';
import {explain} from './toast.js';

/**
 * Calls `app.setRegion(code)` when the reader chooses.
 * @param {any} app
 * @param {HTMLSelectElement} select
 */
export async function start(app, select) {
  let regions = [];
  try {
    const answer = await get('/api/v1/regions/');
    regions = answer.results ?? answer;
  } catch (error) {
    explain(error);
  }
  const byCode = new Map(regions.map((region) => [region.code, region]));
  const children = new Map();
  for (const region of regions) {
    const parent = byCode.has(region.parent) ? region.parent : '';
    children.set(parent, [...(children.get(parent) ?? []), region]);
  }
  const options = [];
  const add = (region, depth) => {
    options.push(el('option', {value: region.code}, `${'\u3000'.repeat(depth)}${region.name}`));
    for (const child of children.get(region.code) ?? []) add(child, depth + 1);
  };
  const roots = children.get('') ?? [];
  // The one root is the reader's own area: choosing nothing means all of it.
  const whole = roots.length === 1 ? roots[0] : null;
  if (whole) for (const child of children.get(whole.code) ?? []) add(child, 1);
  else for (const root of roots) add(root, 0);
  select.replaceChildren(el('option', {value: ''}, whole?.name ?? '全部区域'), ...options);
  select.value = byCode.has(app.region) && app.region !== whole?.code ? app.region : '';
  select.addEventListener('change', () => app.setRegion(select.value));
  app.regions = byCode;
  app.wholeRegion = whole;
  app.addEventListener('region', ({detail}) => {
    select.value = detail;
  });
}
