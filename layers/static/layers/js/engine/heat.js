/** A layer as a surface of density, drawn from the counts of its tiles: no feature has to be loaded for it. */

import {getWidth, MVT, TileLayer} from 'ol';
import {translucent} from './palette.js';

const COARSE = 2; // screen pixels to a pixel of the surface
const BIN = 20; // screen pixels: what lies closer together is added up
const REACH = 30; // screen pixels of one bin's influence; on the wall both are as much larger as its marks
const READER = new MVT();
const KEPT = 400; // tiles

export class Heat {
  #grid;
  #address;
  #palette;
  #scale;
  #tiles = new Map();
  #drawn = []; // points of the last view of which every tile was there
  #canvas = document.createElement('canvas');
  #surface = document.createElement('canvas');
  #ramp = null;
  #stamp = null;

  /** @param {{grid: any, address: (place: number[]) => string, palette: any, key: string, scale: number}} options */
  constructor({grid, address, palette, key, scale}) {
    this.#grid = grid;
    this.#address = address;
    this.#palette = palette;
    this.#scale = scale;
    this.#canvas.className = 'ol-layer';
    this.#canvas.dataset.heat = key;
    this.#canvas.style.cssText = 'position:absolute;left:0;top:0;width:100%;height:100%;pointer-events:none';
    this.layer = new TileLayer({render: (frame) => this.#render(frame)});
  }

  /** Another region, filter or version of the data. */
  setAddress(address) {
    this.#address = address;
    this.layer.changed();
  }

  #render(frame) {
    const {extent, size: [width, height], viewState: {resolution}} = frame;
    const reach = REACH * this.#scale * resolution;
    const wide = [extent[0] - reach, extent[1] - reach, extent[2] + reach, extent[3] + reach];
    const points = this.#points(wide, resolution);
    if (points) this.#drawn = points;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#paint(extent, width, height, resolution);
    return this.#canvas;
  }

  /** Everything within, or null while a tile is on its way. */
  #points(extent, resolution) {
    const z = this.#grid.getZForResolution(resolution);
    const found = [];
    let isWhole = true;
    this.#grid.forEachTileCoord(extent, z, (place) => {
      const address = this.#address(place);
      const tile = this.#tiles.get(address);
      if (!tile) this.#load(address, this.#grid.getTileCoordExtent(place));
      if (!tile?.points) isWhole = false;
      else found.push(tile.points);
    });
    return isWhole ? found.flat() : null;
  }

  async #load(address, extent) {
    const tile = {points: null};
    this.#tiles.set(address, tile);
    if (this.#tiles.size > KEPT) this.#tiles.delete(this.#tiles.keys().next().value);
    try {
      const response = await fetch(address, {credentials: 'same-origin'});
      const body = response.ok ? await response.arrayBuffer() : new ArrayBuffer(0);
      const features = body.byteLength ? READER.readFeatures(body, {extent, featureProjection: 'EPSG:3857'}) : [];
      tile.points = features.map((feature) => [...feature.getFlatCoordinates().slice(0, 2), Number(feature.get('count') ?? 1)]);
    } catch {
      this.#tiles.delete(address); // the line is cut: the next view asks again
    }
    this.layer.changed();
  }

  /** Points added up in bins that stay where they are when the map is moved. */
  #bins(resolution) {
    const side = BIN * this.#scale * resolution;
    const bins = new Map();
    for (const [x, y, n] of this.#drawn) {
      const key = `${Math.floor(x / side)} ${Math.floor(y / side)}`;
      const bin = bins.get(key) ?? {x: 0, y: 0, n: 0};
      bin.x += x * n;
      bin.y += y * n;
      bin.n += n;
      bins.set(key, bin);
    }
    return [...bins.values()].map(({x, y, n}) => ({x: x / n, y: y / n, n}));
  }

  #paint(extent, width, height, resolution) {
    const [w, h] = [Math.max(1, Math.ceil(width / COARSE)), Math.max(1, Math.ceil(height / COARSE))];
    this.#surface.width = w;
    this.#surface.height = h;
    const pen = this.#surface.getContext('2d', {willReadFrequently: true});
    const step = resolution * COARSE * (getWidth(extent) / (width * resolution));
    const bins = this.#bins(resolution);
    const most = Math.max(1, ...bins.map(({n}) => n));
    const stamp = (this.#stamp ??= makeStamp(REACH * this.#scale / COARSE));
    for (const {x, y, n} of bins) {
      pen.globalAlpha = Math.max(0.1, Math.sqrt(n / most) * 0.85);
      pen.drawImage(stamp, (x - extent[0]) / step - stamp.width / 2, (extent[3] - y) / step - stamp.height / 2);
    }
    const image = pen.getImageData(0, 0, w, h);
    this.#colour(image.data);
    pen.putImageData(image, 0, 0);
    const out = this.#canvas.getContext('2d');
    out.imageSmoothingEnabled = true;
    out.drawImage(this.#surface, 0, 0, w * COARSE, h * COARSE);
  }

  /** Strength becomes colour: one hue that thickens, at last what stands out most on this ground. It means no level. */
  #colour(data) {
    const ramp = this.#rampNow();
    for (let at = 3; at < data.length; at += 4) {
      const strength = data[at];
      if (!strength) continue;
      data[at - 3] = ramp[strength * 4];
      data[at - 2] = ramp[strength * 4 + 1];
      data[at - 1] = ramp[strength * 4 + 2];
      data[at] = ramp[strength * 4 + 3];
    }
  }

  #rampNow() {
    const colors = ['violet', 'white'].map((word) => this.#palette.mark(word));
    if (this.#ramp?.colors !== colors.join()) {
      const node = document.createElement('canvas');
      node.width = 256;
      node.height = 1;
      const pen = node.getContext('2d');
      const fill = pen.createLinearGradient(0, 0, 256, 0);
      [[0, colors[0], 0], [0.3, colors[0], 0.5], [0.7, colors[0], 0.9], [1, colors[1], 0.95]].forEach(([at, color, alpha]) => fill.addColorStop(at, translucent(color, alpha)));
      pen.fillStyle = fill;
      pen.fillRect(0, 0, 256, 1);
      this.#ramp = {colors: colors.join(), data: pen.getImageData(0, 0, 256, 1).data};
    }
    return this.#ramp.data;
  }
}

function makeStamp(radius) {
  const node = document.createElement('canvas');
  node.width = node.height = Math.ceil(radius * 2);
  const pen = node.getContext('2d');
  const fill = pen.createRadialGradient(radius, radius, 0, radius, radius, radius);
  fill.addColorStop(0, 'rgb(0 0 0 / 1)');
  fill.addColorStop(0.5, 'rgb(0 0 0 / 0.45)');
  fill.addColorStop(1, 'rgb(0 0 0 / 0)');
  pen.fillStyle = fill;
  pen.fillRect(0, 0, node.width, node.height);
  return node;
}
