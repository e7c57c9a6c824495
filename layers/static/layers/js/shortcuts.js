/** The keyboard. Single letters act only when no text field has the focus, and can be switched off (WCAG 2.1.4). */

import {el} from './dom.js';
import {recall, remember} from './remember.js';

const SEQUENCE_MS = 1200;

/**
 * @typedef {{keys: string, title: string, group: string, run: () => void}} Shortcut
 */
export class Shortcuts {
  #known = new Map();
  #list = [];
  #prefix = '';
  #timer = 0;
  #on = recall('shortcuts', true);

  constructor() {
    document.addEventListener('keydown', (event) => this.#press(event));
  }

  /** @param {Shortcut[]} shortcuts keys such as "l", "g m", "?" */
  add(shortcuts) {
    for (const each of shortcuts) {
      this.#known.set(each.keys, each);
      this.#list.push(each);
    }
  }

  get isOn() {
    return this.#on;
  }

  set isOn(value) {
    this.#on = value;
    remember('shortcuts', value);
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.key !== 'Escape' && isTyping(event.target)) return;
    if (document.querySelector('dialog[open]')) return; // it has the keyboard, and Escape closes it
    const always = event.key === 'Escape' || event.key === '?';
    if (!this.#on && !always) return;
    const keys = this.#prefix ? `${this.#prefix} ${event.key}` : event.key;
    this.#prefix = '';
    clearTimeout(this.#timer);
    const found = this.#known.get(keys);
    if (found) {
      event.preventDefault();
      found.run();
    } else if ([...this.#known.keys()].some((known) => known.startsWith(`${event.key} `))) {
      this.#prefix = event.key;
      this.#timer = setTimeout(() => {
        this.#prefix = '';
      }, SEQUENCE_MS);
    }
  }

  /** @returns {HTMLElement} for the help dialog */
  help() {
    const groups = new Map();
    for (const each of this.#list.filter(({title}) => title)) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
    const box = el('input', {type: 'checkbox', checked: this.#on, onchange: () => {
      this.isOn = box.checked;
    }});
    return el('div', {},
      ...[...groups].map(([title, shortcuts]) => el('section', {}, el('h3', {}, title), el('dl.help-grid', {},
        ...shortcuts.map(({keys, title: words}) => el('div', {}, el('dt', {}, ...keys.split(' ').flatMap((key) => [el('kbd', {}, NAMES[key] ?? key), ' '])), el('dd', {}, words)))))),
      el('label.check', {}, box, '使用单键快捷键（Esc 和 ? 始终有效）'));
  }
}

const NAMES = {Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓', Backspace: '⌫'};

function isTyping(node) {
  return node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && !/^(checkbox|radio|button|submit|range)$/.test(node.type));
}
