/** Whose view the wall shows: an operator's, the wall's own, or the one somebody set by hand at the wall. */

import {el} from './dom.js';
import {ago} from './format.js';
import {Looks, said} from './looks.js';
import {swatch} from './shapes.js';

const MARGIN_DEGREES = 0.02;

export class WallView {
  #map;
  #layers;
  #refs;
  #now;
  #value = null;
  #looks;
  #byHand = false;
  #set = '';

  /**
   * @param {import('./map.js').MapView} map
   * @param {any[]} layers
   * @param {Record<string, HTMLElement>} refs
   * @param {() => number} now
   */
  constructor(map, layers, refs, now) {
    this.#map = map;
    this.#layers = layers;
    this.#refs = refs;
    this.#now = now;
    this.#looks = new Looks(layers);
    this.#looks.addEventListener('change', ({detail}) => map.setLook(detail));
    map.addEventListener('gesture', () => this.#lock());
    refs.star.addEventListener('click', () => this.release());
    document.addEventListener('keydown', ({key}) => (key === 'f' || key === 'F') && this.release());
  }

  /** @param {{view: any, mode: string, driver?: any, at?: string}|null} value of the signal */
  follow(value) {
    const changed = JSON.stringify(value?.view) !== JSON.stringify(this.#value?.view);
    this.#value = value?.view ? value : null;
    this.say();
    if (this.#value && changed && !this.#byHand) this.#apply();
  }

  #apply() {
    const {view} = this.#value;
    this.#looks.setAll(view.looks ?? {});
    for (const {key} of this.#layers) this.#map.setVisible(key, (view.layers ?? []).includes(key));
    this.#tell(view);
    this.#map.tiles.setRegion(view.region ?? '');
    this.#map.ground.mark(view.region ?? '');
    if (view.bbox) this.#map.fit(view.bbox, {maxZoom: 18});
    else if (Number.isFinite(view.lon)) this.#map.setView(view, {animate: true});
  }

  /** A wall that shows a part, or other colours than usual, says so. */
  #tell(view) {
    const {looks: box} = this.#refs;
    const shown = this.#layers.filter(({key, look}) => (view.layers ?? []).includes(key) && (look.theme || look.heat || Object.keys(look.filters).length));
    box.replaceChildren(...shown.map((layer) => el('section', {},
      el('h2', {}, [layer.title, layer.themes?.find(({key}) => key === layer.look.theme)?.title, layer.look.heat ? '热力图' : ''].filter(Boolean).join(' · ')),
      ...said(layer).map(({label, value}) => el('p', {}, `${label}：${value}`)),
      layer.look.theme && !layer.look.heat ? el('ul', {}, ...layer.states.map((state) => el('li', {}, swatch(state), state.label))) : null)));
    box.hidden = !shown.length;
  }

  /** Any gesture at the wall keeps the picture where it is until somebody lets it go. */
  #lock() {
    if (this.#byHand) return;
    this.#byHand = true;
    this.#refs.star.hidden = false;
    this.say();
  }

  release() {
    this.#byHand = false;
    this.#refs.star.hidden = true;
    this.#set = '';
    this.say();
    if (this.#value) this.#apply();
  }

  /**
   * With nobody driving the wall fits what is open, but only when the set changes: it must not twitch at every step.
   * @param {any[]} incidents
   */
  fitIncidents(incidents) {
    if (this.#value || this.#byHand) return;
    const placed = incidents.filter(({lon, lat}) => Number.isFinite(lon) && Number.isFinite(lat));
    const set = placed.map(({id}) => id).sort().join();
    if (set === this.#set) return;
    this.#set = set;
    if (!placed.length) {
      this.#map.home();
      return;
    }
    const lons = placed.map(({lon}) => lon);
    const lats = placed.map(({lat}) => lat);
    const bbox = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    const margin = Math.max(MARGIN_DEGREES, (bbox[2] - bbox[0]) * 0.2, (bbox[3] - bbox[1]) * 0.2);
    this.#map.fit([bbox[0] - margin, bbox[1] - margin, bbox[2] + margin, bbox[3] + margin], {maxZoom: 14});
  }

  say() {
    const {drive} = this.#refs;
    if (this.#byHand) drive.textContent = '画面已手动固定';
    else if (!this.#value) drive.textContent = '';
    else {
      const name = this.#value.driver?.name ?? this.#value.driver ?? '';
      const age = this.#value.at ? this.#now() - Date.parse(this.#value.at) : 0;
      const old = age > 120000 ? `（${ago(age)}）` : '';
      drive.textContent = `${this.#value.mode === 'lock' ? '画面锁定' : '跟随'} ${name}${old}`;
    }
  }
}
