/** What the reader points at: the selected feature, the hovered row, areas of selections, lines of measures, notes. */

import {CircleStyle, Feature, Fill, fromLonLat, GeoJSON, Point, Stroke, Style, Text, VectorLayer, VectorSource} from 'ol';
import {translucent} from './palette.js';

const FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif';
const READER = new GeoJSON({featureProjection: 'EPSG:3857'});

export class Highlight {
  #palette;
  #scale;
  #source = new VectorSource();
  #layer;

  constructor(map, palette, scale = 1) {
    this.#palette = palette;
    this.#scale = scale;
    this.#layer = new VectorLayer({
      source: this.#source,
      style: (feature) => this.#style(feature),
      zIndex: 100,
      updateWhileAnimating: true,
      updateWhileInteracting: true,
    });
    map.addLayer(this.#layer);
  }

  /**
   * Replaces everything of one role ("selected", "hovered", "area", "near", "measure", "note").
   * @param {string} role
   * @param {Array<{geometry: object, properties?: object}>} features GeoJSON in lon/lat
   */
  show(role, features) {
    for (const feature of this.#source.getFeatures()) if (feature.get('role') === role) this.#source.removeFeature(feature);
    for (const {geometry, properties} of features) {
      const feature = READER.readFeature({type: 'Feature', geometry, properties: {...properties, role}});
      this.#source.addFeature(feature);
    }
  }

  /** @param {string} role @param {number} lon @param {number} lat @param {object} [properties] */
  point(role, lon, lat, properties = {}) {
    this.show(role, []);
    this.#source.addFeature(new Feature({geometry: new Point(fromLonLat([lon, lat])), ...properties, role}));
  }

  clear(role) {
    this.show(role, []);
  }

  repaint() {
    this.#layer.changed();
  }

  #style(feature) {
    const role = feature.get('role');
    const accent = this.#palette.get('--accent');
    const halo = this.#palette.get('--halo');
    const type = feature.getGeometry().getType();
    const text = feature.get('label') ? this.#text(feature.get('label'), type) : undefined;
    if (type === 'Point' || type === 'MultiPoint') return this.#points(role, accent, halo, text);
    const dash = role === 'area' || role === 'near' ? [8, 6] : undefined;
    const color = role === 'note' ? this.#palette.mark('violet') : accent;
    return [
      new Style({stroke: new Stroke({color: translucent(halo, 0.7), width: 5 * this.#scale})}),
      new Style({stroke: new Stroke({color, width: 2.25 * this.#scale, lineDash: dash}), fill: new Fill({color: translucent(color, 0.08)}), text}),
    ];
  }

  #points(role, accent, halo, text) {
    if (role === 'note' || role === 'measure') {
      const color = role === 'note' ? this.#palette.mark('violet') : accent;
      const image = new CircleStyle({radius: 5 * this.#scale, fill: new Fill({color}), stroke: new Stroke({color: halo, width: 2})});
      return new Style({image, text});
    }
    const radius = (role === 'selected' ? 17 : role === 'near' ? 8 : 14) * this.#scale;
    return [
      new Style({image: new CircleStyle({radius, stroke: new Stroke({color: halo, width: 6 * this.#scale})})}),
      new Style({image: new CircleStyle({radius, stroke: new Stroke({color: accent, width: 2.5 * this.#scale})}), text}),
    ];
  }

  #text(label, type) {
    return new Text({
      text: label,
      font: `600 ${13 * this.#scale}px ${FONT}`,
      offsetY: type === 'Point' ? -20 * this.#scale : 0,
      overflow: true,
      placement: 'point',
      fill: new Fill({color: this.#palette.get('--text')}),
      stroke: new Stroke({color: this.#palette.get('--halo'), width: 4 * this.#scale}),
    });
  }
}
