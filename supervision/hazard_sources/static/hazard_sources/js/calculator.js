/** The GB 18218 calculator: what is typed is assessed by the server, and shown with every step or with what is wrong. */

import {ApiError, request} from 'layers/api.js';
import {el, refs, settled} from 'layers/dom.js';

const GRADES = {1: '一级', 2: '二级', 3: '三级', 4: '四级'};

/** @param {HTMLElement} root carries data-url, the address that assesses */
export function start(root) {
  new Calculator(root);
}

class Calculator {
  #refs;
  #url;
  #last = 0;

  constructor(root) {
    this.#refs = refs(root);
    this.#url = root.dataset.url;
    const soon = settled(() => this.assess(), 250);
    this.#refs.form.addEventListener('submit', (event) => event.preventDefault());
    this.#refs.form.addEventListener('input', soon);
    this.#refs.add.addEventListener('click', () => this.addLine().querySelector('input').focus());
    this.#refs.rows.addEventListener('click', ({target}) => {
      if (!target.closest('button')) return;
      target.closest('tr').remove();
      if (!this.#refs.rows.children.length) this.addLine();
      soon();
    });
    this.addLine();
  }

  addLine() {
    const line = this.#refs.line.content.firstElementChild.cloneNode(true);
    this.#refs.rows.append(line);
    return line;
  }

  /** The lines somebody has begun to fill in, as the API takes them. */
  #items() {
    return [...this.#refs.rows.children]
      .map((line) => {
        const [substance, symbol, tonnes] = line.querySelectorAll('input, select');
        return {line, item: {substance: substance.value, class: symbol.value, quantity_t: tonnes.value}};
      })
      .filter(({item}) => item.substance || item.class || item.quantity_t);
  }

  async assess() {
    const turn = ++this.#last;
    const given = this.#items();
    this.#mark([]);
    if (!given.length) return this.#show(null);
    const json = {exposed_persons: this.#refs.persons.value, items: given.map(({item}) => item)};
    try {
      const answer = await (await request(this.#url, {method: 'POST', json})).json();
      if (turn === this.#last) this.#show(answer);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn !== this.#last) return;
      this.#show(null, error.body?.fields ? '' : error.message);
      this.#mark(given, error.body?.fields);
    }
  }

  #show(answer, problem = '') {
    const {s, r, alpha, grade, derivation} = this.#refs;
    s.textContent = answer?.s ?? '—';
    r.textContent = answer?.r ?? '—';
    alpha.textContent = answer?.alpha ?? '—';
    grade.textContent = answer ? GRADES[answer.grade] ?? '不构成重大危险源' : '—';
    if (answer?.grade) grade.dataset.level = answer.grade;
    else delete grade.dataset.level;
    derivation.replaceChildren(...(answer?.derivation ?? []).map((line) => el('li', {}, line)));
    this.#refs.problem.textContent = problem;
    this.#refs.problem.hidden = !problem;
  }

  /** Each problem beside its line; those of no line above the result. */
  #mark(given, fields = {}) {
    for (const mark of this.#refs.rows.querySelectorAll('.error')) {
      mark.textContent = '';
      mark.hidden = true;
    }
    const general = [...(fields.exposed_persons ?? []), ...(fields.items ?? []).filter(({index}) => index === undefined)];
    for (const {index, message, choices} of fields.items ?? []) {
      const mark = given[index]?.line.querySelector('.error');
      if (!mark) continue;
      mark.textContent += message + (choices && choices.length < 8 ? `可选：${choices.join('；')}。` : '');
      mark.hidden = false;
    }
    if (general.length) {
      this.#refs.problem.textContent = general.map(({message}) => message).join(' ');
      this.#refs.problem.hidden = false;
    }
  }
}
