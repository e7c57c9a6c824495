import assert from 'node:assert/strict';
import {test} from 'node:test';

class FakeSocket extends EventTarget {
  static OPEN = 1;
  static made = [];
  readyState = 1;
  sent = [];

  constructor(url) {
    super();
    this.url = url;
    FakeSocket.made.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.drop(1000);
  }

  open() {
    this.dispatchEvent(new Event('open'));
  }

  say(message) {
    this.dispatchEvent(Object.assign(new Event('message'), {data: JSON.stringify(message)}));
  }

  drop(code) {
    this.dispatchEvent(Object.assign(new Event('close'), {code}));
  }
}

globalThis.WebSocket = FakeSocket;
globalThis.location = {protocol: 'http:', host: 'test'};
globalThis.document = new EventTarget();
globalThis.addEventListener ??= () => {};
const realInterval = globalThis.setInterval;
globalThis.setInterval = (...rest) => realInterval(...rest).unref();

const {Feed} = await import('../../static/layers/js/events.js');
const at = () => new Date().toISOString();
const event = (seq) => ({seq, kind: 'incidents.verify', at: at(), region: '370500', data: {id: seq}});

function started(cursor = {feed: 'e', seq: 10}) {
  const feed = new Feed(cursor, {signals: ['wall:main']});
  const heard = [];
  feed.addEventListener('event', ({detail}) => heard.push(detail.seq));
  feed.start();
  const socket = FakeSocket.made.at(-1);
  socket.open();
  socket.say({type: 'welcome', feed: 'e', seq: 10, at: at()});
  return {feed, socket, heard};
}

test('it says where it stands and what it wants to hear', () => {
  const {feed, socket} = started();
  assert.deepEqual(socket.sent, [{type: 'hello', feed: 'e', since: 10, signals: ['wall:main']}]);
  feed.stop();
});

test('events are applied in order and never twice', () => {
  const {feed, socket, heard} = started();
  socket.say({type: 'events', after: 10, upto: 12, events: [event(11), event(12)]});
  socket.say({type: 'events', after: 11, upto: 13, events: [event(12), event(13)]});
  assert.deepEqual(heard, [11, 12, 13]);
  assert.equal(feed.cursor.seq, 13);
  feed.stop();
});

test('on a gap nothing is applied and it asks again, once', () => {
  const {feed, socket, heard} = started();
  socket.say({type: 'events', after: 20, upto: 21, events: [event(21)]});
  socket.say({type: 'events', after: 21, upto: 22, events: [event(22)]});
  assert.deepEqual(heard, []);
  assert.equal(socket.sent.length, 2);
  assert.equal(socket.sent[1].since, 10);
  feed.stop();
});

test('numbers that concern nobody here move the cursor without an event', () => {
  const {feed, socket, heard} = started();
  socket.say({type: 'events', after: 10, upto: 510, events: []});
  assert.deepEqual(heard, []);
  assert.equal(feed.cursor.seq, 510);
  feed.stop();
});

test('a page without data of its own starts from where the feed stands', () => {
  const {feed} = started({feed: '', seq: 0});
  assert.deepEqual(feed.cursor, {feed: 'e', seq: 10});
  feed.stop();
});

test('a lost line is said, and an expired log-in with its reason', () => {
  const {feed, socket} = started();
  const reasons = [];
  feed.addEventListener('refused', ({detail}) => reasons.push(detail));
  assert.equal(feed.status().state, 'live');
  feed.stop();
  socket.drop(4401);
  assert.equal(feed.status().state, 'off');
  const again = started();
  again.feed.addEventListener('refused', ({detail}) => reasons.push(detail));
  again.socket.drop(4401);
  assert.equal(reasons.at(-1), '登录已过期，请重新登录。');
  again.feed.stop();
});

test('a reset and a signal are passed on', () => {
  const {feed, socket} = started();
  const heard = [];
  for (const type of ['reset', 'signal']) feed.addEventListener(type, ({detail}) => heard.push(detail.type));
  socket.say({type: 'signal', key: 'wall:main', value: {mode: 'lock'}, at: at()});
  socket.say({type: 'reset', feed: 'f', seq: 0});
  assert.deepEqual(heard, ['signal', 'reset']);
  feed.stop();
});
