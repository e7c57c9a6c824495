/** After intake in the panel: the map opens the new incident by its deep link, so that the panel follows it. */

/** @param {HTMLElement} node */
export function start(node) {
  const open = () => {
    const link = new URLSearchParams(location.hash.replace(/^#/, ''));
    link.set('sel', `incidents:${node.dataset.saved}`);
    location.hash = link;
  };
  node.querySelector('[data-open-incident]').addEventListener('click', (event) => {
    event.preventDefault();
    open();
  });
  open();
}
