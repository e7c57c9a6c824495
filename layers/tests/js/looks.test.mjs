import assert from 'node:assert/strict';
import {test} from 'node:test';
import {dress, listParams, Looks, params, query, said} from '../../static/layers/js/looks.js';
import {format, isStep, parse} from '../../static/layers/js/permalink.js';

const plants = () => ({
  key: 'enterprises', geometry: 'point', states: [{key: 'chemical', label: '危险化学品'}], filters: ['tags', 'status'],
  list_filters: ['status'], themes: [{key: 'freshness', title: '鲜活度', states: [{key: 'never', label: '从未核实'}]}],
  filter_fields: [{name: 'tags', label: '风险标签', choices: [['dust', '粉尘涉爆']]}],
});

test('a link with themes, filters, heat and a comparison is written as it was read', () => {
  const link = '#map=12.00/37.05000/118.45000&layers=enterprises,teams&region=370523&theme=enterprises:risk'
    + '&f=enterprises:status%3Dclosed%26tags%3Ddust&heat=teams&compare=370502,370503';
  assert.equal(format(parse(link)), link);
  assert.deepEqual(parse(link).looks.enterprises, {theme: 'risk', filters: {status: 'closed', tags: 'dust'}});
});

test('what a damaged look says is left out', () => {
  assert.deepEqual(parse('#theme=<b>:x&f=nothing&f=:a%3Db&heat=../x&compare=1'), {});
});

test('a theme changes the states, filters unknown to the layer are dropped', () => {
  const layer = plants();
  dress(layer, {theme: 'freshness', filters: {tags: 'dust', colour: 'red'}});
  assert.deepEqual(layer.states.map(({key}) => key), ['never']);
  assert.deepEqual(params(layer), {tags: 'dust', theme: 'freshness'});
  dress(layer, {theme: 'unknown'});
  assert.deepEqual(layer.states.map(({key}) => key), ['chemical']);
});

test('a query is the same whatever the order of its filters', () => {
  const [one, other] = [plants(), plants()];
  dress(one, {filters: {tags: 'dust', status: 'closed'}});
  dress(other, {filters: {status: 'closed', tags: 'dust'}});
  assert.equal(query(one), query(other));
  assert.deepEqual(listParams(one), {status: 'closed'});
});

test('filters are said in words', () => {
  const layer = plants();
  dress(layer, {filters: {tags: 'dust'}});
  assert.deepEqual(said(layer), [{name: 'tags', label: '风险标签', value: '粉尘涉爆'}]);
});

test('looks tell of a change only when there is one, and become plain when a link says nothing', () => {
  const looks = new Looks([plants()], {enterprises: {theme: 'freshness'}});
  const heard = [];
  looks.addEventListener('change', ({detail}) => heard.push(detail));
  looks.set('enterprises', {theme: 'freshness'});
  assert.deepEqual(heard, []);
  looks.setAll({});
  assert.deepEqual([heard, looks.all], [['enterprises'], {}]);
});

test('moving the map is no step to go back to, a filter is', () => {
  const here = parse('#map=9/37/118&layers=a');
  assert.equal(isStep(here, parse('#map=12/37.5/118&layers=a')), false);
  assert.equal(isStep(here, parse('#map=9/37/118&layers=a&f=a:b%3Dc')), true);
});
