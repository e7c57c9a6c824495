/** The ground everything stands on: region outlines that need nothing from outside, and basemaps where a city has them. */

import {
  createXYZ, Fill, fromLonLat, GeoJSON, getProjection, getTopLeft, getWidth, Point, Stroke, Style, Text, TileLayer, VectorLayer,
  VectorSource, WMTS, WMTSTileGrid, XYZ,
} from 'ol';

import {Roads} from './roads.js';

const FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif';
const KINDS = {
  city: {width: 2.5, zIndex: 4, from: 0, named: [0, 0]},
  county: {width: 1.25, zIndex: 3, from: 0, fill: true, named: [0, 12]},
  zone: {width: 1.25, zIndex: 3, from: 9.5, named: [10, 14], dash: [6, 5]},
  town: {width: 0.75, zIndex: 2, from: 11, named: [11, 15], dash: [2, 4]},
};

export class Ground {
  #roads;
  #map;
  #palette;
  #scale;
  #source = new VectorSource();
  #outlines;
  #base = null;
  #marked = '';

  constructor(map, palette, scale = 1) {
    this.#map = map;
    this.#palette = palette;
    this.#scale = scale;
    this.#outlines = new VectorLayer({
      source: this.#source,
      style: (feature) => this.#style(feature),
      zIndex: 1,
      declutter: 'names',
      updateWhileAnimating: true,
      updateWhileInteracting: true,
    });
    map.addLayer(this.#outlines);
    this.#roads = new Roads(map, palette, scale);
  }

  /** @param {object} collection GeoJSON of /api/v1/regions/boundaries.geojson */
  setOutlines(collection) {
    this.#source.clear();
    this.#source.addFeatures(new GeoJSON().readFeatures(collection, {featureProjection: 'EPSG:3857'}));
  }

  /** What must be said about the roads, shown as attribution. @param {string} text */
  setNote(text) {
    this.#roads.setNote(text);
  }

  /** Marks the region that filters the map. @param {string} code */
  mark(code) {
    this.#marked = code || '';
    this.#outlines.changed();
  }

  /** @returns {number[]|null} of everything, in map units */
  extent() {
    return this.#source.isEmpty() ? null : this.#source.getExtent();
  }

  /** @param {string} code @returns {number[]|null} in map units */
  extentOf(code) {
    const feature = this.#source.getFeatures().find((each) => each.get('code') === code);
    return feature ? feature.getGeometry().getExtent() : null;
  }

  repaint() {
    this.#outlines.changed();
    this.#roads.repaint();
  }

  /** @param {{kind: string, url: string, attribution?: string}|null} entry of BASEMAPS; null leaves the outlines alone */
  setBasemap(entry) {
    if (this.#base) this.#map.removeLayer(this.#base);
    this.#base = entry ? new TileLayer({source: entry.kind === 'wmts' ? wmts(entry) : xyz(entry), zIndex: 0}) : null;
    if (this.#base) this.#map.addLayer(this.#base);
    this.#roads.setVisible(!this.#base);
    this.#outlines.changed();
  }

  #style(feature) {
    const kind = KINDS[feature.get('kind')] ?? KINDS.county;
    const zoom = this.#map.getView().getZoom() ?? 9;
    if (zoom < kind.from) return null;
    const marked = this.#marked && this.#marked === feature.get('code');
    const color = marked ? this.#palette.get('--accent') : this.#palette.get('--border-land');
    const styles = [new Style({
      fill: this.#base || !kind.fill ? undefined : new Fill({color: this.#palette.get('--land')}),
      stroke: new Stroke({color, width: (marked ? 2.5 : kind.width) * this.#scale, lineDash: marked ? undefined : kind.dash}),
      zIndex: marked ? 5 : kind.zIndex,
    })];
    const name = feature.get('short_name') || feature.get('name');
    if (name && zoom >= kind.named[0] && zoom < kind.named[1]) styles.push(this.#name(name, feature));
    return styles;
  }

  #name(name, feature) {
    const size = (feature.get('kind') === 'county' ? 15 : 12) * this.#scale;
    const label = feature.get('label');
    return new Style({
      geometry: label ? new Point(fromLonLat(label)) : undefined,
      text: new Text({
        text: [...name].join('\u200a'),
        font: `500 ${size}px ${FONT}`,
        fill: new Fill({color: this.#palette.get('--text-3')}),
        stroke: new Stroke({color: this.#palette.get('--land'), width: 4 * this.#scale}),
        overflow: true,
      }),
      zIndex: 9,
    });
  }
}

function xyz({url, attribution}) {
  return new XYZ({url, attributions: attribution || undefined, crossOrigin: 'anonymous'});
}

/** A WMTS in Web Mercator, key-value or REST, by {TileMatrix}-style address. */
function wmts({url, layer = 'img', matrix_set: matrixSet = 'w', style = 'default', format = 'tiles', attribution}) {
  const extent = getProjection('EPSG:3857').getExtent();
  const resolutions = createXYZ({maxZoom: 18}).getResolutions();
  return new WMTS({
    url, layer, style, format, matrixSet,
    projection: 'EPSG:3857',
    requestEncoding: url.includes('{') ? 'REST' : 'KVP',
    tileGrid: new WMTSTileGrid({
      origin: getTopLeft(extent),
      resolutions: resolutions.map((_, z) => getWidth(extent) / 256 / 2 ** z),
      matrixIds: resolutions.map((_, z) => String(z)),
    }),
    attributions: attribution || undefined,
    crossOrigin: 'anonymous',
  });
}
