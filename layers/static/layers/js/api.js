/** Requests to the server: JSON in and out, CSRF, and errors as sentences a person can act on. */

export class ApiError extends Error {
  /**
   * @param {number} status 0 when the server was not reached
   * @param {string} code
   * @param {string} detail
   * @param {any} [body]
   */
  constructor(status, code, detail, body) {
    super(detail);
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

const WORDS = {
  401: '登录已过期，请重新登录。',
  403: '没有权限做这件事。',
  404: '没有找到，或不在您的管辖范围内。',
  429: '操作太频繁，请稍后再试。',
};

function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? '';
}

async function refuse(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    // An HTML error page: the status says enough.
  }
  const detail = body?.detail || WORDS[response.status] || `服务器返回 ${response.status}，请稍后重试。`;
  throw new ApiError(response.status, body?.code ?? 'error', detail, body);
}

/**
 * @param {string} url
 * @param {RequestInit & {json?: any, key?: string, version?: number|string}} [options] json: the body; key: Idempotency-Key; version: If-Match
 * @returns {Promise<Response>}
 */
export async function request(url, {json, key, version, ...options} = {}) {
  const headers = {Accept: 'application/json', ...options.headers};
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  if (version !== undefined) headers['If-Match'] = `"${version}"`;
  if (options.method && options.method !== 'GET') headers['X-CSRFToken'] = csrf();
  let response;
  try {
    response = await fetch(url, {
      credentials: 'same-origin',
      ...options,
      headers,
      body: json === undefined ? options.body : JSON.stringify(json),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'offline', '没有连上服务器，请检查网络后重试。');
  }
  if (!response.ok) await refuse(response);
  return response;
}

/**
 * @param {string} url
 * @param {Record<string, any>} [query] empty values are left out
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(url, query = {}, signal = undefined) {
  return (await request(withQuery(url, query), {signal})).json();
}

/**
 * @param {string} url
 * @param {any} json
 * @param {{key?: string, version?: number|string, signal?: AbortSignal}} [options]
 * @returns {Promise<any>} null when the answer has no body
 */
export async function post(url, json, options = {}) {
  const response = await request(url, {method: 'POST', json, ...options});
  return response.status === 204 ? null : response.json();
}

/**
 * @param {string} url
 * @param {Record<string, any>} query
 * @returns {string}
 */
export function withQuery(url, query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (!pairs.length) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(pairs)}`;
}
