/** The map. This module and those in engine/ are the only ones that know the map engine. */

import {
  Attribution, containsCoordinate, defaultInteractions, fromLonLat, getCenter, getPointResolution, Map as OlMap, ScaleLine,
  toLonLat, transformExtent, View,
} from 'ol';
import {Editor} from './engine/editor.js';
import {Ground} from './engine/ground.js';
import {Highlight} from './engine/highlight.js';
import {Incidents} from './engine/incidents.js';
import {Marks} from './engine/marks.js';
import {Palette} from './engine/palette.js';
import {Preview} from './engine/preview.js';
import {picture} from './engine/print.js';
import {Sketch} from './engine/sketch.js';
import {Tiles} from './engine/tiles.js';

const PICK_ZOOM = 15;
const LONG_PRESS_MS = 550;
const EDGE = 40; // px: nearer to the edge than half of this counts as hidden
const MARGIN_DEGREES = 0.6; // how far one may look beyond the city

/**
 * @typedef {{layer: string, id: string, name: string, lon: number, lat: number, state: string}} Pick
 * Dispatches: "move" (the view came to rest), "pick" ({picks, lon, lat}), "point" ({lon, lat}: empty ground),
 * "menu" ({lon, lat, x, y}), "hover" ({pick, x, y} or null), "gesture" (a person moved it), "ready".
 */
export class MapView extends EventTarget {
  #map;
  #palette = new Palette();
  #marks;
  #descriptions = new Map();
  #extent;
  homeCode = ''; // the region that "everything" means for this reader

  /**
   * @param {HTMLElement} target
   * @param {{extent: number[], scale?: number, interactive?: boolean}} options extent of the city in lon/lat
   */
  constructor(target, {extent, scale = 1, interactive = true}) {
    super();
    this.#extent = transformExtent(extent, 'EPSG:4326', 'EPSG:3857');
    const [west, south, east, north] = extent;
    const beyond = [west - MARGIN_DEGREES, south - MARGIN_DEGREES, east + MARGIN_DEGREES, north + MARGIN_DEGREES];
    this.#map = new OlMap({
      target,
      controls: [new ScaleLine({units: 'metric', minWidth: 72 * scale}), new Attribution({collapsible: false})],
      interactions: defaultInteractions({altShiftDragRotate: false, pinchRotate: false, keyboard: interactive}),
      view: new View({
        extent: transformExtent(beyond, 'EPSG:4326', 'EPSG:3857'),
        showFullExtent: true,
        smoothExtentConstraint: false,
        enableRotation: false,
        minZoom: 7,
        maxZoom: 19,
        center: getCenter(this.#extent),
        zoom: 9,
      }),
    });
    this.#marks = new Marks(this.#palette, scale);
    this.ground = new Ground(this.#map, this.#palette, scale);
    this.tiles = new Tiles(this.#map, this.#marks, this.#palette, this.#extent, scale);
    this.highlight = new Highlight(this.#map, this.#palette, scale);
    this.preview = new Preview(this.#map, this.#palette);
    this.incidents = new Incidents(this.#map, this.#palette, scale);
    this.sketch = new Sketch(this.#map, this.#palette);
    this.editor = new Editor(this.#map, this.#palette);
    this.#listen(target);
  }

  #listen(target) {
    const map = this.#map;
    map.on('moveend', () => this.#emit('move', this.view()));
    map.on('click', (event) => !this.#isDrawing && this.#click(event));
    map.on('pointerdrag', () => this.#emit('gesture'));
    target.addEventListener('wheel', () => this.#emit('gesture'), {passive: true});
    let waiting = 0;
    map.on('pointermove', (event) => {
      if (event.dragging || this.#isDrawing || event.originalEvent.pointerType === 'touch' || waiting) return;
      waiting = setTimeout(() => {
        waiting = 0;
        this.#hover(event);
      }, 60);
    });
    target.addEventListener('pointerleave', () => this.#emit('hover', null));
    target.addEventListener('contextmenu', (event) => this.#menu(event));
    this.#longPress(target);
    document.addEventListener('antu:theme', this.#repaint);
  }

  #repaint = () => this.repaint();

  get #isDrawing() {
    return this.sketch.active || this.editor.mode !== '';
  }

  /** The map is gone for good: a pane of a comparison. */
  dispose() {
    document.removeEventListener('antu:theme', this.#repaint);
    this.#map.setTarget(null);
  }

  /** Touch screens have no right button. */
  #longPress(target) {
    let timer = 0;
    const stop = () => clearTimeout(timer);
    target.addEventListener('pointerdown', (event) => {
      stop();
      if (event.pointerType === 'touch' && event.isPrimary) timer = setTimeout(() => this.#menu(event), LONG_PRESS_MS);
      else if (event.pointerType === 'touch') stop();
    });
    for (const name of ['pointerup', 'pointercancel']) target.addEventListener(name, stop);
    this.#map.on('pointerdrag', stop);
  }

  #menu(event) {
    event.preventDefault();
    if (this.#isDrawing) return;
    const [lon, lat] = toLonLat(this.#map.getEventCoordinate(event));
    this.#emit('menu', {lon, lat, x: event.clientX, y: event.clientY});
  }

  #at(pixel, tolerance) {
    const found = new Map();
    this.#map.forEachFeatureAtPixel(pixel, (feature, layer) => {
      const key = layer?.get('key');
      if (!key) return;
      const properties = feature.getProperties();
      const id = properties.grid ? `grid${found.size}` : String(properties.id ?? feature.getId());
      if (!found.has(`${key}:${id}`)) found.set(`${key}:${id}`, {feature, key, id, properties});
    }, {hitTolerance: tolerance, layerFilter: (layer) => Boolean(layer.get('key'))});
    return [...found.values()];
  }

  #asPick({feature, key, id, properties}) {
    const geometry = feature.getGeometry();
    const at = geometry.getType() === 'Point' ? geometry.getFlatCoordinates().slice(0, 2) : getCenter(geometry.getExtent());
    const [lon, lat] = toLonLat(at);
    return {layer: key, id, lon, lat, name: String(properties.name ?? ''), state: String(properties.state ?? ''), grid: Boolean(properties.grid), count: properties.count};
  }

  #click(event) {
    const touch = event.originalEvent.pointerType === 'touch';
    const picks = this.#at(event.pixel, touch ? 14 : 5).map((each) => this.#asPick(each));
    const cell = picks.find(({grid}) => grid);
    const features = picks.filter(({grid}) => !grid);
    const [lon, lat] = toLonLat(event.coordinate);
    const [x, y] = [event.originalEvent.clientX, event.originalEvent.clientY];
    if (features.length) this.#emit('pick', {picks: features, lon, lat, x, y});
    else if (cell) this.fly(cell.lon, cell.lat, Math.min(PICK_ZOOM, (this.#map.getView().getZoom() ?? 9) + 2));
    else this.#emit('point', {lon, lat, x, y});
  }

  #hover(event) {
    const [first] = this.#at(event.pixel, 3);
    this.#map.getTargetElement().classList.toggle('is-over', Boolean(first));
    const {clientX: x, clientY: y} = event.originalEvent;
    this.#emit('hover', first ? {pick: this.#asPick(first), x, y} : null);
  }

  /** @param {any[]} descriptions of /api/v1/layers/ */
  setLayers(descriptions) {
    for (const each of descriptions) this.#descriptions.set(each.key, each);
  }

  /** @param {string} key @param {boolean} on */
  setVisible(key, on) {
    if (this.#descriptions.get(key)?.live) this.incidents.setVisible(on);
    else if (on) this.tiles.show(this.#descriptions.get(key));
    else this.tiles.hide(key);
    this.#arrange();
  }

  /** After a layer's theme, filters or heat were chosen; they stand in its description. @param {string} key */
  setLook(key) {
    this.tiles.setLook(key);
    this.#arrange();
  }

  #arrange() {
    const size = (shown) => this.#descriptions.get(shown)?.count ?? 0;
    const order = this.tiles.shown.sort((one, other) => size(other) - size(one));
    // Areas lie under the marks, and have no cells for these to sit around.
    const isArea = (key) => (this.#descriptions.get(key)?.geometry ?? 'point') !== 'point';
    this.#marks.setOrder(order.filter((key) => this.tiles.marked.includes(key) && !isArea(key)));
    this.tiles.setOrder([...order.filter(isArea), ...order.filter((key) => !isArea(key))]);
    this.tiles.repaint();
  }

  /** @returns {{lon: number, lat: number, zoom: number}} */
  view() {
    const view = this.#map.getView();
    const [lon, lat] = toLonLat(view.getCenter());
    return {lon, lat, zoom: view.getZoom()};
  }

  /** @param {{lon: number, lat: number, zoom: number}} state */
  setView({lon, lat, zoom}, {animate = false} = {}) {
    const view = this.#map.getView();
    view.cancelAnimations();
    if (animate) view.animate({center: fromLonLat([lon, lat]), zoom, duration: this.#duration(450)});
    else {
      view.setCenter(fromLonLat([lon, lat]));
      view.setZoom(zoom);
    }
  }

  /** @returns {number[]} west, south, east, north of what is not covered by panels */
  bbox() {
    return transformExtent(this.#map.getView().calculateExtent(this.#uncovered()), 'EPSG:3857', 'EPSG:4326');
  }

  #uncovered() {
    const [width, height] = this.#map.getSize() ?? [100, 100];
    const [top, right, bottom, left] = this.#map.getView().padding ?? [0, 0, 0, 0];
    return [Math.max(50, width - left - right), Math.max(50, height - top - bottom)];
  }

  /** @param {number[]} padding top, right, bottom, left: what panels cover */
  setPadding(padding) {
    this.#map.getView().padding = padding;
  }

  /** @param {number} lon @param {number} lat @param {number} [zoom] never zooms out */
  fly(lon, lat, zoom = PICK_ZOOM) {
    const view = this.#map.getView();
    view.cancelAnimations();
    view.animate({center: fromLonLat([lon, lat]), zoom: Math.max(view.getZoom() ?? 0, zoom), duration: this.#duration(500)});
  }

  /** Brings a place into view only if it is not there. */
  reveal(lon, lat) {
    const view = this.#map.getView();
    const [width, height] = this.#uncovered();
    if (!containsCoordinate(view.calculateExtent([width - EDGE, height - EDGE]), fromLonLat([lon, lat]))) {
      view.animate({center: fromLonLat([lon, lat]), duration: this.#duration(400)});
    }
  }

  /** @param {number[]} bbox in lon/lat */
  fit(bbox, {maxZoom = 16, animate = true} = {}) {
    const extent = transformExtent(bbox, 'EPSG:4326', 'EPSG:3857');
    this.#map.getView().fit(extent, {maxZoom, duration: animate ? this.#duration(500) : 0});
  }

  /** What is being changed, in the middle of what is seen. */
  fitEditor() {
    const extent = this.editor.extent();
    this.#map.getView().cancelAnimations();
    if (extent) this.#map.getView().fit(extent, {maxZoom: 17, padding: [70, 60, 60, 60], duration: this.#duration(400)});
  }

  /** @param {string} code of a region whose outline is there */
  fitRegion(code, {animate = true} = {}) {
    const extent = this.ground.extentOf(code);
    if (extent) this.#map.getView().fit(extent, {maxZoom: 14, duration: animate ? this.#duration(500) : 0});
  }

  /** All shapes of the preview, or one of them, in the middle. @param {number} [id] @param {number} [maxZoom] */
  showPreview(id, maxZoom = 15) {
    const extent = id === undefined ? this.preview.extent() : this.preview.extentOf(id);
    if (extent) this.#map.getView().fit(extent, {maxZoom, padding: [40, 40, 40, 40], duration: id === undefined ? 0 : this.#duration(400)});
  }

  home({animate = true} = {}) {
    this.#map.getView().fit(this.ground.extentOf(this.homeCode) ?? this.ground.extent() ?? this.#extent, {duration: animate ? this.#duration(500) : 0});
  }

  zoomBy(step) {
    const view = this.#map.getView();
    view.animate({zoom: view.getZoom() + step, duration: this.#duration(200)});
  }

  #duration(milliseconds) {
    return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : milliseconds;
  }

  /** Redraws everything in the colours that hold now. @param {Element} [element] whose colours */
  repaint(element = document.documentElement) {
    this.#palette.forget(element);
    this.#marks.forget();
    this.ground.repaint();
    this.tiles.repaint();
    this.incidents.repaint();
    this.highlight.repaint();
  }

  /** "ready" is said once everything that was asked for until now is drawn. */
  whenDrawn() {
    this.#map.once('rendercomplete', () => this.#emit('ready'));
    this.#map.render();
  }

  resize() {
    this.#map.updateSize();
  }

  /**
   * The view as a picture in print colours.
   * @param {{width: number, height: number, colors: Element}} options
   * @returns {Promise<{canvas: HTMLCanvasElement, metresPerPixel: number}>}
   */
  async picture({width, height, colors}) {
    this.repaint(colors);
    let metresPerPixel = 1;
    this.#map.once('rendercomplete', () => {
      const view = this.#map.getView();
      metresPerPixel = getPointResolution('EPSG:3857', view.getResolution(), view.getCenter());
    });
    const canvas = await picture(this.#map, {width, height, background: this.#palette.get('--sea')});
    this.repaint();
    return {canvas, metresPerPixel};
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }
}
