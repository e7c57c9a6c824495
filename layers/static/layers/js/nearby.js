/** What is nearest to a point, by distance and freshness, with the server's reasons. */

import {get} from './api.js';
import {el} from './dom.js';
import {distance} from './format.js';
import {row} from './results.js';
import {explain} from './toast.js';

const LIMIT = 30;

export class Nearby {
  #app;

  constructor(app) {
    this.#app = app;
  }

  /** Around what is open in the panel; with nothing open, around a point the reader shows. */
  async start() {
    const {place, panel} = this.#app;
    if (panel.subject && place) {
      await this.around(place.lon, place.lat, place.title || '所选要素');
      return;
    }
    const figure = await this.#app.drawing('point', ['点一下要查的位置', '周边']);
    if (figure) await this.around(...figure.geometry.coordinates, '所选位置');
  }

  /**
   * @param {number} lon
   * @param {number} lat
   * @param {string} about
   * @param {string} [only] one layer
   */
  async around(lon, lat, about, only = '') {
    const {map, panel, tree} = this.#app;
    map.highlight.point('selected', lon, lat);
    const box = el('div', {}, el('div.results-head', {}, el('h2', {}, '周边资源'), el('span.muted.small', {}, `${about}，按直线距离`)));
    const list = el('ul.result-list', {}, el('span.skeleton'));
    box.append(list);
    panel.openNode('周边资源', box);
    const layers = only || tree.all.filter((layer) => layer.nearby).map(({key}) => key).join(',');
    try {
      const {results} = await get('/api/v1/nearby/', {lon: lon.toFixed(6), lat: lat.toFixed(6), layers, limit: LIMIT, by: 'line'});
      list.replaceChildren(...results.map((each) => this.#row(each)));
      if (!results.length) box.append(el('div.empty', {}, el('b', {}, '附近没有登记的资源'), '资源可能不在您的管辖范围内。'));
      map.highlight.show('near', results.slice(0, 10).filter((each) => Number.isFinite(each.lon)).map((each) => (
        {geometry: {type: 'LineString', coordinates: [[lon, lat], [each.lon, each.lat]]}})));
    } catch (error) {
      list.replaceChildren();
      explain(error);
    }
  }

  #row(found) {
    const layer = this.#app.tree.describe(found.layer);
    const reasons = (found.reasons ?? []).map((reason) => (typeof reason === 'string' ? reason : reason.label ?? reason.text ?? ''));
    const fresh = found.fresh?.label ?? found.fresh?.text ?? '';
    return row(this.#app, {
      layer: found.layer,
      id: found.id,
      title: found.title,
      state: found.state,
      sub: [layer?.title, fresh, ...reasons].filter(Boolean).join(' · '),
      far: distance(found.metres),
      stale: Boolean(found.fresh?.is_stale ?? found.fresh?.stale),
      lon: found.lon,
      lat: found.lat,
    });
  }
}
