/** The search box: names, codes, addresses, pinyin initials, across every layer. */

import {get} from './api.js';
import {el, settled} from './dom.js';
import {explain} from './toast.js';

const LIMIT = 12;
const PAUSE_MS = 120;

/**
 * @param {any} app
 * @param {{searchForm: HTMLFormElement, searchInput: HTMLInputElement, searchResults: HTMLElement}} refs
 * @returns {{focus: () => void, isOpen: () => boolean, close: () => void}}
 */
export function start(app, {searchForm, searchInput, searchResults}) {
  let results = [];
  let at = -1;
  let running = null;

  const close = () => {
    searchResults.hidden = true;
    searchInput.setAttribute('aria-expanded', 'false');
    searchInput.removeAttribute('aria-activedescendant');
  };

  const mark = (index) => {
    at = index;
    [...searchResults.querySelectorAll('[role="option"]')].forEach((node, i) => {
      node.setAttribute('aria-selected', String(i === at));
      if (i === at) {
        node.scrollIntoView({block: 'nearest'});
        searchInput.setAttribute('aria-activedescendant', node.id);
      }
    });
  };

  const choose = (result) => {
    if (!result) return;
    close();
    searchInput.blur();
    app.open({layer: result.layer, id: String(result.id), lon: result.lon, lat: result.lat}, {fly: true, title: result.title});
  };

  const option = (result, index) => el('div', {role: 'option', id: `found-${index}`, 'aria-selected': 'false', onpointerdown: (event) => {
    event.preventDefault();
    choose(result);
  }}, el('span', {}, result.title), el('small', {}, result.subtitle), el('span.chip', {}, result.layer_title));

  const show = (query) => {
    searchResults.replaceChildren(...(results.length
      ? results.map(option)
      : [el('div.empty', {}, el('b', {}, `没有找到“${query}”`), '试试名称中的几个字、统一社会信用代码或拼音首字母。')]));
    searchResults.hidden = false;
    searchInput.setAttribute('aria-expanded', 'true');
    mark(results.length ? 0 : -1);
  };

  const search = settled(async () => {
    const query = searchInput.value.trim();
    running?.abort();
    if (!query) {
      results = [];
      close();
      return;
    }
    running = new AbortController();
    try {
      ({results} = await get('/api/v1/search/', {q: query, limit: LIMIT}, running.signal));
      show(query);
    } catch (error) {
      explain(error);
    }
  }, PAUSE_MS);

  searchInput.addEventListener('input', search);
  searchInput.addEventListener('focus', () => results.length && searchInput.value.trim() && show(searchInput.value.trim()));
  searchInput.addEventListener('blur', close);
  searchInput.addEventListener('keydown', (event) => {
    if (event.isComposing) return; // the input method is choosing a word
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (results.length) mark((at + (event.key === 'ArrowDown' ? 1 : -1) + results.length) % results.length);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (searchResults.hidden) searchInput.blur();
      close();
    }
  });
  searchForm.addEventListener('submit', (event) => {
    event.preventDefault();
    choose(results[Math.max(0, at)]);
  });

  return {
    focus: () => {
      searchInput.focus();
      searchInput.select();
    },
    isOpen: () => !searchResults.hidden,
    close,
  };
}
