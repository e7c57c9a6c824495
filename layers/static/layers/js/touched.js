/** Which layers an event may have changed. */

/**
 * An event of a module changes that module's layers. Of a module that has none (dispatch sends teams) nobody here knows
 * what it moved: then every layer is asked again, which costs a 304 a tile where nothing changed.
 * @param {Array<{kind: string}>} events
 * @param {Array<{key: string, module?: string, live?: boolean}>} layers
 * @returns {string[]} keys of layers drawn from tiles
 */
export function touched(events, layers) {
  const modules = new Set(events.map(({kind}) => kind.split('.')[0]));
  const owner = ({key, module}) => module ?? key;
  const known = new Set(layers.map(owner));
  const all = [...modules].some((module) => !known.has(module));
  return layers.filter((layer) => !layer.live && (all || modules.has(owner(layer)))).map(({key}) => key);
}
