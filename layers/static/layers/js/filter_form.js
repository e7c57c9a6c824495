/** The conditions of one layer in a dialog: they hold together, and how many features are left is said at once. */

import {get} from './api.js';
import {el, settled} from './dom.js';
import {count} from './format.js';
import {params} from './looks.js';
import {explain} from './toast.js';

const TYPES = {date: 'date', number: 'number', text: 'text'};

/**
 * @param {any} app
 * @param {any} layer description, with its look
 */
export function open(app, layer) {
  const held = layer.look.filters;
  const total = el('output', {'aria-live': 'polite'});
  const controls = layer.filter_fields.filter(({hidden, name}) => !hidden || held[name]).map((field) => control(field, held[field.name] ?? ''));
  const filters = () => Object.fromEntries(controls.map(({name, input}) => [name, input.value.trim()]).filter(([, value]) => value));
  const form = el('form.form.filter-form', {onsubmit: (event) => {
    event.preventDefault();
    app.looks.set(layer.key, {filters: {...unknown(layer, held), ...filters()}});
    app.tree.set(layer.key, true);
    app.closeDialog();
  }},
  el('p.note', {}, '各项条件同时满足的才显示；统计、圈选、表格和导出都按同样的条件。'),
  el('div.filter-fields', {}, ...pairs(controls)),
  el('div.form-actions', {},
    el('span.filter-total', {}, total),
    el('span.spacer'),
    el('button.btn', {type: 'button', onclick: () => {
      for (const {input} of controls) input.value = '';
      say();
    }}, '清空'),
    el('button.btn.btn-primary', {type: 'submit'}, '按此筛选')));
  const say = settled(async () => {
    try {
      const found = await get(`/api/v1/layers/${layer.key}/summary/`, {...params({look: {...layer.look, filters: filters()}}), region: app.region});
      total.textContent = `符合 ${count(found.total)} 个，共 ${count(layer.count ?? found.total)} 个`;
      total.classList.remove('error');
    } catch (error) {
      if (error.status !== 400) explain(error);
      total.textContent = error.message;
      total.classList.add('error');
    }
  }, 200);
  form.addEventListener('input', say);
  app.dialog(`筛选 · ${layer.title}`, form, {wide: true});
  form.querySelector('select, input')?.focus();
  say();
}

/** What a link brought and no field shows stays. */
function unknown(layer, held) {
  const known = new Set(layer.filter_fields.map(({name}) => name));
  return Object.fromEntries(Object.entries(held).filter(([name]) => !known.has(name)));
}

function control(field, value) {
  const id = `filter-${field.name}`;
  const input = field.kind === 'choice'
    ? el('select', {id}, el('option', {value: ''}, '不限'), ...field.choices.map(([key, label]) => el('option', {value: key}, label)))
    : el('input', {id, type: TYPES[field.kind] ?? 'text', step: field.kind === 'number' ? 'any' : null, maxlength: field.kind === 'text' ? '100' : null});
  input.value = value;
  return {name: field.name, label: field.label, id, input};
}

/** From and to of one thing stand on one line, under its name. */
function pairs(controls) {
  const found = [];
  for (const each of controls) {
    const [, stem, end] = /^(.+)__(from|to)$/.exec(each.name) ?? [];
    const last = found.at(-1);
    if (end === 'to' && last?.stem === stem) last.inputs.push(each);
    else found.push({stem, inputs: [each]});
  }
  return found.map(({stem, inputs: [first, second]}) => {
    if (!stem || !second) return el('div.field', {}, el('label.label', {for: first.id}, first.label), first.input);
    const title = first.label.replace(/ (从|至少)$/, '');
    first.input.setAttribute('aria-label', first.label);
    second.input.setAttribute('aria-label', second.label);
    return el('div.field', {role: 'group', 'aria-label': title}, el('span.label', {}, title),
      el('span.range', {}, first.input, el('span', {}, '至'), second.input));
  });
}
