/** The map page as one thing: what is open, where, and the few verbs that its parts share. */

import {el, settled} from './dom.js';
import {format as formatLink, isStep, parse as parseLink} from './permalink.js';
import {recall, remember} from './remember.js';

const NARROW = matchMedia('(max-width: 760px)');

/**
 * Dispatches "region" (detail: code), "view" (something a viewer would see changed), "changed" (detail: layer key the feed touched).
 */
export class App extends EventTarget {
  region = '';
  regions = new Map();
  wholeRegion = null;
  place = null;
  #refs;
  #writeLink;
  #written = null;
  isFollowing = false; // the address leads, the page follows: nothing is written
  #asked = null;
  #flyTo = '';

  constructor({boot, feed, refs, map, panel}) {
    super();
    Object.assign(this, {boot, feed, map, panel});
    this.#refs = refs;
    this.link = parseLink(location.hash);
    // A short link (#sel=…) says nothing of the region; one that says what to show means it for everybody.
    this.region = this.link.region ?? (saysWhat(this.link) ? '' : recall('region', ''));
    this.#writeLink = settled(() => this.#write(), 200);
    map.addEventListener('move', () => this.#viewChanged());
    panel.addEventListener('subject', ({detail}) => {
      if (!detail) {
        map.highlight.clear('selected');
        map.highlight.clear('near');
        this.place = null;
      }
      this.#viewChanged();
    });
    panel.addEventListener('loaded', ({detail}) => {
      this.place = detail;
      if (!Number.isFinite(detail.lon)) return;
      map.highlight.point('selected', detail.lon, detail.lat);
      if (this.#flyTo === `${detail.layer}:${detail.id}`) map.fly(detail.lon, detail.lat, 14.5);
      else map.reveal(detail.lon, detail.lat);
      this.#flyTo = '';
    });
    panel.addEventListener('size', () => this.resized());
    addEventListener('resize', settled(() => this.resized(), 120));
    refs.dialog.addEventListener('close', () => {
      this.#asked?.(null);
      this.#asked = null;
    });
  }

  /** Where one looks replaces the address; what one looks at is a step that the browser's "back" takes back. */
  #write() {
    const state = this.state();
    const isNew = this.#written && isStep(this.#written, state) && !this.isFollowing;
    this.#written = state;
    this.isFollowing = false;
    history[isNew ? 'pushState' : 'replaceState'](null, '', formatLink(state));
  }

  viewChanged() {
    this.#viewChanged();
  }

  #viewChanged() {
    if (!this.tree) return; // what the link says is not there yet
    // A step is written at once, or "back" pressed soon after it would leave the step before; a movement when it has ended.
    if (this.#written && isStep(this.#written, this.state())) queueMicrotask(() => this.#write());
    else this.#writeLink();
    this.dispatchEvent(new Event('view'));
  }

  linkHash() {
    return formatLink(this.state());
  }

  /** All that a link says. @returns {import('./permalink.js').MapState} */
  state() {
    const {tree, looks, region} = this;
    return {...this.map.view(), sel: this.panel.subject, layers: tree?.shown, region, looks: looks?.all, compare: this.compare?.codes};
  }

  /**
   * Opens a feature: panel, ring, and the map where it must move.
   * @param {{layer: string, id: string, lon?: number, lat?: number}} subject
   * @param {{fly?: boolean, reveal?: boolean, title?: string}} [options]
   */
  open(subject, {fly = false, reveal = false, title = ''} = {}) {
    this.tree?.set(subject.layer, true);
    this.panel.openFeature(subject, this.tree?.describe(subject.layer)?.title ?? '');
    this.closeSheets();
    if (!Number.isFinite(subject.lon)) {
      if (fly) this.#flyTo = `${subject.layer}:${subject.id}`;
      return;
    }
    this.place = {...subject, title};
    this.map.highlight.clear('hovered');
    this.map.highlight.point('selected', subject.lon, subject.lat);
    if (fly) this.map.fly(subject.lon, subject.lat, 14.5);
    else if (reveal) this.map.reveal(subject.lon, subject.lat);
  }

  /** @param {string} code */
  setRegion(code, {fit = true} = {}) {
    this.region = code;
    remember('region', code);
    this.map.tiles.setRegion(code);
    this.map.ground.mark(code);
    const bbox = this.regions.get(code || this.wholeRegion?.code)?.bbox;
    if (fit && bbox) this.map.fit(bbox, {maxZoom: 14});
    else if (fit) this.map.home();
    this.dispatchEvent(new CustomEvent('region', {detail: code}));
    this.#viewChanged();
  }

  /**
   * Shows what a link says: one's own of before, a kept view, one that was sent.
   * @param {string} hash
   */
  follow(hash) {
    const link = parseLink(hash);
    const isWhole = saysWhat(link);
    if (link.layers) this.tree.setAll(link.layers);
    if (isWhole) this.looks.setAll(link.looks ?? {});
    if (isWhole && (link.region ?? '') !== this.region) this.setRegion(link.region ?? '', {fit: link.zoom === undefined});
    else if (link.region && link.zoom === undefined) this.map.fitRegion(link.region);
    if (link.zoom !== undefined) this.map.setView(link);
    if (link.sel && (link.sel.id !== this.panel.subject?.id || link.sel.layer !== this.panel.subject?.layer)) this.open(link.sel, {fly: link.zoom === undefined});
    else if (!link.sel && isWhole && this.panel.subject) this.panel.close();
    if (link.compare) this.compare.open(link.compare);
    else if (isWhole) this.compare.close();
    this.#viewChanged();
  }

  /** Beside a drawing the panel is in the way on a phone. @param {boolean} aside */
  panelAside(aside) {
    this.#refs.stage.toggleAttribute('data-drawing', aside);
    this.resized();
  }

  regionName() {
    return this.region ? this.regions.get(this.region)?.name ?? '' : '';
  }

  /** Lets the reader draw; the hint says how and how large. @returns {Promise<any|null>} */
  async drawing(kind, [how, title]) {
    this.closeSheets();
    const name = el('b', {}, title);
    const so = el('span');
    this.#refs.hint.replaceChildren(name, `　${how}　`, so, el('kbd', {}, 'Esc'), ' 取消');
    this.#refs.hint.hidden = false;
    const figure = await this.map.sketch.draw(kind, (words) => {
      so.textContent = `${words}　`;
    });
    this.#refs.hint.hidden = true;
    return figure;
  }

  dialog(title, node, {wide = false} = {}) {
    this.#refs.dialogTitle.textContent = title;
    this.#refs.dialogBody.replaceChildren(node);
    this.#refs.dialog.classList.toggle('dialog-wide', wide);
    if (!this.#refs.dialog.open) this.#refs.dialog.showModal();
  }

  closeDialog() {
    this.#refs.dialog.close();
  }

  /** One line of text. @returns {Promise<string|null>} */
  ask(title, placeholder, value = '') {
    const input = el('input', {placeholder, maxlength: '60', 'aria-label': placeholder});
    input.value = value;
    return new Promise((resolve) => {
      this.#asked = resolve;
      this.dialog(title, el('form.form', {onsubmit: (event) => {
        event.preventDefault();
        this.#asked = null;
        resolve(input.value.trim());
        this.closeDialog();
      }}, input, el('div.form-actions', {}, el('button.btn.btn-primary', {type: 'submit'}, '保存'))));
      input.focus();
    });
  }

  setPressed(tool, on) {
    for (const button of document.querySelectorAll(`[data-tool="${tool}"]`)) button.setAttribute('aria-pressed', String(on));
  }

  /** @param {'layers'|'tools'|'table'} name of a sheet on phones */
  toggleSheet(name) {
    const {stage} = this.#refs;
    stage.dataset.sheet = stage.dataset.sheet === name ? '' : name;
    for (const button of stage.querySelectorAll('[data-thumb]')) button.setAttribute('aria-pressed', String(button.dataset.thumb === stage.dataset.sheet));
  }

  closeSheets() {
    if (NARROW.matches && this.#refs.stage.dataset.sheet) this.toggleSheet(this.#refs.stage.dataset.sheet);
  }

  /** Tells the map what panels cover, so that "in the middle" means in the middle of what is seen. */
  resized() {
    const {panel, strip, dock, left, tools, stage} = this.#refs;
    const height = (node) => (node.hidden ? 0 : node.offsetHeight);
    const bottom = height(strip) + (NARROW.matches ? 96 + (panel.hidden ? 0 : panel.offsetHeight - 60) : height(dock) + 14);
    const sides = NARROW.matches ? [0, 0] : [tools.offsetWidth + (panel.hidden ? 0 : panel.offsetWidth), left.offsetWidth];
    this.map.setPadding([NARROW.matches ? 66 : 12, sides[0], Math.min(bottom, stage.offsetHeight * 0.7), sides[1]]);
    document.documentElement.style.setProperty('--covered', `${height(strip) + (NARROW.matches ? 60 : height(dock))}px`);
    this.map.resize();
  }
}

/** Whether a link says what is shown, and not only where or which feature. */
function saysWhat({zoom, layers, looks, compare}) {
  return zoom !== undefined || Boolean(layers ?? looks ?? compare);
}
