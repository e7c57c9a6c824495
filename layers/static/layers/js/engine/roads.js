/** The road network under the marks: quiet lines for orientation, drawn where no basemap is. */

import {createXYZ, Fill, MVT, Stroke, Style, Text, VectorTileLayer, VectorTileSource} from 'ol';

const FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif';
const MAX_ZOOM = 14;
/** Width in pixels at zoom 10 and 15, and from which zoom the name is written. */
const KINDS = {
  national: {width: [1.6, 6], named: 11, zIndex: 5, strong: true},
  bridge: {width: [1.6, 6], named: 12, zIndex: 6, strong: true},
  provincial: {width: [1.2, 5], named: 12, zIndex: 4, strong: true},
  main: {width: [0.8, 4], named: 13.5, zIndex: 3},
  county: {width: [0.8, 3.5], named: 13, zIndex: 3},
  rural: {width: [0.4, 2], named: 15, zIndex: 2},
  street: {width: [0.4, 2], named: 15, zIndex: 2},
  track: {width: [0.3, 1], named: 99, zIndex: 1},
};

export class Roads {
  #layer;
  #map;
  #palette;
  #scale;

  constructor(map, palette, scale = 1) {
    this.#map = map;
    this.#palette = palette;
    this.#scale = scale;
    this.#layer = new VectorTileLayer({
      source: new VectorTileSource({
        format: new MVT(),
        tileGrid: createXYZ({tileSize: 512, maxZoom: MAX_ZOOM}),
        url: '/ground/roads/{z}/{x}/{y}.mvt',
      }),
      style: (feature) => this.#style(feature),
      declutter: 'names',
      zIndex: 2,
      opacity: 0.9,
    });
    map.addLayer(this.#layer);
  }

  /** @param {boolean} visible */
  setVisible(visible) {
    this.#layer.setVisible(visible);
  }

  /** @param {string} text */
  setNote(text) {
    this.#layer.getSource().setAttributions(text || undefined);
  }

  repaint() {
    this.#layer.changed();
  }

  #style(feature) {
    const kind = KINDS[feature.get('kind')];
    if (!kind) return null;
    const zoom = this.#map.getView().getZoom() ?? 9;
    const grown = Math.min(1, Math.max(0, (zoom - 10) / 5));
    const width = (kind.width[0] + (kind.width[1] - kind.width[0]) * grown) * this.#scale;
    const color = this.#palette.get(kind.strong ? '--road-strong' : '--road');
    return new Style({
      stroke: new Stroke({color, width, lineCap: 'round', lineJoin: 'round'}),
      zIndex: kind.zIndex,
      text: zoom >= kind.named && feature.get('name') ? this.#name(feature.get('name')) : undefined,
    });
  }

  #name(name) {
    return new Text({
      text: name,
      placement: 'line',
      repeat: 480,
      font: `400 ${11 * this.#scale}px ${FONT}`,
      fill: new Fill({color: this.#palette.get('--text-3')}),
      stroke: new Stroke({color: this.#palette.get('--land'), width: 3 * this.#scale}),
    });
  }
}
