/** Shows the plant's boundary, the ring of 500 m and the areas of residents counted, on the map beside the panel. */

import {get} from 'layers/api.js';
import {refs} from 'layers/dom.js';
import {explain, toast} from 'layers/toast.js';

const ROLES = {ring: 'area', population: 'hazard-population', boundary: 'hazard-boundary'};

/**
 * @param {HTMLElement} root carries data-url, the address of the GeoJSON
 * @param {{map?: any}} context
 */
export function start(root, {map}) {
  const {ring, onMap} = refs(root);
  if (!ring) return;
  if (!map) {
    ring.hidden = true;
    onMap.hidden = false;
    return;
  }
  const clear = () => Object.values(ROLES).forEach((role) => map.highlight.clear(role));
  ring.addEventListener('click', async () => {
    const on = ring.getAttribute('aria-pressed') !== 'true';
    clear();
    if (on && !(await show(root.dataset.url, map))) return;
    ring.setAttribute('aria-pressed', String(on));
    ring.textContent = on ? '收起 500 米范围' : '看 500 米范围';
    // The outlines go with the panel that drew them.
    const gone = new MutationObserver(() => {
      if (root.isConnected) return;
      clear();
      gone.disconnect();
    });
    if (on) gone.observe(document.body, {childList: true, subtree: true});
  });
}

async function show(url, map) {
  try {
    const found = await get(url);
    if (!found.features.length) {
      toast(found.detail, {kind: 'error'});
      return false;
    }
    for (const [role, name] of Object.entries(ROLES)) {
      map.highlight.show(name, found.features.filter(({properties}) => properties.role === role));
    }
    map.fit(boundsOf(found.features.find(({properties}) => properties.role === 'ring').geometry));
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}

/** @returns {[number, number, number, number]} west, south, east, north */
function boundsOf({coordinates}) {
  const flat = coordinates.flat(Infinity);
  const lons = flat.filter((_, n) => n % 2 === 0);
  const lats = flat.filter((_, n) => n % 2 === 1);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
