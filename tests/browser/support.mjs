// A web server on loopback that serves pages and keeps what it is sent, and Debian's Chromium.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const SOURCE = resolve(ROOT, 'src/web/script/n.js');
export const SCRIPT = resolve(ROOT, 'src/web/script/n.min.js');
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Every name under .example is this machine; nothing else is reached.
export const CHROMIUM_FLAGS = [
  '--host-resolver-rules=MAP *.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost',
  '--no-proxy-server',
  ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
];
// How long to wait for what must come; whatever comes is not waited for any longer.
export const PATIENCE_MILLISECONDS = 60_000;
export const ROUTE = '/nameplate/v1/visits';

// A page with the script. `tag` are the script tag's attributes, `before` is an inline script ahead of it.
export function html({ tag = '', before = '', head = '', body = '', title = 'A page' } = {}) {
  return `<!doctype html><title>${title}</title><link rel="icon" href="data:,">${head}<script>${before}</script>
    <script src="/n.js" data-site="shop" ${tag} defer></script><body>${body}`;
}

export class Server {
  #http;
  #waiting = [];
  // What was posted: {path, type, cookies, text, visit}.
  posts = [];
  // Paths of what was fetched.
  fetched = [];
  // Path to {body, headers}; a page for every other path.
  pages = new Map();
  every = html();

  async start() {
    this.#http = createServer((request, response) => this.#answer(request, response));
    await new Promise((done) => this.#http.listen(0, '127.0.0.1', done));
    this.port = this.#http.address().port;
    this.origin = `http://localhost:${this.port}`;
    return this;
  }

  async stop() {
    this.#http.closeAllConnections();
    await new Promise((done) => this.#http.close(done));
  }

  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'POST') {
      const text = Buffer.concat(chunks).toString();
      const { 'content-type': type, cookie: cookies = '' } = request.headers;
      this.posts.push({ path: request.url, host: request.headers.host, type, cookies, text, visit: JSON.parse(text) });
      response.writeHead(204).end();
      this.#waiting.splice(0).forEach((wake) => wake());
      return;
    }
    this.fetched.push(request.url);
    this.#waiting.splice(0).forEach((wake) => wake());
    if (request.url === '/n.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(SCRIPT));
      return;
    }
    const page = this.pages.get(request.url.split('?')[0]) ?? { body: this.every };
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page.headers }).end(page.body);
  }

  // Waits until `condition` holds; it is looked at with each request.
  async until(condition, what) {
    const deadline = Date.now() + PATIENCE_MILLISECONDS;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${what}; posted: ${JSON.stringify(this.posts)}`);
      await new Promise((wake) => {
        const alarm = setTimeout(wake, left);
        this.#waiting.push(() => (clearTimeout(alarm), wake()));
      });
    }
  }
}

// Removes a folder that a process which is just ending may still write to.
export async function removeFolder(folder) {
  for (const ends = Date.now() + PATIENCE_MILLISECONDS; ; ) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (Date.now() > ends) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

export async function launch(options = {}) {
  if (!existsSync(CHROMIUM)) throw new Error(`no Chromium at ${CHROMIUM}: run scripts/setup test, or set CHROMIUM`);
  return chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS, ...options });
}

// A browser window of its own, with its own cookies, on a server of its own. The page's clock stands still but for
// `run`, so that nothing here waits for timers, and that what is not sent is known to be not sent.
export class Visitor {
  static async open(browser, { init, ...page } = {}) {
    const visitor = new Visitor();
    visitor.server = await new Server().start();
    visitor.server.every = html(page);
    visitor.context = await browser.newContext();
    visitor.posted = 0;
    visitor.errors = [];
    visitor.context.on('request', (request) => {
      if (request.method() === 'POST') visitor.posted += 1;
    });
    await visitor.context.clock.install();
    await visitor.context.clock.pauseAt(Date.now() + 60_000);
    if (init) await visitor.context.addInitScript(init);
    visitor.page = await visitor.context.newPage();
    visitor.page.on('pageerror', (error) => visitor.errors.push(error));
    return visitor;
  }

  async close() {
    await this.context.close();
    await this.server.stop();
  }

  async go(path = '/') {
    await this.page.goto(path.includes('://') ? path : this.server.origin + path);
  }

  do(script, argument) {
    return this.page.evaluate(script, argument);
  }

  // Lets the page's time pass, and gives the visits that were sent since the last time.
  async sent(milliseconds = 1000) {
    await this.page.clock.runFor(milliseconds);
    await this.page.evaluate(() => 0);
    const { server } = this;
    await server.until(() => server.posts.length >= this.posted, `${this.posted} visits`);
    const from = this.seen ?? 0;
    this.seen = server.posts.length;
    return server.posts.slice(from).map((post) => post.visit);
  }

  // The script's cookies, by name.
  async cookies() {
    const all = await this.context.cookies();
    const own = all.filter((cookie) => cookie.name.startsWith('np_')).map((cookie) => [cookie.name, cookie]);
    return Object.fromEntries(own.sort());
  }

  async cookieNames() {
    return Object.keys(await this.cookies());
  }
}

// Opens a visitor for a test and closes it with the test.
export async function visitorFor(test, browser, options) {
  const visitor = await Visitor.open(browser, options);
  test.after(() => visitor.close());
  return visitor;
}
