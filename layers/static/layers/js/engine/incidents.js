/** Open incidents: few, changing, never hidden by anything. The ring of an unacknowledged one is CSS, so motion can be turned off. */

import {circular, Feature, Fill, fromLonLat, Icon, Overlay, Point, Stroke, Style, Text, VectorLayer, VectorSource} from 'ol';
import {el} from '../dom.js';
import {levelMark} from '../shapes.js';
import {drawMark} from './marks.js';
import {translucent} from './palette.js';

const FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif';
const ROUGH_FROM_ZOOM = 12; // from here on the circle within which an incident lies is drawn for all, before only for the selected one

export class Incidents {
  #map;
  #palette;
  #scale;
  #source = new VectorSource();
  #layer;
  #rings = new Map();
  #images = new Map();
  #rough;
  #selected = '';

  constructor(map, palette, scale = 1) {
    this.#map = map;
    this.#palette = palette;
    this.#scale = scale;
    this.#layer = new VectorLayer({
      source: this.#source,
      style: (feature) => this.#style(feature),
      zIndex: 90,
      declutter: 'incidents', // titles give way to each other; marks never do
      updateWhileAnimating: true,
      updateWhileInteracting: true,
      properties: {key: 'incidents'},
    });
    map.addLayer(this.#layer);
    // A layer of its own without a key: what is only roughly there is not clicked.
    this.#rough = new VectorLayer({source: this.#source, style: (feature, resolution) => this.#roughly(feature, resolution), zIndex: 15});
    map.addLayer(this.#rough);
  }

  /** @param {any[]} list of /api/v1/incidents/; those without a place are left to the strip */
  set(list) {
    const placed = list.filter(({lon, lat}) => Number.isFinite(lon) && Number.isFinite(lat));
    const wanted = new Set(placed.map(({id}) => String(id)));
    for (const feature of this.#source.getFeatures()) if (!wanted.has(feature.getId())) this.#source.removeFeature(feature);
    for (const incident of placed) {
      const id = String(incident.id);
      const feature = this.#source.getFeatureById(id) ?? new Feature();
      feature.setGeometry(new Point(fromLonLat([incident.lon, incident.lat])));
      feature.setProperties({...incident, name: incident.title, state: incident.state});
      if (!feature.getId()) {
        feature.setId(id);
        this.#source.addFeature(feature);
      }
    }
    this.#setRings(placed);
  }

  setVisible(on) {
    this.#layer.setVisible(on);
    this.#rough.setVisible(on);
    for (const ring of this.#rings.values()) ring.getElement().hidden = !on;
  }

  repaint() {
    this.#images.clear();
    this.#layer.changed();
    this.#rough.changed();
  }

  /** @param {string} id of the incident whose panel is open, or "" */
  select(id) {
    this.#selected = id;
    this.#rough.changed();
  }

  /** @returns {number[]|null} extent of all, in map units */
  extent() {
    return this.#source.isEmpty() ? null : this.#source.getExtent();
  }

  #setRings(list) {
    const open = new Map(list.filter(({acknowledged}) => !acknowledged).map((each) => [String(each.id), each]));
    for (const [id, ring] of this.#rings) {
      if (open.has(id)) continue;
      this.#map.removeOverlay(ring);
      this.#rings.delete(id);
    }
    for (const [id, incident] of open) {
      const position = fromLonLat([incident.lon, incident.lat]);
      let ring = this.#rings.get(id);
      if (!ring) {
        const element = el('div.pulse', {hidden: !this.#layer.getVisible()});
        ring = new Overlay({element, positioning: 'center-center', stopEvent: false});
        this.#rings.set(id, ring);
        this.#map.addOverlay(ring);
      }
      ring.setPosition(position);
      ring.getElement().dataset.level = incident.level ?? '';
    }
  }

  /** How far from its mark an incident may lie, where that is more than the mark itself covers. */
  #roughly(feature, resolution) {
    const metres = Number(feature.get('uncertainty_m')) || 0;
    const isShown = feature.getId() === this.#selected || this.#map.getView().getZoom() >= ROUGH_FROM_ZOOM;
    const place = [feature.get('lon'), feature.get('lat')];
    if (!metres || !isShown) return null;
    const geometry = circular(place, metres, 64).transform('EPSG:4326', 'EPSG:3857');
    const [west, , east] = geometry.getExtent();
    if ((east - west) / resolution < 30 * this.#scale) return null;
    const color = this.#palette.mark(levelMark(Number(feature.get('level')) || 0).color);
    return new Style({geometry, fill: new Fill({color: translucent(color, 0.1)}), stroke: new Stroke({color, width: 1.5 * this.#scale, lineDash: [3, 5]})});
  }

  #style(feature) {
    const level = Number(feature.get('level')) || 0;
    const size = 22 * this.#scale;
    const {color, shape} = levelMark(level);
    const look = {shape, color: this.#palette.mark(color), halo: this.#palette.get('--halo'), edge: this.#palette.get('--mark-edge'), size};
    if (!this.#images.has(level)) this.#images.set(level, drawMark(look));
    const img = this.#images.get(level);
    const title = `${feature.get('is_drill') ? '【演练】' : ''}${feature.get('title') ?? ''}`;
    return new Style({
      image: new Icon({img, width: size + 5, height: size + 5, declutterMode: 'obstacle'}),
      zIndex: 10 - level,
      text: new Text({
        text: title.length > 18 ? `${title.slice(0, 17)}…` : title,
        font: `600 ${13 * this.#scale}px ${FONT}`,
        offsetY: 27 * this.#scale,
        fill: new Fill({color: this.#palette.get('--text')}),
        stroke: new Stroke({color: this.#palette.get('--halo'), width: 4 * this.#scale}),
      }),
    });
  }
}
