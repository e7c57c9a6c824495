/** Small tools for the document: elements by reference, elements from data. */

/**
 * Every element below `root` that carries data-ref, by that name.
 * @param {ParentNode} [root]
 * @returns {Record<string, HTMLElement>}
 */
export function refs(root = document) {
  const found = {};
  for (const node of root.querySelectorAll('[data-ref]')) found[node.dataset.ref] = node;
  return found;
}

/**
 * A new element. Text goes in as text: nothing here parses HTML.
 * @param {string} name tag and classes, such as "button.btn.btn-primary"
 * @param {Record<string, any>} [attributes] on… are listeners, data is a dataset, the rest attributes; null and false are left out
 * @param {...(Node|string|number|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag || 'div');
  if (classes.length) node.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'data') Object.assign(node.dataset, value);
    else if (key in node && typeof value !== 'string') node[key] = value;
    else node.setAttribute(key, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child || child === 0).map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An icon of the page's sprite (layers/_icons.html).
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.classList.add('icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * The data the server put in the page with json_script.
 * @param {string} id
 * @returns {any}
 */
export function pageData(id) {
  const node = document.getElementById(id);
  return node ? JSON.parse(node.textContent) || {} : {};
}

/**
 * Says a sentence to screen readers.
 * @param {string} text
 */
export function announce(text) {
  const live = document.querySelector('[data-ref="live"]');
  if (live) live.textContent = text;
}

/**
 * A function that runs at most once in `wait` ms: at once, and once more at the end if it was called meanwhile.
 * @param {() => void} run
 * @param {number} wait
 * @returns {() => void}
 */
export function throttled(run, wait) {
  let timer = 0;
  let again = false;
  const fire = () => {
    timer = setTimeout(() => {
      timer = 0;
      if (again) {
        again = false;
        fire();
        run();
      }
    }, wait);
  };
  return () => {
    if (timer) {
      again = true;
      return;
    }
    fire();
    run();
  };
}

/**
 * A function that runs once the calls have stopped for `wait` ms, with the last arguments.
 * @template {any[]} A
 * @param {(...args: A) => void} run
 * @param {number} wait
 * @returns {(...args: A) => void}
 */
export function settled(run, wait) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), wait);
  };
}
