/** Vector tile layers: asked for again when the feed says something changed, without a blank moment. */

import {createXYZ, MVT, VectorTileLayer, VectorTileSource} from 'ol';
import {query as lookQuery} from '../looks.js';
import {Heat} from './heat.js';

const MAX_ZOOM = 16;

export class Tiles {
  #map;
  #marks;
  #palette;
  #layers = new Map();
  #region = '';
  #extent;
  #scale;
  #grid;

  /** @param {number} scale of marks: larger marks need coarser cells */
  constructor(map, marks, palette, extent, scale = 1) {
    this.#map = map;
    this.#grid = createXYZ({tileSize: 512 * Math.max(1, Math.round(scale)), maxZoom: MAX_ZOOM});
    this.#marks = marks;
    this.#palette = palette;
    this.#extent = extent;
    this.#scale = scale;
  }

  /** @param {any} description a layer of /api/v1/layers/ */
  show(description) {
    if (this.#layers.has(description.key)) return;
    const entry = {description, round: 0, isHeat: Boolean(description.look?.heat)};
    if (entry.isHeat) {
      entry.heat = new Heat({grid: this.#grid, address: this.#address(entry), palette: this.#palette, key: description.key, scale: this.#scale});
      entry.layer = entry.heat.layer;
    } else {
      const source = new VectorTileSource({format: new MVT(), tileGrid: this.#grid, tileUrlFunction: this.#address(entry), cacheSize: 256});
      entry.layer = new VectorTileLayer({
        source,
        style: this.#marks.forLayer(description, () => this.#map.getView().getZoom() ?? 0),
        extent: this.#extent,
        declutter: 'marks',
        renderBuffer: 64,
        properties: {key: description.key},
      });
    }
    this.#layers.set(description.key, entry);
    this.#map.addLayer(entry.layer);
  }

  /** @param {string} key */
  hide(key) {
    const entry = this.#layers.get(key);
    if (!entry) return;
    this.#map.removeLayer(entry.layer);
    this.#layers.delete(key);
  }

  /** After a theme, a filter or heat was chosen. @param {string} key */
  setLook(key) {
    const entry = this.#layers.get(key);
    if (!entry) return;
    if (entry.isHeat !== Boolean(entry.description.look?.heat)) {
      const place = entry.layer.getZIndex();
      this.hide(key);
      this.show(entry.description);
      this.#layers.get(key).layer.setZIndex(place);
    } else {
      // The old tiles know nothing of the new theme's states: better none for a moment than wrong ones.
      if (!entry.isHeat) entry.layer.getSource().clear();
      this.refresh(key);
      this.repaint();
    }
  }

  /** @param {string[]} keys the densest first: what is rare lies on top */
  setOrder(keys) {
    keys.forEach((key, place) => this.#layers.get(key).layer.setZIndex((this.#layers.get(key).isHeat ? 10 : 20) + place));
  }

  get shown() {
    return [...this.#layers.keys()];
  }

  /** @returns {string[]} those drawn as marks and cells */
  get marked() {
    return [...this.#layers].filter(([, {isHeat}]) => !isHeat).map(([key]) => key);
  }

  /** @param {string} code "" for everything */
  setRegion(code) {
    this.#region = code || '';
    for (const key of this.#layers.keys()) this.refresh(key);
  }

  /**
   * Asks for the layer's tiles again. The new address differs only behind #, so the browser revalidates what it has
   * (304 when nothing changed), and the old tiles stay on the screen until the new ones are there.
   * @param {string} key
   */
  refresh(key) {
    const entry = this.#layers.get(key);
    if (!entry) return;
    entry.round += 1;
    if (entry.isHeat) entry.heat.setAddress(this.#address(entry));
    else entry.layer.getSource().setTileUrlFunction(this.#address(entry), `${key}|${this.#query(entry)}|${entry.round}`);
  }

  repaint() {
    for (const {layer, description, isHeat} of this.#layers.values()) {
      if (isHeat) layer.changed();
      else layer.setStyle(this.#marks.forLayer(description, () => this.#map.getView().getZoom() ?? 0));
    }
  }

  #query({description}) {
    const region = this.#region ? `region=${encodeURIComponent(this.#region)}` : '';
    return [lookQuery(description), region].filter(Boolean).join('&');
  }

  #address(entry) {
    const {description, round} = entry;
    const query = this.#query(entry);
    const template = description.tiles ?? `/tiles/${description.key}/{z}/{x}/{y}.mvt`;
    return ([z, x, y]) => `${template.replace('{z}', z).replace('{x}', x).replace('{y}', y)}${query ? `?${query}` : ''}#${round}`;
  }
}
