// Hostile text in every field that is stored, looked at in Chromium: no dialog, no script, nothing that the policy had to stop.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Owner } from './daemon.mjs';
import { leaveRequest, SIGNED_OUT, signedIn } from './pages.mjs';
import { launch } from './support.mjs';

const TEXTS = {
  scripts: `"'><script>window.ran=1</script><img src=x onerror="window.ran=1"><svg onload=window.ran=1><a href="javascript:window.ran=1">x</a>{{7*7}}`,
  'what tables run': `=HYPERLINK("https://evil.example","x")\t+cmd|'/C calc'!A0 @SUM(1) -1`,
  SQL: `'; DROP TABLE company; -- " OR 1=1 /*`,
  'marks of direction': `safe\u202egpj.exe\u2066\u200b\u200f\u0000\u0007 end`.replace('\u0000', ''),
  'a long word': 'W'.repeat(5000),
};

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

describe('stored text', () => {
  for (const [what, text] of Object.entries(TEXTS)) {
    it(what, async (test) => {
      const owner = await Owner.start();
      test.after(() => owner.stop());
      owner.user('anna', 'administrator');
      // Tags, owners and names of segments are short; the long one is cut for them as users would be told to.
      const segment = await owner.fill({ hostile: what === 'a long word' ? text.slice(0, 60) : text });
      const context = await owner.context(browser, { viewport: { width: 320, height: 640 } });
      test.after(() => context.close());
      const page = await context.newPage();
      const wrong = [];
      page.on('dialog', (dialog) => (wrong.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
      page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
      page.on('console', (message) => message.type() === 'error' && !/status of 40[04]/.test(message.text()) && wrong.push(`console: ${message.text()}`));
      page.on('request', (request) => request.url().startsWith(owner.dashboard) || request.url().startsWith(owner.site) || wrong.push(request.url()));
      await page.addInitScript(() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
      });
      await leaveRequest(page, owner, text.slice(0, 190), text.slice(0, 1900));
      await owner.signIn(page, 'anna');
      const asked = encodeURIComponent(text.slice(0, 200));
      for (const path of [...signedIn(owner, segment), ...SIGNED_OUT, `/?search=${asked}`, `/?site=${asked}`, `/?segment=${asked}`, `/audit?page=${asked}`]) {
        await page.goto(owner.dashboard + path);
        const state = await page.evaluate(() => [window.ran, window.violations, document.querySelectorAll('main img, main [onerror], main [onload], main a[href^="javascript"]').length]);
        assert.deepEqual(state, [undefined, [], 0], path);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, `${path} scrolls sideways`);
      }
      assert.deepEqual(wrong, []);
    });
  }
});

describe('text that is none', () => {
  it('is refused by every form and stores nothing', async (test) => {
    const owner = await Owner.start();
    test.after(() => owner.stop());
    owner.user('anna', 'administrator');
    const context = await owner.context(browser);
    test.after(() => context.close());
    const page = await context.newPage();
    await owner.signIn(page, 'anna');
    await page.goto(`${owner.dashboard}/account`);
    const csrf = await page.locator('input[name=csrf]').first().inputValue();
    const forms = ['/objection', '/objections', '/segments/edit', '/corrections', '/account/language', '/objections/requests/1'];
    page.on('requestfailed', (request) => test.diagnostic(`${request.url()}: ${request.failure().errorText}`));
    const sent = (path, body) =>
      page.evaluate(
        async ([path, body]) => {
          const headers = { 'content-type': 'application/x-www-form-urlencoded' };
          // Whoever is refused in the middle of a long body may see no more than the connection's end.
          const ended = { status: 'ended' };
          return (await fetch(path, { method: 'POST', body, headers, redirect: 'manual' }).catch(() => ended)).status;
        },
        [path, body],
      );
    for (const path of forms) {
      for (const [body, status] of [
        [`csrf=${csrf}&company=%ff%fe&value=%ff&name=%ff&do=request`, 400],
        [`csrf=${csrf}&company=a%00b&value=a%00b&name=a%00b&do=request`, 400],
        [`company=a&value=a&name=a&do=request`, 403],
      ]) {
        assert.equal(await sent(path, body), status, `${path}: ${body.slice(0, 80)}`);
      }
    }
    const long = `csrf=${csrf}&company=${'a'.repeat(1 << 20)}&value=a&name=a&do=request`;
    for (const path of forms) assert.ok([413, 'ended'].includes(await sent(path, long)), path);
    const key = owner.key('officer', 'objections', 'read');
    assert.deepEqual(JSON.parse((await owner.rest(key, 'GET', '/v1/objections')).text).items, []);
  });
});
