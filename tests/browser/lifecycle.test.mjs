// Pages that come back from the back/forward cache, and pages that are rendered before anybody sees them. Both need a
// Chromium that nobody steers: the pages do it themselves, in real time, and the server says what it got.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CHROMIUM, CHROMIUM_FLAGS, html, removeFolder, ROUTE, Server } from './support.mjs';

// Ahead of the page script: calls `window.onVisit` with how many visits this page has sent.
const WATCH = `
  window.nameplate = { consent: () => 'sessions' };
  let visits = 0;
  const beacon = navigator.sendBeacon.bind(navigator);
  const tell = (path) => beacon(path, '{}');
  navigator.sendBeacon = (to, body) => {
    const result = beacon(to, body);
    if (to.endsWith('${ROUTE}')) setTimeout(() => window.onVisit(++visits));
    return result;
  };`;

const TAG = 'data-level="sessions"';

// Opens `path` of a server with these pages in a Chromium, and waits for a post to `/end`, or for the page view of the `last` page.
async function run(test, pages, path, last) {
  const server = await new Server().start();
  const profile = mkdtempSync(join(tmpdir(), 'np-'));
  for (const [name, page] of Object.entries(pages(server))) server.pages.set(name, page);
  const quiet = ['--headless', '--disable-gpu', '--no-first-run', '--disable-background-networking', `--user-data-dir=${profile}`];
  const browser = spawn(CHROMIUM, [...CHROMIUM_FLAGS, ...quiet, server.origin + path], { stdio: 'ignore' });
  const ended = new Promise((done) => browser.once('exit', done));
  test.after(async () => {
    browser.kill();
    await ended;
    await server.stop();
    await removeFolder(profile);
  });
  // What happened, in the order in which it came in.
  const happened = () => server.posts.map(({ path, visit }) => (path === ROUTE ? new URL(visit.url).pathname : `(${path.slice(1)})`));
  await server.until(() => happened().includes(last ?? '(end)'), 'the end');
  return happened();
}

const page = (script) => ({ body: html({ tag: TAG, before: WATCH + script }) });

describe('the back/forward cache', () => {
  const first = (back) => `
    window.onVisit = (visits) => { location.href = visits === 1 ? '/b' : '/c'; };
    addEventListener('pageshow', (event) => { if (event.persisted) { tell('/persisted'); ${back} } });`;

  it('a page that comes back is a page view', async (test) => {
    const happened = await run(
      test,
      () => ({
        '/a': page(first('')),
        '/b': page('window.onVisit = () => history.back();'),
        '/c': page('window.onVisit = () => {};'),
      }),
      '/a',
      '/c',
    );
    // Each post has a connection of its own: those that follow one another at once may change places.
    assert.deepEqual(happened.sort(), ['(persisted)', '/a', '/a', '/b', '/c']);
  });

  it('a page that comes back after a withdrawal sends nothing, though its consent tool knows nothing of it', async (test) => {
    const happened = await run(
      test,
      () => ({
        // A second is ten times what the script waits before it sends.
        '/a': page(first("setTimeout(() => tell(document.cookie ? '/cookies' : '/end'), 1000);")),
        '/b': page("window.onVisit = () => { nameplate('consent', 'off'); history.back(); };"),
      }),
      '/a',
    );
    assert.deepEqual(happened.sort(), ['(end)', '(persisted)', '/a', '/b']);
  });
});

describe('a page that is rendered ahead', () => {
  it('is a page view when somebody sees it, and once', async (test) => {
    const happened = await run(
      test,
      (server) => {
        const rules = JSON.stringify({ prerender: [{ urls: ['/p'], eagerness: 'immediate' }] });
        // Waits until the server has heard of the page ahead.
        const wait = `
          window.onVisit = () => {};
          setInterval(async () => {
            if ((await (await fetch('/state')).text()) === 'ready') location.href = '/p';
          }, 100);`;
        const state = { get body() { return server.posts.some((post) => post.path === '/ahead') ? 'ready' : 'not yet'; } };
        return {
          '/a': { body: html({ tag: TAG, before: WATCH + wait, body: `<script type="speculationrules">${rules}</script>` }) },
          '/state': state,
          '/p': page(`
            if (document.prerendering) setTimeout(() => document.prerendering && fetch('/ahead', { method: 'POST', body: '{}' }), 1000);
            window.onVisit = () => setTimeout(() => tell(performance.getEntriesByType('navigation')[0].activationStart > 0 ? '/end' : '/not-ahead'), 1000);`),
        };
      },
      '/a',
    );
    assert.deepEqual(happened, ['/a', '(ahead)', '/p', '(end)']);
  });
});
