/** Vector tile layers: asked for again when the feed says something changed, without a blank moment. */

import {createXYZ, MVT, VectorTileLayer, VectorTileSource} from 'ol';

const MAX_ZOOM = 16;

export class Tiles {
  #map;
  #marks;
  #layers = new Map();
  #region = '';
  #extent;
  #grid;

  /** @param {number} scale of marks: larger marks need coarser cells */
  constructor(map, marks, extent, scale = 1) {
    this.#map = map;
    this.#grid = createXYZ({tileSize: 512 * Math.max(1, Math.round(scale)), maxZoom: MAX_ZOOM});
    this.#marks = marks;
    this.#extent = extent;
  }

  /** @param {any} description a layer of /api/v1/layers/ */
  show(description) {
    if (this.#layers.has(description.key)) return;
    const entry = {description, round: 0};
    const source = new VectorTileSource({format: new MVT(), tileGrid: this.#grid, tileUrlFunction: this.#address(entry), cacheSize: 256});
    entry.layer = new VectorTileLayer({
      source,
      style: this.#marks.forLayer(description, () => this.#map.getView().getZoom() ?? 0),
      extent: this.#extent,
      declutter: 'marks',
      renderBuffer: 64,
      properties: {key: description.key},
    });
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

  /** @param {string[]} keys the densest first: what is rare lies on top */
  setOrder(keys) {
    keys.forEach((key, place) => this.#layers.get(key).layer.setZIndex(20 + place));
  }

  get shown() {
    return [...this.#layers.keys()];
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
    const source = entry.layer.getSource();
    source.setTileUrlFunction(this.#address(entry), `${key}|${this.#region}|${entry.round}`);
  }

  repaint() {
    for (const {layer, description} of this.#layers.values()) {
      layer.setStyle(this.#marks.forLayer(description, () => this.#map.getView().getZoom() ?? 0));
    }
  }

  #address({description, round}) {
    const query = this.#region ? `?region=${encodeURIComponent(this.#region)}` : '';
    const template = description.tiles ?? `/tiles/${description.key}/{z}/{x}/{y}.mvt`;
    return ([z, x, y]) => `${template.replace('{z}', z).replace('{x}', x).replace('{y}', y)}${query}#${round}`;
  }
}
