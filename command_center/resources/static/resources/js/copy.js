/** The confirm link: one press copies it; where the clipboard is refused, the text is selected for copying by hand. */

/** @param {HTMLElement} node */
export function start(node) {
  const input = node.querySelector('input');
  const said = node.querySelector('[data-copied]');
  node.querySelector('[data-copy]').addEventListener('click', async () => {
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
      said.textContent = '已复制。';
    } catch {
      said.textContent = '已选中，请按 Ctrl+C 复制。';
    }
  });
}
