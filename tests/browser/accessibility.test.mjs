// axe-core finds nothing on any page: light and dark, desktop and phone, signed out and in, in four languages. No page is wider than a phone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { Owner } from './daemon.mjs';
import { LANGUAGES, leaveRequest, SIGNED_OUT, signedIn } from './pages.mjs';
import { launch } from './support.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 320, height: 640 } };

let browser, owner, state, segment;
before(async () => {
  [browser, owner] = await Promise.all([
    launch(),
    Owner.start({ config: '[web.objection]\nmail = true\nresolver = "127.0.0.1:9"\n[leads.outgoing]\nallow = ["smtp.example.com"]\n[leads.outgoing.mail]\nserver = "smtp.example.com"\nfrom = "leads@example.com"\n' }),
  ]);
  owner.user('anna', 'administrator');
  segment = await owner.fill();
  const context = await owner.context(browser);
  const page = await context.newPage();
  await leaveRequest(page, owner, 'Erfundene Werke GmbH', 'Please block us. We can be reached by telephone.');
  await owner.signIn(page, 'anna');
  state = await context.storageState();
  await context.close();
});
after(async () => {
  await browser.close();
  await owner.stop();
});

// What is found on all of these pages.
async function look(context, paths) {
  const page = await context.newPage();
  const found = [];
  for (const path of paths) {
    await page.goto(owner.dashboard + path);
    found.push(...(await findings(page)).map((what) => ({ path, what })));
  }
  await page.close();
  assert.deepEqual(found, []);
}

async function check(page, where) {
  assert.deepEqual(await findings(page), [], where);
}

async function findings(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return wide === 0 ? found : [...found, `it scrolls sideways by ${wide}`];
}

for (const colorScheme of ['light', 'dark']) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    describe(`${colorScheme}, ${size}`, () => {
      for (const who of ['signed out', 'signed in']) {
        it(who, async (test) => {
          const options = { colorScheme, viewport, storageState: who === 'signed in' ? state : undefined };
          const context = await owner.context(browser, options);
          test.after(() => context.close());
          await look(context, who === 'signed in' ? signedIn(owner, segment) : SIGNED_OUT);
        });
      }
    });
  }
}

describe('languages', () => {
  for (const locale of LANGUAGES) {
    it(locale, async (test) => {
      const context = await owner.context(browser, { locale, viewport: SIZES.phone, storageState: state });
      test.after(() => context.close());
      await look(context, [...SIGNED_OUT, ...signedIn(owner, segment)]);
    });
  }
});

describe('pages on the way', () => {
  it('the second factor, a wrong password, a record, a refusal', async (test) => {
    owner.user('dora', 'data_protection_officer');
    owner.user('erna', 'administrator');
    const context = await owner.context(browser, { viewport: SIZES.phone });
    test.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${owner.dashboard}/sign-in`);
    await page.fill('#name', 'erna');
    await page.fill('#password', 'not the password');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await check(page, 'a wrong password');
    await page.fill('#name', 'erna');
    await page.fill('#password', 'correct horse battery staple');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${owner.dashboard}/enrolment`);
    await check(page, '/enrolment');
    await page.goto(`${owner.site}/nameplate/objection`);
    await check(page, 'the objection page of a site');
    await page.fill('#domain', 'firma-beispiel.de');
    await page.getByRole('button', { name: 'Show the record' }).click();
    await page.locator('dl code').first().waitFor();
    await check(page, 'a record');
    await page.getByRole('button', { name: 'Check and block' }).click();
    await page.getByRole('alert').waitFor();
    await check(page, 'no record');
  });
});
