// An API client without a browser: keeps its cookie and sends the CSRF header it was told.

/** @typedef {import("./server.js").Server} Server */
/** @typedef {{status: number, headers: Headers, body: any}} Reply */

export class RestClient {
  /** @type {Map<string, string>} */
  cookies = new Map();
  /** @type {Record<string, string>} */
  csrf = {};

  /** @param {Server} server */
  constructor(server) {
    this.server = server;
  }

  /** The session of somebody who is signed in in a browser.
   * @param {Server} server @param {import("playwright-core").Page} page */
  static async like(server, page) {
    const client = new RestClient(server);
    for (const { name, value } of await page.context().cookies()) client.cookies.set(name, value);
    await client.get("/api/v2/me");
    return client;
  }

  get cookie() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** @param {string} method @param {string} path @param {unknown} [body]
   * @param {Record<string, string>} [more] @returns {Promise<Reply>} */
  async request(method, path, body, more = {}) {
    /** @type {Record<string, string>} */
    const headers = { ...more };
    if (this.cookies.size > 0) headers.Cookie = this.cookie;
    if (method !== "GET") Object.assign(headers, this.csrf);
    /** @type {RequestInit} */
    const options = { method, headers, redirect: "manual" };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const reply = await fetch(this.server.url + path, options);
    this.remember(reply.headers);
    const text = await reply.text();
    const isJson = (reply.headers.get("content-type") ?? "").includes("json");
    return { status: reply.status, headers: reply.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** @param {Headers} headers */
  remember(headers) {
    for (const line of headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    const name = headers.get("X-CSRF-HEADER");
    if (name) this.csrf = { [name]: headers.get("X-CSRF-TOKEN") ?? "" };
  }

  /** @param {string} path @param {Record<string, string>} [more] */
  get(path, more) {
    return this.request("GET", path, undefined, more);
  }

  /** @param {string} path @param {unknown} body */
  post(path, body) {
    return this.request("POST", path, body);
  }

  /** @param {string} path @param {unknown} body */
  put(path, body) {
    return this.request("PUT", path, body);
  }
}

/** @param {string} user @param {string} password */
export const basic = (user, password) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});
