import assert from 'node:assert/strict';
import {test} from 'node:test';
import {format, parse} from '../../static/layers/js/permalink.js';

test('a link read and written again is the same link', () => {
  const link = '#map=12.50/37.46000/118.50000&sel=incidents:42&layers=enterprises,teams&region=370523101';
  assert.equal(format(parse(link)), link);
});

test('a damaged link gives what is sound in it and never fails', () => {
  assert.deepEqual(parse(''), {});
  assert.deepEqual(parse('#map=x/y/z&sel=<b>:1&layers=a,<i>&region=..'), {layers: ['a']});
  assert.deepEqual(parse('#map=12/95/118'), {});
});

test('no layers is not the same as layers unsaid', () => {
  assert.deepEqual(parse('#layers=').layers, []);
  assert.equal(parse('#map=9/37/118').layers, undefined);
});
