/** The open incidents, kept true by the feed. Strip, map and wall all show this one list. */

import {get} from './api.js';
import {announce} from './dom.js';
import {explain} from './toast.js';

const URL = '/api/v1/incidents/';
const KINDS = /^(incidents|dispatch|tasks)\./;
const REFETCH_MS = 700;
const SPREAD_MS = 250;

/**
 * @typedef {object} Incident
 * @property {number} id
 * @property {string} title
 * @property {string} kind_label
 * @property {number|null} level
 * @property {string} state
 * @property {string} state_label
 * @property {string} region_name
 * @property {string} received_at
 * @property {number|null} lon
 * @property {number|null} lat
 * @property {boolean} is_drill
 * @property {boolean} acknowledged
 *
 * Dispatches "change" (detail: Incident[]) and "arrived" (detail: Incident[] that were not there before).
 */
export class IncidentList extends EventTarget {
  #items = [];
  #known = null;
  #timer = 0;
  #loadedAt = 0;
  #loading = false;
  #again = false;
  #isOff = false;

  /** @param {import('./events.js').Feed} feed */
  constructor(feed) {
    super();
    feed.addEventListener('event', ({detail}) => KINDS.test(detail.kind) && this.#hear(detail));
    feed.addEventListener('reset', () => this.load());
  }

  /** Oldest unacknowledged first, then the gravest, then the oldest. @returns {Incident[]} */
  get items() {
    return this.#items;
  }

  /** @param {string|number} id @returns {Incident|undefined} */
  find(id) {
    return this.#items.find((each) => String(each.id) === String(id));
  }

  get unacknowledged() {
    return this.#items.filter(({acknowledged}) => !acknowledged);
  }

  /** @param {any[]} layers of this user: without a live one there is nothing to ask for. */
  async start(layers) {
    this.#isOff = !layers.some(({live}) => live);
    if (this.#isOff) this.#set([]);
    else await this.load();
  }

  async load() {
    if (this.#isOff) return;
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    this.#loadedAt = Date.now();
    try {
      const {results} = await get(URL, {open: 1, page_size: 200});
      this.#set(results);
    } catch (error) {
      // Without the incidents module or the right to see it there is nothing to show.
      if (error.status === 404 || error.status === 403) this.#set([]);
      else explain(error);
    } finally {
      this.#loading = false;
      if (this.#again) {
        this.#again = false;
        this.#soon();
      }
    }
  }

  #set(results) {
    this.#items = results.map(plain).sort(order);
    const arrived = this.#known ? this.#items.filter(({id}) => !this.#known.has(id)) : [];
    this.#known = new Set(this.#items.map(({id}) => id));
    this.dispatchEvent(new CustomEvent('change', {detail: this.#items}));
    if (!arrived.length) return;
    announce(arrived.map(({title, region_name: region}) => `新事件：${title}，${region ?? ''}`).join('；'));
    this.dispatchEvent(new CustomEvent('arrived', {detail: arrived}));
  }

  /** What the event itself tells is shown at once; the rest is fetched a moment later, once for many events. */
  #hear({kind, data}) {
    const item = kind.startsWith('incidents.') ? this.find(data.id) : undefined;
    if (item) {
      for (const key of ['state', 'state_label', 'level', 'lon', 'lat', 'version', 'acknowledged']) {
        if (data[key] !== undefined) item[key] = data[key];
      }
      this.#items.sort(order);
      this.dispatchEvent(new CustomEvent('change', {detail: this.#items}));
    }
    this.#soon();
  }

  #soon() {
    if (this.#timer) return;
    const wait = Math.max(0, REFETCH_MS - (Date.now() - this.#loadedAt)) + Math.random() * SPREAD_MS;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.load();
    }, wait);
  }
}

/** What the lists show, whatever else the server tells. */
function plain(item) {
  return {
    ...item,
    acknowledged: item.acknowledged ?? Boolean(item.acknowledged_at),
    region_name: item.region_name ?? item.region?.name ?? '',
    lon: item.is_located === false ? null : item.lon,
    lat: item.is_located === false ? null : item.lat,
  };
}

function order(one, other) {
  if (one.acknowledged !== other.acknowledged) return one.acknowledged ? 1 : -1;
  if (one.acknowledged && (one.level || 9) !== (other.level || 9)) return (one.level || 9) - (other.level || 9);
  return Date.parse(one.received_at) - Date.parse(other.received_at);
}
