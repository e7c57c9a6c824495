/** The live feed. The only module that knows the socket: everybody else listens to what it says. */

const SILENCE_MS = 30000; // the server beats every 25 s: silence longer than this is a dead line
const BEAT_MS = 26000;
const LATE_MS = 3000;
const LATE_SHOWN_MS = 6000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 15000;
const REFUSED_RETRY_MS = 60000; // somebody may log in again in another tab
const HEALTHY_MS = 10000; // a connection this old starts its back-off afresh
const CLOSE_LOGGED_OUT = 4401;
const CLOSE_BAD_ORIGIN = 4403;

/**
 * @typedef {{seq: number, kind: string, at: string, region: string, data: Record<string, any>}} FeedEvent
 * @typedef {'live'|'late'|'off'} FeedState
 */

/**
 * Dispatches: "event" (detail: FeedEvent), "batch" (detail: FeedEvent[]), "signal" (detail: {key, value, at}),
 * "reset" (load everything afresh), "state" (detail: {state, seconds}), "refused" (detail: reason).
 */
export class Feed extends EventTarget {
  #socket = null;
  #cursor;
  #signals;
  #url;
  #attempt = 0;
  #retryTimer = 0;
  #openedAt = 0;
  #heardAt = 0;
  #offSince = Date.now();
  #lag = 0;
  #lagAt = 0;
  #backlogTo = 0; // events up to here were missed while away: their age is not the line's delay
  #offset = 0;
  #hasOffset = false;
  #stopped = false;
  #asking = false;
  #refused = false;
  #last = '';

  /**
   * @param {{feed: string, seq: number}} cursor read by the server before the page's data
   * @param {{signals?: string[], now?: string, url?: string}} [options]
   */
  constructor(cursor, {signals = [], now = '', url = '/ws/feed/'} = {}) {
    super();
    this.#cursor = {feed: cursor?.feed ?? '', seq: cursor?.seq ?? 0};
    this.#signals = signals;
    this.#url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${url}`;
    if (now) this.#offset = Date.parse(now) - performance.timeOrigin - performance.now();
  }

  start() {
    this.#connect();
    setInterval(() => this.#watch(), 1000);
    addEventListener('online', () => this.#retryNow());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#retryNow());
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#retryTimer);
    this.#socket?.close();
  }

  /** The server's time in milliseconds: what clocks and ages are measured by. */
  now() {
    return Date.now() + this.#offset;
  }

  /** Moves the cursor after everything was loaded afresh. @param {{feed: string, seq: number}} cursor */
  resume(cursor) {
    this.#cursor = {...cursor};
    this.#hello();
  }

  get cursor() {
    return {...this.#cursor};
  }

  #connect() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = 0;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#openedAt = this.#heardAt = Date.now();
      this.#asking = false;
      this.#hello();
    });
    socket.addEventListener('message', ({data}) => this.#socket === socket && this.#hear(JSON.parse(data)));
    socket.addEventListener('close', ({code}) => this.#socket === socket && this.#lost(code));
  }

  /** One question at a time: a burst behind a gap must not become a burst of hellos. */
  #hello() {
    if (this.#socket?.readyState !== WebSocket.OPEN || this.#asking) return;
    this.#asking = true;
    const hello = {type: 'hello', feed: this.#cursor.feed, since: this.#cursor.seq};
    if (this.#signals.length) hello.signals = this.#signals;
    this.#socket.send(JSON.stringify(hello));
  }

  #hear(message) {
    this.#heardAt = Date.now();
    if (message.at) this.#setClock(Date.parse(message.at));
    if (message.type === 'welcome') {
      this.#asking = this.#refused = false;
      this.#offSince = 0;
      this.#lag = 0;
      this.#backlogTo = message.seq;
      // A page without data of its own starts from where the feed stands.
      if (!this.#cursor.feed) this.#cursor = {feed: message.feed, seq: message.seq};
    } else if (message.type === 'events') {
      this.#apply(message);
    } else if (message.type === 'beat') {
      if (message.seq > this.#cursor.seq) this.#hello();
    } else if (message.type === 'reset') {
      this.#emit('reset', message);
    } else if (message.type === 'signal') {
      this.#emit('signal', message);
    }
    this.#report();
  }

  /** In order, never twice; on a gap ask again from where we stand. */
  #apply({after, upto, events}) {
    if (after > this.#cursor.seq) {
      this.#hello();
      return;
    }
    const fresh = events.filter((event) => event.seq > this.#cursor.seq);
    this.#cursor.seq = Math.max(this.#cursor.seq, upto);
    if (!fresh.length) return;
    if (fresh.at(-1).seq > this.#backlogTo) {
      this.#lag = Math.max(0, this.now() - Date.parse(fresh.at(-1).at));
      this.#lagAt = Date.now();
    }
    for (const event of fresh) this.#emit('event', event);
    this.#emit('batch', fresh);
  }

  /** The smallest delay seen is the best estimate, so the clock only ever moves forward to it. */
  #setClock(at) {
    const offset = at - Date.now();
    if (!Number.isFinite(offset)) return;
    if (!this.#hasOffset || offset > this.#offset || this.#offset - offset > 2000) this.#offset = offset;
    this.#hasOffset = true;
  }

  #lost(code) {
    const lived = this.#openedAt ? Date.now() - this.#openedAt : 0;
    this.#openedAt = 0;
    this.#socket = null;
    this.#offSince ||= Date.now();
    this.#report();
    const refused = code === CLOSE_LOGGED_OUT || code === CLOSE_BAD_ORIGIN;
    if (refused && !this.#refused) {
      this.#refused = true;
      this.#emit('refused', code === CLOSE_LOGGED_OUT ? '登录已过期，请重新登录。' : '服务器拒绝了这个地址的实时连接，请联系管理员。');
    }
    if (this.#stopped || this.#retryTimer) return;
    this.#attempt = lived > HEALTHY_MS ? 0 : this.#attempt + 1;
    const longest = refused ? REFUSED_RETRY_MS : Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.#attempt);
    // Half fixed, half random: a thousand screens must not come back in the same instant.
    this.#retryTimer = setTimeout(() => this.#connect(), longest / 2 + Math.random() * (longest / 2));
  }

  #retryNow() {
    if (this.#socket || this.#stopped) return;
    this.#attempt = 0;
    this.#connect();
  }

  #watch() {
    if (this.#openedAt && Date.now() - this.#heardAt > SILENCE_MS) {
      const dead = this.#socket;
      this.#lost(0);
      dead?.close();
    }
    this.#report();
  }

  /** @returns {{state: FeedState, seconds: number}} */
  status() {
    if (this.#offSince) return {state: 'off', seconds: Math.floor((Date.now() - this.#offSince) / 1000)};
    const silent = Date.now() - this.#heardAt - BEAT_MS;
    const late = Math.max(Date.now() - this.#lagAt < LATE_SHOWN_MS ? this.#lag : 0, silent);
    if (late >= LATE_MS) return {state: 'late', seconds: Math.round(late / 1000)};
    return {state: 'live', seconds: 0};
  }

  #report() {
    const status = this.status();
    const text = `${status.state}:${status.seconds}`;
    if (text === this.#last) return;
    this.#last = text;
    this.#emit('state', status);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }
}
