/** How many units are where for each incident on the wall: fetched when the feed speaks of dispatching, never in between. */

import {get} from './api.js';
import {settled} from './dom.js';

const SETTLE_MS = 400;

export class WallUnits {
  #words = new Map();
  #open = [];
  #changed;
  #refused = false;
  #refresh = settled(() => this.#load(), SETTLE_MS);

  /**
   * @param {import('./events.js').Feed} feed
   * @param {() => void} changed called when what `of` says is different
   */
  constructor(feed, changed) {
    this.#changed = changed;
    feed.addEventListener('batch', ({detail}) => detail.some(({kind}) => kind.startsWith('dispatch.')) && this.#refresh());
  }

  /** @param {Array<{id: number}>} incidents those that are open */
  watch(incidents) {
    const fresh = incidents.some(({id}) => !this.#open.includes(id));
    this.#open = incidents.map(({id}) => id);
    if (fresh) this.#refresh();
  }

  /** @param {number} id @returns {string} 到场 2 · 途中 1, or nothing */
  of(id) {
    return this.#words.get(id) ?? '';
  }

  async #load() {
    if (this.#refused) return;
    const before = JSON.stringify([...this.#words]);
    for (const id of this.#open) {
      try {
        const {results} = await get(`/api/v1/incidents/${id}/assignments/`);
        this.#words.set(id, told(results));
      } catch (error) {
        // Units are an addition: without them, or without the right to see them, the wall shows the rest.
        if (error.status === 403) this.#refused = true;
        this.#words.delete(id);
      }
    }
    if (JSON.stringify([...this.#words]) !== before) this.#changed();
  }
}

/** @param {Array<{is_live: boolean, state_label: string}>} assignments @returns {string} */
function told(assignments) {
  const counts = new Map();
  for (const {is_live: live, state_label: label} of assignments) if (live) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, number]) => `${label} ${number}`).join(' · ');
}
