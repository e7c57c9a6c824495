/** A polygon that is drawn or changed: corners dragged, added, taken away, each step taken back; its size said as it grows. */

import {
  CircleStyle, Draw, Feature, Fill, GeoJSON, getArea, getLength, Modify, Polygon, Snap, Stroke, Style, Point, VectorLayer, VectorSource,
} from 'ol';
import {translucent} from './palette.js';

const FORMAT = new GeoJSON({featureProjection: 'EPSG:3857', decimals: 7});
const SNAP_PX = 12;
const FINGER_PX = 22;

/** Dispatches "change" ({corners, area, length, mode, canUndo}). */
export class Editor extends EventTarget {
  #map;
  #palette;
  #source = new VectorSource();
  #layer;
  #interactions = [];
  #draw = null;
  #modify = null;
  #steps = [];
  #freehand = false;
  #isRemoving = false;
  #drawn = 0;

  constructor(map, palette) {
    super();
    this.#map = map;
    this.#palette = palette;
    this.#layer = new VectorLayer({source: this.#source, style: (feature) => this.#style(feature), zIndex: 90, updateWhileInteracting: true});
    this.#map.addLayer(this.#layer);
  }

  /** @returns {'draw'|'modify'|''} */
  get mode() {
    if (this.#draw) return 'draw';
    return this.#modify ? 'modify' : '';
  }

  /** @param {object|null} geometry GeoJSON in lon/lat to change; nothing: to be drawn */
  start(geometry = null) {
    this.#clear();
    this.#source.clear();
    this.#steps = [];
    if (geometry) {
      // Each part by itself: corners of a part are dragged, not parts of each other.
      for (const part of partsOf(geometry)) this.#source.addFeature(FORMAT.readFeature({type: 'Feature', geometry: part}));
      this.#startModify();
    } else this.#startDraw();
    this.#map.getTargetElement().classList.add('is-drawing');
  }

  stop() {
    this.#clear();
    this.#source.clear();
    this.#map.getTargetElement().classList.remove('is-drawing');
  }

  /** @returns {number[]|null} the extent in map units */
  extent() {
    return this.#source.isEmpty() ? null : this.#source.getExtent();
  }

  /** @returns {object|null} GeoJSON: Polygon, or MultiPolygon when there are several parts */
  geometry() {
    const parts = this.#source.getFeatures().map((feature) => JSON.parse(FORMAT.writeFeature(feature)).geometry);
    if (parts.length <= 1) return parts[0] ?? null;
    return {type: 'MultiPolygon', coordinates: parts.map(({coordinates}) => coordinates)};
  }

  /** Enter, or a double click: the ring is closed. @returns {boolean} whether there was one to close */
  finish() {
    if (!this.#draw || this.#drawn < 3) return false;
    this.#draw.finishDrawing();
    return true;
  }

  /** Takes back the last corner, or the last change. */
  undo() {
    if (this.#draw) {
      this.#draw.removeLastPoint();
      return;
    }
    const before = this.#steps.pop();
    if (!before) return;
    this.#source.clear();
    if (!before.length) {
      this.#clear();
      this.#startDraw();
      return;
    }
    this.#source.addFeatures(before.map((coordinates) => new Feature(new Polygon(coordinates))));
    this.#tell();
  }

  /** Everything away, to be drawn anew; that too can be taken back. */
  restart() {
    if (!this.#source.isEmpty()) this.#keep();
    this.#source.clear();
    this.#clear();
    this.#startDraw();
  }

  set freehand(on) {
    this.#freehand = on;
    if (this.#draw) {
      this.#clear();
      this.#startDraw();
    }
  }

  get freehand() {
    return this.#freehand;
  }

  /** While on, a corner that is touched goes. */
  set removing(on) {
    this.#isRemoving = on;
  }

  get removing() {
    return this.#isRemoving;
  }

  #add(interaction) {
    this.#map.addInteraction(interaction);
    this.#interactions.push(interaction);
    return interaction;
  }

  #clear() {
    for (const interaction of this.#interactions) this.#map.removeInteraction(interaction);
    this.#interactions = [];
    this.#draw = null;
    this.#modify = null;
  }

  #startDraw() {
    this.#drawn = 0;
    this.#draw = this.#add(new Draw({type: 'Polygon', source: this.#source, freehand: this.#freehand, stopClick: true, snapTolerance: SNAP_PX, style: (feature) => this.#style(feature)}));
    this.#draw.on('drawstart', ({feature}) => {
      feature.getGeometry().on('change', () => {
        this.#drawn = Math.max(0, feature.getGeometry().getCoordinates()[0].length - 2);
        this.#tell(feature.getGeometry());
      });
    });
    this.#draw.on('drawend', ({feature}) => {
      if (this.#freehand) thin(feature.getGeometry());
      this.#steps.push([]);
      // Not within the event: the interaction would still swallow the click that ends it.
      setTimeout(() => {
        if (!this.#draw) return;
        this.#clear();
        this.#startModify();
      }, 0);
    });
    this.#tell();
  }

  #startModify() {
    const tolerance = matchMedia('(pointer: coarse)').matches ? FINGER_PX : SNAP_PX;
    this.#modify = this.#add(new Modify({
      source: this.#source,
      pixelTolerance: tolerance,
      style: this.#handle(),
      deleteCondition: (event) => event.type === 'singleclick' && (this.#isRemoving || event.originalEvent.altKey),
      insertVertexCondition: () => !this.#isRemoving,
    }));
    this.#modify.on('modifystart', () => this.#keep());
    this.#modify.on('modifyend', () => this.#tell());
    for (const feature of this.#source.getFeatures()) feature.getGeometry().on('change', () => this.#tell());
    // Last, so that it sees the pointer first: corners meet exactly.
    this.#add(new Snap({source: this.#source, edge: false, pixelTolerance: tolerance}));
    this.#tell();
  }

  #keep() {
    this.#steps.push(this.#source.getFeatures().map((feature) => feature.getGeometry().getCoordinates()));
    this.#steps = this.#steps.slice(-60);
  }

  #tell(sketch = null) {
    const shapes = sketch ? [sketch] : this.#source.getFeatures().map((feature) => feature.getGeometry());
    const sum = (measure) => shapes.reduce((total, shape) => total + measure(shape), 0);
    const detail = {
      mode: this.mode,
      corners: sketch ? this.#drawn : sum((shape) => shape.getCoordinates().reduce((n, ring) => n + ring.length - 1, 0)),
      area: sum((shape) => getArea(shape)),
      length: sum((shape) => getLength(shape)),
      canUndo: Boolean(this.#draw ? this.#drawn : this.#steps.length),
    };
    this.dispatchEvent(new CustomEvent('change', {detail}));
  }

  #handle() {
    return new Style({image: new CircleStyle({radius: 8, fill: new Fill({color: this.#palette.get('--accent')}), stroke: new Stroke({color: this.#palette.get('--halo'), width: 2.5})})});
  }

  #style(feature) {
    const accent = this.#palette.get('--accent');
    const halo = this.#palette.get('--halo');
    const geometry = feature.getGeometry();
    const corner = new CircleStyle({radius: 4.5, fill: new Fill({color: halo}), stroke: new Stroke({color: accent, width: 2})});
    if (geometry.getType() === 'Point') return new Style({image: corner});
    const styles = [
      new Style({stroke: new Stroke({color: translucent(halo, 0.75), width: 5})}),
      new Style({stroke: new Stroke({color: accent, width: 2.25}), fill: new Fill({color: translucent(accent, 0.14)})}),
    ];
    if (geometry.getType() === 'Polygon') {
      for (const [x, y] of geometry.getCoordinates().flat()) styles.push(new Style({geometry: new Point([x, y]), image: corner, zIndex: 2}));
    }
    return styles;
  }
}

function partsOf(geometry) {
  if (geometry.type === 'MultiPolygon') return geometry.coordinates.map((coordinates) => ({type: 'Polygon', coordinates}));
  return [geometry];
}

/** A line by hand has hundreds of corners, most of them tremor. */
function thin(geometry) {
  let result = geometry;
  for (let tolerance = 1; result.getCoordinates()[0].length > 120; tolerance *= 1.6) result = geometry.simplify(tolerance);
  geometry.setCoordinates(result.getCoordinates());
}
