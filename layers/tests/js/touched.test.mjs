import assert from 'node:assert/strict';
import {test} from 'node:test';
import {touched} from '../../static/layers/js/touched.js';

const LAYERS = [
  {key: 'incidents', module: 'incidents', live: true},
  {key: 'enterprises', module: 'enterprises'},
  {key: 'teams', module: 'resources'},
  {key: 'supplies', module: 'resources'},
];

test('an event changes the layers of its module', () => {
  assert.deepEqual(touched([{kind: 'resources.verify'}], LAYERS), ['teams', 'supplies']);
});

test('a live layer follows the feed itself and asks for no tiles', () => {
  assert.deepEqual(touched([{kind: 'incidents.verify'}], LAYERS), []);
});

test('an event of a module without layers may have moved anything', () => {
  assert.deepEqual(touched([{kind: 'dispatch.assign'}], LAYERS), ['enterprises', 'teams', 'supplies']);
});
