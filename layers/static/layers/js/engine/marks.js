/** How features look: marks with shape and colour of their state, hollow when stale, cells with a count. */

import {Fill, Icon, Stroke, Style, Text} from 'ol';
import {shortCount} from '../format.js';
import {SHAPES} from '../shapes.js';
import {translucent} from './palette.js';

const FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif';
const RATIO = Math.max(2, Math.ceil(devicePixelRatio || 1));
const [HALO, OUTLINE, EDGE, DASH] = [5.6, 3, 1.4, [4.6, 2.8]]; // in the 24 × 24 box of a shape
const SIZES = [[10, 5], [11, 6.5], [12, 9], [13, 12], [Infinity, 15]]; // of raw marks: until zoom, px; dots while the whole city is in view
const DOT = 7; // px: below this dashes and corners are only noise
const LEAST = 9; // px, of what a filter picked out: few, and asked for
const [MANY_AREAS, BARE_UNTIL] = [300, 12.5];
const FALLBACK = {key: '', label: '', color: 'slate', shape: 'circle', rank: 0};

function canvas(size) {
  const node = document.createElement('canvas');
  node.width = node.height = Math.ceil(size * RATIO);
  const pen = node.getContext('2d');
  pen.scale(RATIO, RATIO);
  return [node, pen];
}

function asIcon(img, mode = 'none') {
  return new Icon({img, width: img.width / RATIO, height: img.height / RATIO, declutterMode: mode});
}

/**
 * One mark as an image.
 * @param {{shape: string, color: string, halo: string, size: number, hollow?: boolean}} look
 */
export function drawMark({shape, color, halo, edge = halo, size, hollow = false}) {
  const pad = 2.5;
  const [node, pen] = canvas(size + pad * 2);
  const path = new Path2D(SHAPES[shape] ?? SHAPES.circle);
  pen.translate(pad, pad);
  pen.scale(size / 24, size / 24);
  pen.lineJoin = 'round';
  pen.strokeStyle = halo;
  pen.lineWidth = HALO;
  pen.stroke(path);
  if (hollow) {
    pen.fillStyle = halo;
    pen.fill(path, 'evenodd');
    pen.strokeStyle = color;
    pen.lineWidth = OUTLINE;
    if (size >= DOT) pen.setLineDash(DASH);
    pen.stroke(path);
  } else {
    pen.fillStyle = color;
    pen.fill(path, 'evenodd');
    // A light yellow on light ground is seen by its edge.
    pen.strokeStyle = edge;
    pen.lineWidth = EDGE;
    pen.stroke(path);
  }
  return node;
}

/** A cell of the grid: how many, and the worst state's colour. */
function drawCell({count, color, halo, text, scale}) {
  const words = shortCount(count);
  const size = Math.round((words.length > 3 ? 27 : words.length > 2 ? 23 : words.length > 1 ? 18 : 14) + Math.min(8, Math.log10(count + 1) * 2.5)) * scale;
  const [node, pen] = canvas(size + 4);
  pen.translate(2, 2);
  const path = new Path2D();
  path.roundRect(0, 0, size, size, size * 0.32);
  pen.fillStyle = translucent(halo, 0.8);
  pen.fill(path);
  pen.fillStyle = translucent(color, 0.2);
  pen.fill(path);
  pen.strokeStyle = translucent(color, words.length > 1 ? 0.85 : 0.55);
  pen.lineWidth = 1.25 * scale;
  pen.stroke(path);
  pen.fillStyle = text;
  pen.font = `600 ${(words.length > 1 ? 12 : 11) * scale}px ${FONT}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillText(words, size / 2, size / 2 + 0.5);
  return node;
}

// Where the marks of the other layers sit around the cell of the densest one, so that none hides another.
const CORNERS = [[12, 11], [12, -11], [-12, -11], [-12, 11], [0, 16], [0, -16]];

function size(layer, zoom) {
  const usual = SIZES.find(([until]) => zoom < until)[1];
  return layer.look && Object.keys(layer.look.filters).length ? Math.max(LEAST, usual) : usual;
}

/** Styles of tile features, one per look, kept: a style function runs for every feature of every frame. */
export class Marks {
  #palette;
  #styles = new Map();
  #scale;
  #order = [];

  /**
   * @param {import('./palette.js').Palette} palette
   * @param {number} [scale] 2 and more on walls
   */
  constructor(palette, scale = 1) {
    this.#palette = palette;
    this.#scale = scale;
  }

  forget() {
    this.#styles.clear();
  }

  /** @param {string[]} keys of the layers shown, the densest first: its cells carry the count, the others sit around it */
  setOrder(keys) {
    this.#order = keys;
    this.forget();
  }

  #once(key, make) {
    let style = this.#styles.get(key);
    if (!style) this.#styles.set(key, (style = make()));
    return style;
  }

  /**
   * @param {any} layer a layer description of the server
   * @param {() => number} zoom of the view
   * @returns {(feature: any) => Style|Style[]}
   */
  forLayer(layer, zoom) {
    const states = new Map((layer.states ?? []).map((state) => [String(state.key), state]));
    const first = layer.states?.[0] ?? FALLBACK;
    const field = layer.state_field && layer.state_field !== 'state' ? layer.state_field : 'state';
    return (feature) => {
      const properties = feature.getProperties();
      const state = states.get(String(properties.state ?? properties[field])) ?? first;
      if (properties.grid) return this.#cell(layer, state, properties);
      if (/Polygon/.test(feature.getType())) {
        const ground = this.#ground(layer, state, properties, (layer.count ?? 0) > MANY_AREAS && zoom() < BARE_UNTIL);
        return zoom() < (layer.label_from_zoom ?? 14) || !properties.name ? ground : [ground, this.#label(properties.name, true)];
      }
      const stale = Boolean(properties.stale);
      const mark = this.#mark(state, stale, Boolean(layer.look?.theme), size(layer, zoom()));
      if (zoom() < (layer.label_from_zoom ?? 14) || !properties.name) return mark;
      return [mark, this.#label(properties.name)];
    };
  }

  /** A stale feature is hollow; and grey, but for a theme, whose colour says something else than its facts' age. */
  #mark(state, stale, isThemed, size) {
    return this.#once(`${state.shape}|${state.color}|${stale}|${isThemed}|${size}`, () => {
      const color = this.#palette.mark(stale && !isThemed ? 'grey' : state.color);
      const look = {shape: state.shape, color, halo: this.#palette.get('--halo'), edge: this.#palette.get('--mark-edge'), size: size * this.#scale, hollow: stale};
      return new Style({image: asIcon(drawMark(look), 'obstacle'), zIndex: stale ? 1 : 2 + (state.rank ?? 0)});
    });
  }

  #cell(layer, state, {count}) {
    const place = this.#order.indexOf(layer.key);
    return this.#once(`cell|${layer.key}|${state.key}|${count}`, () => {
      const halo = this.#palette.get('--halo');
      const text = this.#palette.get('--text');
      const color = this.#palette.mark(state.color);
      if (place <= 0 && count > 1) {
        const img = drawCell({count, color, halo, text, scale: this.#scale});
        return new Style({image: asIcon(img), zIndex: count});
      }
      const size = Math.min(17, 12 + Math.log2(count)) * this.#scale;
      const icon = asIcon(drawMark({shape: state.shape, color, halo, edge: this.#palette.get('--mark-edge'), size}));
      if (place > 0) icon.setDisplacement(CORNERS[(place - 1) % CORNERS.length].map((step) => step * this.#scale));
      return new Style({image: icon, zIndex: 5000 + (state.rank ?? 0)});
    });
  }

  /** Of many areas seen from far away only the surface is drawn: outlines would be all there is to see. */
  #ground(layer, state, {stale}, bare) {
    return this.#once(`ground|${state.color}|${stale}|${bare}`, () => {
      const color = this.#palette.mark(stale ? 'grey' : state.color);
      if (bare) return new Style({fill: new Fill({color: translucent(color, stale ? 0.2 : 0.45)})});
      const stroke = new Stroke({color, width: 1.75 * this.#scale, lineDash: stale ? [5, 4] : undefined});
      return new Style({fill: new Fill({color: translucent(color, stale ? 0.05 : 0.16)}), stroke});
    });
  }

  /** Below a mark; in an area only where it fits. */
  #label(name, isInside = false) {
    return this.#once(`label|${name}|${isInside}`, () => new Style({
      text: new Text({
        text: name.length > 16 ? `${name.slice(0, 15)}…` : name,
        font: `${12 * this.#scale}px ${FONT}`,
        offsetY: isInside ? 0 : 21 * this.#scale, // clear of its own mark, which is an obstacle to labels
        fill: new Fill({color: this.#palette.get('--text')}),
        stroke: new Stroke({color: this.#palette.get('--halo'), width: 3 * this.#scale}),
      }),
    }));
  }
}
