/** Open incidents: few, changing, never hidden by anything. The ring of an unacknowledged one is CSS, so motion can be turned off. */

import {Feature, Fill, fromLonLat, Icon, Overlay, Point, Stroke, Style, Text, VectorLayer, VectorSource} from 'ol';
import {el} from '../dom.js';
import {levelMark} from '../shapes.js';
import {drawMark} from './marks.js';

const FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif';

export class Incidents {
  #map;
  #palette;
  #scale;
  #source = new VectorSource();
  #layer;
  #rings = new Map();
  #images = new Map();

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
    for (const ring of this.#rings.values()) ring.getElement().hidden = !on;
  }

  repaint() {
    this.#images.clear();
    this.#layer.changed();
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
