/**
 * Starts the modules that fragments of other apps ask for: `<section data-start="incidents/board.js">` imports that module
 * by its name in the import map and calls its `start(element, context)` once.
 */

const started = new WeakSet();

/**
 * @param {ParentNode} root
 * @param {any} context what the page offers: {feed, map?, app?}
 */
export function startWithin(root, context) {
  const nodes = [...root.querySelectorAll('[data-start]')];
  if (root instanceof HTMLElement && root.dataset.start) nodes.unshift(root);
  for (const node of nodes) {
    if (started.has(node)) continue;
    started.add(node);
    import(node.dataset.start).then((module) => module.start(node, context));
  }
}
