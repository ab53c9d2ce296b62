// Every combination of the site's settings and the visitor's signals, against a table that was not made by the script.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { html, launch, visitorFor } from './support.mjs';

const TABLE = new URL('decisions.tsv', import.meta.url);
// What each level sends, beside `consent` and `gpc`, which are sent where they are known.
const FIELDS = {
  count: ['site'],
  company: ['site', 'title', 'url'],
  sessions: ['session', 'site', 'title', 'url', 'visitor'],
};

describe('decisions', () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser.close());

  const lines = readFileSync(TABLE, 'utf8').trimEnd().split('\n');
  const [names, ...rows] = lines.filter((line) => !line.startsWith('#')).map((line) => line.split('\t'));

  it('are every combination there is', () => {
    assert.deepEqual(names, ['basis', 'level', 'consent', 'gpc', 'objection', 'sent', 'cookies']);
    assert.equal(new Set(rows.map((row) => row.slice(0, 5).join())).size, 2 * 4 * 6 * 2 * 2);
  });

  for (const basis of ['consent', 'legitimate-interest']) {
    it(`are as the table says where the basis is ${basis}`, async (test) => {
      for (const gpc of ['no', 'yes']) {
        // The browser's own setting is not within Chromium's reach; what scripts see of it is.
        const init = `Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: ${gpc === 'yes'} })`;
        const visitor = await visitorFor(test, browser, { init });
        for (const row of rows.filter((row) => row[0] === basis && row[3] === gpc)) {
          const [, level, consent, , objection, sent, cookies] = row;
          const answer = { '-': 'undefined', '?': '"yes"' }[consent] ?? JSON.stringify(consent);
          visitor.server.every = html({
            tag: `data-basis="${basis}" data-level="${level}"`,
            before: `window.nameplate = { consent: () => ${answer} }`,
          });
          // First away: the page before would see its objection gone.
          await visitor.page.goto('about:blank');
          await visitor.context.clearCookies();
          const objected = { name: 'np_objection', value: '1', url: visitor.server.origin };
          if (objection === 'yes') await visitor.context.addCookies([objected]);
          await visitor.go();
          const visits = await visitor.sent(consent === '-' ? 4000 : 1000);

          const told = `${row.join(' ')}: ${JSON.stringify(visits)}`;
          assert.equal(visits.length, sent === 'nothing' ? 0 : 1, told);
          for (const { consent: said, gpc: control, ...rest } of visits) {
            assert.deepEqual(Object.keys(rest).sort(), FIELDS[sent], told);
            assert.equal(control, gpc === 'yes' ? true : undefined, told);
            const lower = ['off', 'count', 'company', 'sessions'].find((one) => [level, consent].includes(one));
            assert.equal(said, consent === '-' ? undefined : lower, told);
          }
          const kept = (await visitor.cookieNames()).filter((name) => name !== 'np_objection');
          assert.equal(kept.join(' ') || '-', cookies, told);
        }
        assert.deepEqual(visitor.errors, []);
      }
    });
  }
});
