// The small file is made of the readable one, and is small; what it costs a page is printed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, SCRIPT, Server } from './support.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const MOST_BYTES = 3072;

describe('the file', () => {
  it('is what terser makes of n.js: else run `make script`', () => {
    const { minify } = JSON.parse(readFileSync(new URL('package.json', import.meta.url))).scripts;
    const [terser, ...options] = minify.replace(/ --output \S+$/, '').split(' ');
    assert.equal(terser, 'terser');
    const made = execFileSync(`${HERE}/node_modules/.bin/terser`, options, { cwd: HERE, encoding: 'utf8' });
    assert.equal(readFileSync(SCRIPT, 'utf8').trimEnd(), made.trimEnd());
  });

  it(`has less than ${MOST_BYTES} bytes compressed`, (test) => {
    const bytes = execFileSync('gzip', ['-9', '--stdout', SCRIPT]).length;
    test.diagnostic(`n.min.js: ${readFileSync(SCRIPT).length} bytes, ${bytes} by gzip -9`);
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
  });
});

describe('its cost', () => {
  let browser;
  let server;
  before(async () => {
    browser = await launch();
    server = await new Server().start();
    server.every = '<!doctype html><title>A page</title><link rel="icon" href="data:,"><body>';
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  // Printed, not asserted: it is the machine's as much as the script's.
  it('is printed', async (test) => {
    const source = readFileSync(SCRIPT, 'utf8');
    const times = [];
    for (let round = 0; round < 20; round += 1) {
      // Not by `Visitor`: its clock stands still.
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(server.origin);
      await browser.startTracing(page, { categories: ['blink.user_timing'] });
      const [run, send] = await page.evaluate((source) => {
        window.nameplate = { consent: () => 'sessions' };
        const time = (name, work) => {
          performance.mark(`${name} begins`);
          work();
          performance.mark(`${name} ends`);
          return performance.measure(name, `${name} begins`, `${name} ends`).duration;
        };
        const script = document.createElement('script');
        Object.assign(script.dataset, { site: 'shop', level: 'sessions' });
        script.text = source;
        // Parsed and run as it is put in; what it would do after its tenth of a second, as if the page were left.
        const run = time('script', () => document.head.append(script));
        const send = time('send', () => dispatchEvent(new Event('pagehide')));
        return [run, send];
      }, source);
      await server.until(() => server.posts.length === round + 1, 'the visit');
      const { traceEvents } = JSON.parse(await browser.stopTracing());
      // `tts` is the page's own time on a processor.
      const at = (name) => traceEvents.find((event) => event.name === name && event.tts !== undefined).tts;
      const spent = (name) => (at(`${name} ends`) - at(`${name} begins`)) / 1000;
      times.push([run, send, spent('script'), spent('send')]);
      await context.close();
    }
    const kinds = ['run, by the clock', 'page view, by the clock', 'run, by the processor', 'page view, by the processor'];
    for (const [place, kind] of kinds.entries()) {
      const sorted = times.map((time) => time[place]).sort((a, b) => a - b);
      const [best, median, worst] = [0, 10, 19].map((place) => sorted[place].toFixed(1));
      test.diagnostic(`${kind}, in 20 fresh pages: best ${best} ms, median ${median} ms, worst ${worst} ms`);
    }
  });
});
