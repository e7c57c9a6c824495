import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ago, area, clockTime, day, distance, elapsed, level, shortCount, stamp} from '../../static/layers/js/format.js';

test('distances are metres until a kilometre', () => {
  assert.equal(distance(999.4), '999 米');
  assert.equal(distance(1234), '1.23 公里');
  assert.equal(distance(45678), '45.7 公里');
});

test('areas carry mu where people think in mu', () => {
  assert.equal(area(5000), '5,000 平方米');
  assert.equal(area(66666.7), '6.67 公顷（100 亩）');
  assert.equal(area(2.5e6), '2.5 平方公里');
});

test('elapsed time counts up and never goes below nothing', () => {
  assert.equal(elapsed(42000), '00:42');
  assert.equal(elapsed(3 * 3600e3 + 245e3), '3:04:05');
  assert.equal(elapsed(-5000), '00:00');
});

test('ages are told in the unit a person would use', () => {
  assert.equal(ago(30000), '刚刚');
  assert.equal(ago(6 * 60000), '6 分钟前');
  assert.equal(ago(47 * 3600e3), '47 小时前');
  assert.equal(ago(72 * 3600e3), '3 天前');
});

test('small badges shorten large counts', () => {
  assert.equal(shortCount(980), '980');
  assert.equal(shortCount(2359), '2.4千');
  assert.equal(shortCount(31000), '3.1万');
  assert.equal(shortCount(310000), '31万');
});

test('a level is told by number, word and shape, and so is its absence', () => {
  assert.deepEqual(level(1), {number: 1, text: 'Ⅰ级·红', shape: '▲'});
  assert.deepEqual(level(null), {number: 0, text: '未定级', shape: '○'});
  assert.deepEqual(level(9), {number: 0, text: '未定级', shape: '○'});
});

test('clocks show the time of the city', () => {
  const at = Date.parse('2026-07-05T16:04:09Z');
  assert.equal(clockTime(at), '00:04:09');
  assert.equal(day(at), '7月6日 周一');
  assert.equal(stamp(at), '2026-07-06 00:04');
});
