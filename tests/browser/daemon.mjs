// A real daemon with a real store and range file, behind a web server that serves a test site with the page script and hands
// /nameplate/ on, as docs/SCRIPT.md has it; the dashboard is on a host of its own. All of it is HTTPS on loopback.

import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATIENCE_MILLISECONDS, removeFolder, ROOT } from './support.mjs';

export const PASSWORD = 'correct horse battery staple';
const BINARY = process.env.NAMEPLATE_BIN ?? join(ROOT, 'target/release/nameplate');

export function nameplate(...args) {
  return run({}, ...args);
}

function run(options, ...args) {
  if (!existsSync(BINARY)) throw new Error(`no binary at ${BINARY}: run make binary, or set NAMEPLATE_BIN`);
  return execFileSync(BINARY, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
}

// Waits for what has no event of its own, as a person would who looks again.
export async function until(holds, what) {
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

// Companies that there are not, so that no picture says of one that it came; each with a network of its own.
const NAMES = [
  'Musterbau Maschinen GmbH',
  'Voorbeeld Logistiek B.V.',
  'Exemple Industrie SAS',
  'Sample Instruments Ltd',
  'Beispiel Verlag AG',
  'Proefkwekerij Noord B.V.',
  'Fictional Foods Inc',
  'Fonderie Fictive SAS',
  'Mustermann Optik GmbH',
  'Invented Engineering LLC',
];

// A range file of these companies: [{address, company}].
function rangeFile(folder) {
  const database = join(folder, 'nameplate.npl');
  const rows = NAMES.map((name, place) => `5.10.${place}.0,5.10.${place}.255,${64600 + place},"${name}"`);
  writeFileSync(join(folder, 'companies.csv'), `${rows.join('\n')}\n`);
  writeFileSync(
    join(folder, 'build.toml'),
    `[[source]]
kind = "ip-asn"
name = "ip-asn"
title = "Companies of the tests"
files = ["companies.csv"]
licence = "CC0-1.0"
date = "2026-06-17"
`,
  );
  nameplate('build', '--config', join(folder, 'build.toml'), '-o', database);
  const addresses = NAMES.map((_, place) => `5.10.${place}.7`);
  const answers = nameplate('lookup', '--db', database, '--json', ...addresses).trim().split('\n');
  return { database, companies: addresses.map((address, place) => ({ address, company: JSON.parse(answers[place]).company })) };
}

export class Owner {
  // `config` are further sections; `page` is the HTML of the site's every page.
  static async start({ config = '', page, level = 'sessions' } = {}) {
    const owner = new Owner();
    const folder = (owner.folder = mkdtempSync(join(tmpdir(), 'np-')));
    Object.assign(owner, rangeFile(folder));
    owner.socket = join(folder, 'http.sock');
    owner.config = join(folder, 'nameplate.toml');
    owner.list = join(folder, 'suppress.list');
    owner.page = page ?? sitePage(level);
    // Where the visitors' browsers are, as the site's web server sees it.
    owner.address = owner.companies[0].address;
    nameplate('suppress', 'create', '--list', owner.list);
    writeFileSync(
      owner.config,
      `db = "${owner.database}"
socket = "${folder}/n.sock"
suppress = "${owner.list}"
[web]
listen = "${owner.socket}"
hosts = ["leads.example"]
behind_proxy = true
[leads]
store = "${folder}/leads.db"
[[leads.sites]]
name = "shop"
hosts = ["shop.example"]
highest_level = "${level}"
[[leads.sites.page_groups]]
name = "pricing"
prefixes = ["/pricing"]
points = 10
${config}`,
    );
    owner.log = '';
    owner.daemon = spawn(BINARY, ['serve', '--db', owner.database, '--socket', `${folder}/n.sock`, '--config', owner.config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    owner.daemon.stderr.on('data', (chunk) => (owner.log += chunk));
    await owner.#front();
    await until(() => {
      if (owner.daemon.exitCode !== null) throw new Error(`the daemon ended: ${owner.log}`);
      return existsSync(owner.socket) && owner.up();
    }, 'the daemon');
    return owner;
  }

  up() {
    return new Promise((done) => {
      const asked = ask({ socketPath: this.socket, path: '/n.js', headers: { host: 'leads.example', 'x-forwarded-proto': 'https' } });
      asked.on('response', (response) => (response.resume(), done(response.statusCode === 200))).on('error', () => done(false));
      asked.end();
    });
  }

  async stop() {
    this.front.closeAllConnections();
    await new Promise((done) => this.front.close(done));
    const ended = new Promise((done) => this.daemon.once('exit', done));
    this.daemon.kill('SIGTERM');
    await ended;
    await removeFolder(this.folder);
  }

  // The web server: the site itself, and what it hands on.
  async #front() {
    const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(this.folder, name));
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=shop.example']
        .concat(['-addext', 'subjectAltName=DNS:*.example', '-keyout', key, '-out', certificate]),
      { stdio: 'ignore' },
    );
    this.front = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, async (request, response) => {
      const shop = request.headers.host.startsWith('shop.example');
      if (shop && !request.url.startsWith('/nameplate/')) {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(this.page);
        return;
      }
      const { connection, ...headers } = request.headers;
      // In one write: the daemon may have answered, and ended the connection, before there would be a second one.
      const body = Buffer.concat(await request.toArray());
      const handed = ask({
        socketPath: this.socket,
        path: request.url,
        method: request.method,
        headers: { ...headers, 'x-forwarded-proto': 'https', 'x-forwarded-for': this.address },
      });
      handed.on('response', (reply) => {
        // What is between this server and the daemon ends here.
        const { connection: _, ...headers } = reply.headers;
        response.writeHead(reply.statusCode, headers);
        reply.pipe(response);
      });
      // A daemon that has answered may end the connection before all of a body was written.
      handed.on('error', () => response.headersSent || response.destroy());
      handed.end(body);
    });
    await new Promise((done) => this.front.listen(0, '127.0.0.1', done));
    this.port = this.front.address().port;
    this.site = `https://shop.example:${this.port}`;
    this.dashboard = `https://leads.example:${this.port}`;
  }

  user(name, role) {
    run({ input: `${PASSWORD}\n`, stdio: ['pipe', 'ignore', 'pipe'] }, 'user', 'add', '--config', this.config, '--role', role, name);
  }

  key(name, ...scopes) {
    return nameplate('key', 'add', '--config', this.config, ...scopes.flatMap((scope) => ['--scope', scope]), name).trim();
  }

  // A program's request, with a key.
  rest(key, method, path, body) {
    return new Promise((done, failed) => {
      const headers = { host: 'leads.example', 'x-forwarded-proto': 'https', authorization: `Bearer ${key}` };
      if (body !== undefined) headers['content-type'] = 'application/json';
      const asked = ask({ socketPath: this.socket, path, method, headers }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        done({ status: response.statusCode, text });
      });
      asked.on('error', failed);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  // Some weeks' worth of what there is to see, by the ways that it comes in: visits, what users say of companies, corrections, objections,
  // requests. `hostile` is a text that goes into whatever takes one.
  async fill({ hostile } = {}) {
    const key = this.key('all', 'visits', 'read', 'write', 'objections');
    const say = async (method, path, body) => {
      const { status, text } = await this.rest(key, method, path, body);
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    };
    const pages = [['/', 'A shop'], ['/pricing', 'Prices'], ['/products/pumps', 'Pumps'], ['/contact', 'Contact'], ['/docs/setup', 'Setting up']];
    const from = ['https://search.example/', 'https://news.example/', undefined];
    for (const [place, { address }] of this.companies.entries()) {
      for (let number = 0; number <= (place * 7) % 9; number += 1) {
        const [path, title] = pages[(place + number) % pages.length];
        const words = hostile ? { title: hostile, url: `https://shop.example/${encodeURIComponent(hostile)}?utm_source=${encodeURIComponent(hostile)}` } : { title, url: `https://shop.example${path}?utm_source=mail` };
        await say('POST', '/v1/visits', { site: 'shop', address, consent: 'company', referrer: from[number % 3], ...words });
      }
    }
    const filtered = [{ consent: 'off' }, { gpc: true, consent: 'company' }, { consent: 'company' }, { consent: 'company', user_agent: 'Googlebot/2.1' }, {}];
    for (let number = 0; number < 25; number += 1) {
      await say('POST', '/v1/visits', { site: 'shop', address: '5.11.0.1', ...filtered[number % filtered.length] });
    }
    const [first, second, third] = this.companies.map(({ company }) => `/v1/companies/${encodeURIComponent(company.id)}`);
    await say('PATCH', first, { tags: [hostile ?? 'trade fair', 'pumps'], status: 'open', owner: hostile ?? 'Anna', note: hostile ?? 'Asked for a quotation by telephone.' });
    await say('PATCH', second, { tags: ['partner'], status: 'contacted', owner: 'Nils' });
    await say('PATCH', third, { status: 'customer' });
    const condition = { all: [{ field: 'page', begins: '/pricing' }, { field: 'page_views', at_least: 2 }] };
    const name = hostile ? hostile.slice(0, 100) : 'Looked at prices';
    await say('PUT', `/v1/segments/${encodeURIComponent(name)}`, condition);
    await say('POST', '/v1/corrections', { says: 'ours', network: '5.12.0.0/24' });
    await say('POST', '/v1/objections', { who: { domain: 'objected.example.com' }, reason: hostile?.replace(/\p{C}/gu, '').slice(0, 200) ?? 'By letter' });
    return name;
  }

  context(browser, options = {}) {
    // Without a window, Chromium calls itself so, and that is a robot's name.
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`;
    return browser.newContext({ ignoreHTTPSErrors: true, userAgent, ...options });
  }

  // Signs in by the keyboard alone, with the second factor where there is one; sets it up where it is needed and not there.
  async signIn(page, name) {
    await page.goto(`${this.dashboard}/sign-in`);
    // The name has the focus.
    await page.locator('#name:focus').waitFor();
    await page.keyboard.type(name);
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname !== '/sign-in');
    if (new URL(page.url()).pathname === '/enrolment') {
      const secret = (await page.locator('dl code').innerText()).replaceAll(' ', '');
      this.secrets = { ...this.secrets, [name]: secret };
    }
    if (new URL(page.url()).pathname !== '/') {
      await page.locator('#code').focus();
      await page.keyboard.type(this.code(name));
      await page.keyboard.press('Enter');
      await page.waitForURL(`${this.dashboard}/`);
    }
  }

  // The next code of a user that was not used: each works once, and one step ahead is taken.
  code(name) {
    const now = Math.floor(Date.now() / 30_000);
    this.steps ??= {};
    this.steps[name] = Math.max(this.steps[name] === undefined ? now : this.steps[name] + 1, now);
    return totp(this.secrets[name], this.steps[name]);
  }
}

// RFC 6238 of a secret in base32.
function totp(secret, step) {
  let bits = '';
  for (const letter of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', key).update(counter).digest();
  return String((digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// A page of the site: its visitor decides by two buttons.
export function sitePage(level) {
  return `<!doctype html><html lang="en"><title>Prices of a shop</title><link rel="icon" href="data:,">
<script>window.nameplate = { consent: () => localStorage.consent }</script>
<script src="/nameplate/n.js" data-site="shop" data-level="${level}" defer></script>
<body><h1>A shop</h1><button id="yes">Yes</button><button id="no">No</button>
<script>
const say = (word) => { localStorage.consent = word; nameplate('consent', word); };
document.getElementById('yes').onclick = () => say('${level}');
document.getElementById('no').onclick = () => say('off');
</script>`;
}
