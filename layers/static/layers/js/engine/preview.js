/** Shapes that are not saved yet: the rows of an import, each in the colour and mark of its result. */

import {Fill, GeoJSON, Icon, Stroke, Style, VectorLayer, VectorSource} from 'ol';
import {drawMark} from './marks.js';
import {translucent} from './palette.js';

const READER = new GeoJSON({featureProjection: 'EPSG:3857'});
export const LOOKS = {
  new: {color: 'teal', shape: 'circle', label: '新增'},
  changed: {color: 'violet', shape: 'diamond', label: '变更'},
  unchanged: {color: 'slate', shape: 'ring', label: '未变'},
  error: {color: 'pink', shape: 'triangle', label: '错误'},
};
const ORDER = Object.keys(LOOKS).reverse();

export class Preview {
  #map;
  #palette;
  #source = new VectorSource();
  #layer;
  #selected = null;

  constructor(map, palette) {
    this.#map = map;
    this.#palette = palette;
    this.#layer = new VectorLayer({
      source: this.#source,
      style: (feature) => this.#style(feature),
      zIndex: 90,
      properties: {key: 'import'},
    });
  }

  /** @param {Array<{id: number, geometry: object, properties: {name: string, state: string}}>} features GeoJSON in lon/lat */
  show(features) {
    this.#source.clear();
    this.#source.addFeatures(features.map(({id, geometry, properties}) => {
      const feature = READER.readFeature({type: 'Feature', geometry, properties: {...properties, id}});
      feature.setId(id);
      return feature;
    }));
    if (!this.#map.getLayers().getArray().includes(this.#layer)) this.#map.addLayer(this.#layer);
  }

  /**
   * Marks one shape and brings it into view.
   * @param {number|null} id
   * @returns {boolean} whether there is such a shape
   */
  select(id) {
    const feature = id === null ? null : this.#source.getFeatureById(id);
    this.#selected = feature ? id : null;
    this.#layer.changed();
    return Boolean(feature);
  }

  /** @param {number} id @returns {number[]|null} west, south, east, north in Web Mercator */
  extentOf(id) {
    return this.#source.getFeatureById(id)?.getGeometry().getExtent() ?? null;
  }

  /** @returns {number[]|null} around everything */
  extent() {
    return this.#source.isEmpty() ? null : this.#source.getExtent();
  }

  #style(feature) {
    const look = LOOKS[feature.get('state')] ?? LOOKS.unchanged;
    const selected = feature.getId() === this.#selected;
    const color = this.#palette.mark(look.color);
    const halo = this.#palette.get('--halo');
    const zIndex = selected ? 100 : 10 - ORDER.indexOf(feature.get('state'));
    const type = feature.getGeometry().getType();
    if (/Point/.test(type)) {
      const img = drawMark({shape: look.shape, color, halo, edge: selected ? this.#palette.get('--text') : halo, size: selected ? 24 : 13});
      return new Style({image: new Icon({img, width: selected ? 29 : 18, height: selected ? 29 : 18}), zIndex});
    }
    return [
      new Style({stroke: new Stroke({color: translucent(halo, 0.7), width: selected ? 7 : 4}), zIndex}),
      new Style({stroke: new Stroke({color, width: selected ? 4 : 2}), fill: new Fill({color: translucent(color, selected ? 0.3 : 0.15)}), zIndex}),
    ];
  }
}
