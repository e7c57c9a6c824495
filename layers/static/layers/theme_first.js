// Runs before the first paint, so that a reader who chose the light theme never sees a dark flash.
// A classic script on purpose: a module would run too late. The wall is always dark (html.is-wall).
try {
  const chosen = localStorage.getItem('antu:theme');
  if (chosen && !document.documentElement.classList.contains('is-wall')) document.documentElement.dataset.theme = JSON.parse(chosen);
} catch {
  // Storage is switched off or holds something else: the default theme stays.
}
