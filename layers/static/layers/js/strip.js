/** The strip of open incidents at the foot of the map: a banner that never takes the keyboard away. */

import {post} from './api.js';
import {el} from './dom.js';
import {elapsed, level} from './format.js';
import {levelMark, swatch} from './shapes.js';
import {explain, toast} from './toast.js';

export class Strip {
  #app;
  #box;
  #count;
  #current = null;

  /** @param {any} app see start_map.js */
  constructor(app, {stripCards, stripCount}) {
    this.#app = app;
    this.#box = stripCards;
    this.#count = stripCount;
    app.incidents.addEventListener('change', ({detail}) => this.#render(detail));
    app.incidents.addEventListener('arrived', ({detail}) => this.#arrived(detail));
    app.panel.addEventListener('subject', ({detail}) => this.#mark(detail?.layer === 'incidents' ? detail.id : null));
  }

  #render(items) {
    this.#count.textContent = items.length;
    if (!items.length) {
      this.#box.replaceChildren(el('li.strip-empty', {}, '现在没有未结束的事件。'));
      return;
    }
    const focused = document.activeElement?.closest?.('[data-incident]')?.dataset.incident;
    this.#box.replaceChildren(...items.map((item) => this.#card(item)));
    if (focused) this.#box.querySelector(`[data-incident="${focused}"]`)?.focus();
    this.#mark(this.#current);
  }

  #card(item) {
    const grade = level(item.level);
    const age = this.#app.feed.now() - Date.parse(item.received_at);
    const card = el('button.incident', {
      type: 'button',
      data: {incident: item.id, level: grade.number || '', ...(item.acknowledged ? {} : {new: '1'})},
      'aria-label': `${item.title}，${grade.text}，${item.state_label}，${item.region_name ?? ''}`,
      onclick: () => this.open(item),
    },
    swatch(levelMark(grade.number)),
    el('span.title', {title: item.title}, `${item.is_drill ? '【演练】' : ''}${item.title}`),
    el('span.meta', {}, [grade.text, item.state_label, item.region_name].filter(Boolean).join(' · ')),
    el('time', {datetime: item.received_at, data: {elapsed: ''}, title: '自接报起'}, elapsed(age)));
    const acknowledge = item.acknowledged ? null : el('button.btn.btn-small.incident-ack', {type: 'button', onclick: () => this.acknowledge(item)}, '确认');
    return el('li.incident-wrap', {}, card, acknowledge);
  }

  #mark(id) {
    this.#current = id;
    for (const card of this.#box.querySelectorAll('[data-incident]')) {
      if (String(id) === card.dataset.incident) card.setAttribute('aria-current', 'true');
      else card.removeAttribute('aria-current');
    }
  }

  #arrived(items) {
    for (const item of items.filter(({acknowledged}) => !acknowledged)) {
      toast(`新事件：${item.title}`, {action: {title: '查看', run: () => this.open(item)}});
    }
  }

  /** @param {any} item */
  open(item) {
    this.#app.open({layer: 'incidents', id: String(item.id), lon: item.lon, lat: item.lat}, {fly: true});
  }

  /** The next incident nobody has acknowledged, after the one that is open. */
  next() {
    const waiting = this.#app.incidents.unacknowledged;
    if (!waiting.length) {
      toast('没有待确认的事件。');
      return;
    }
    const at = waiting.findIndex(({id}) => String(id) === String(this.#current));
    this.open(waiting[(at + 1) % waiting.length]);
  }

  /** @param {any} [item] by default the one that is open, or the oldest that waits */
  async acknowledge(item = this.#app.incidents.find(this.#current) ?? this.#app.incidents.unacknowledged[0]) {
    if (!item || item.acknowledged) return;
    try {
      await post(`/api/v1/incidents/${item.id}/acknowledge/`, {}, {key: `ack-${item.id}-${document.body.dataset.user}`});
      item.acknowledged = true;
      this.#render(this.#app.incidents.items);
      this.#app.incidents.load();
      toast(`已确认：${item.title}`);
    } catch (error) {
      explain(error);
    }
  }
}
