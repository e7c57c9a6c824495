/** Drawing on the map: one figure at a time, given back as GeoJSON in lon/lat with its true length and area. */

import {
  circular, createBox, Draw, Feature, Fill, GeoJSON, getArea, getDistance, getLength, Stroke, Style, CircleStyle, toLonLat,
  unByKey, VectorSource,
} from 'ol';
import {area, degree, distance} from '../format.js';
import {translucent} from './palette.js';

const WRITER = new GeoJSON({featureProjection: 'EPSG:3857', decimals: 6});
const CORNERS = 72; // of the polygon sent for a lasso or a circle: more would not fit in an address

const KINDS = {
  point: {type: 'Point'},
  line: {type: 'LineString'},
  polygon: {type: 'Polygon'},
  lasso: {type: 'Polygon', freehand: true},
  box: {type: 'Circle', geometryFunction: createBox(), freehand: true},
  radius: {type: 'Circle', freehand: true},
};

/**
 * @typedef {object} Figure
 * @property {object} geometry GeoJSON; a circle comes as a polygon
 * @property {number} length metres along the line or around the area, geodesic
 * @property {number} area square metres
 * @property {{lon: number, lat: number, metres: number}} [circle]
 */

export class Sketch {
  #map;
  #palette;
  #draw = null;
  #keys = [];
  #cancel = null;

  constructor(map, palette) {
    this.#map = map;
    this.#palette = palette;
  }

  get active() {
    return this.#draw !== null;
  }

  /**
   * Lets the reader draw one figure.
   * @param {keyof KINDS} kind
   * @param {(words: string) => void} [tell] how long or large it is so far
   * @returns {Promise<Figure|null>} null when it was given up
   */
  draw(kind, tell = () => {}) {
    this.stop();
    const options = KINDS[kind];
    this.#draw = new Draw({source: new VectorSource(), style: this.#style(), stopClick: true, ...options});
    this.#map.addInteraction(this.#draw);
    this.#map.getTargetElement().classList.add('is-drawing');
    return new Promise((resolve) => {
      this.#cancel = () => resolve(null);
      this.#keys = [
        this.#draw.on('drawstart', ({feature}) => {
          feature.getGeometry().on('change', () => tell(soFar(feature.getGeometry(), kind)));
        }),
        this.#draw.on('drawend', ({feature}) => {
          const drawn = figure(feature.getGeometry(), kind);
          resolve(isEmpty(drawn, kind) ? null : drawn);
          this.#cancel = null;
          // Not within the event: the interaction would still swallow the click that ends it.
          setTimeout(() => this.stop(), 0);
        }),
      ];
    });
  }

  /** Takes back the last corner. */
  undo() {
    this.#draw?.removeLastPoint();
  }

  stop() {
    if (!this.#draw) return;
    unByKey(this.#keys);
    this.#map.removeInteraction(this.#draw);
    this.#map.getTargetElement().classList.remove('is-drawing');
    this.#draw = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  #style() {
    const accent = this.#palette.get('--accent');
    return new Style({
      stroke: new Stroke({color: accent, width: 2.25, lineDash: [6, 5]}),
      fill: new Fill({color: translucent(accent, 0.1)}),
      image: new CircleStyle({radius: 5, fill: new Fill({color: accent}), stroke: new Stroke({color: this.#palette.get('--halo'), width: 2})}),
    });
  }
}

function metres(circle) {
  const center = circle.getCenter();
  return getDistance(toLonLat(center), toLonLat([center[0] + circle.getRadius(), center[1]]));
}

function soFar(geometry, kind) {
  if (kind === 'radius') return `半径 ${distance(metres(geometry))}`;
  if (kind === 'line') return distance(getLength(geometry));
  return area(getArea(geometry));
}

/** A click where a drag was meant draws nothing. */
function isEmpty({area: size}, kind) {
  return ['box', 'lasso', 'radius', 'polygon'].includes(kind) && size < 1;
}

/** A ring with at most CORNERS corners: those that matter least go first. */
function thinned(geometry) {
  let tolerance = 1;
  let result = geometry;
  while (result.getCoordinates()[0].length > CORNERS) {
    result = geometry.simplify(tolerance);
    tolerance *= 1.7;
  }
  return result;
}

function figure(geometry, kind) {
  let shape = geometry;
  let circle;
  if (kind === 'radius') {
    const [lon, lat] = toLonLat(geometry.getCenter()).map(degree);
    circle = {lon, lat, metres: Math.round(metres(geometry))};
    shape = circular([lon, lat], circle.metres, 64).transform('EPSG:4326', 'EPSG:3857');
  } else if (kind === 'lasso' || kind === 'box') {
    shape = thinned(geometry);
  }
  const isPoint = shape.getType() === 'Point';
  return {
    geometry: JSON.parse(WRITER.writeFeature(new Feature(shape))).geometry,
    length: isPoint ? 0 : getLength(shape),
    area: shape.getType() === 'Polygon' ? getArea(shape) : 0,
    circle,
  };
}
