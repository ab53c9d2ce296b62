// From a visit on a test site to the dashboard, as people see both: with the real script, route, daemon and store.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Owner, until } from './daemon.mjs';
import { launch } from './support.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

async function ownerFor(test, options) {
  const owner = await Owner.start(options);
  test.after(() => owner.stop());
  return owner;
}

// A visitor of the site and a signed-in owner, each in a window of their own.
async function both(test, options) {
  const owner = await ownerFor(test, options);
  const contexts = [await owner.context(browser), await owner.context(browser)];
  test.after(() => Promise.all(contexts.map((context) => context.close())));
  const [visitor, looking] = await Promise.all(contexts.map((context) => context.newPage()));
  visitor.answers = [];
  visitor.on('response', (response) => {
    if (response.url().includes('/nameplate/v1/visits')) visitor.answers.push(response.status());
  });
  owner.user('anna', 'administrator');
  await owner.signIn(looking, 'anna');
  return { owner, visitor, looking };
}

// Waits until the daemon has answered so many page views of a page.
async function sent(visitor, count) {
  await until(() => visitor.answers.length >= count, `${count} page views`);
  assert.deepEqual([...new Set(visitor.answers)], [204]);
}

// What the signed-in browser gets.
const fetched = (page, path) =>
  page.evaluate(async (path) => {
    const response = await fetch(path);
    return { status: response.status, text: await response.text() };
  }, path);

describe('a visit', () => {
  it('with consent is seen within two seconds by who looks at the live page', async (test) => {
    const { owner, visitor, looking } = await both(test);
    const { company } = owner.companies[0];
    await looking.goto(`${owner.dashboard}/live`);
    assert.equal(await looking.getByText(company.name).count(), 0);
    await visitor.goto(`${owner.site}/pricing`);
    await visitor.click('#yes');
    await sent(visitor, 1);
    const came = Date.now();
    // The page itself must show it, without being loaded again.
    await looking.locator('tbody').getByText(company.name).first().waitFor({ timeout: 2000 });
    test.diagnostic(`${Date.now() - came} ms from the reply to the page`);
    await looking.goto(`${owner.dashboard}/`);
    await looking.getByRole('link', { name: company.name }).click();
    await looking.getByText('/pricing').first().waitFor();
    const source = await looking.content();
    assert.ok(!source.includes(owner.address), 'no address anywhere');
  });

  it('without consent is not seen, and after a withdrawal none follow', async (test) => {
    const { owner, visitor, looking } = await both(test);
    const { company } = owner.companies[0];
    const views = async () => {
      const key = (owner.reader ??= owner.key('reader', 'read'));
      const { companies } = JSON.parse((await owner.rest(key, 'GET', '/v1/companies')).text);
      return companies.map((lead) => [lead.company.id, lead.page_views]);
    };
    await visitor.goto(`${owner.site}/a`);
    await visitor.click('#no');
    await visitor.goto(`${owner.site}/b`);
    // What must not come can't be waited for: a page view that may be sent comes after those that may not.
    await visitor.click('#yes');
    await sent(visitor, 1);
    assert.deepEqual(await views(), [[company.id, 1]]);
    await visitor.click('#no');
    await visitor.goto(`${owner.site}/c`);
    await visitor.goto(`${owner.site}/d`);
    const cookies = await visitor.context().cookies(owner.site);
    assert.deepEqual(cookies, [], 'the ids went with the consent');
    await visitor.click('#yes');
    await sent(visitor, 2);
    assert.deepEqual(await views(), [[company.id, 2]]);
    await looking.goto(`${owner.dashboard}/companies/${encodeURIComponent(company.id)}`);
    assert.equal(await looking.getByText('/b', { exact: true }).count(), 1);
    for (const path of ['/a', '/c']) assert.equal(await looking.getByText(path, { exact: true }).count(), 0, path);
  });
});

describe('cookies', () => {
  for (const [level, expected] of [
    ['off', []],
    ['count', []],
    ['company', []],
    ['sessions', ['np_session', 'np_visitor']],
  ]) {
    it(`at ${level} are exactly ${expected.join(' and ') || 'none'}`, async (test) => {
      const owner = await ownerFor(test, { level });
      const context = await owner.context(browser);
      test.after(() => context.close());
      const page = await context.newPage();
      const answers = [];
      page.on('response', (response) => response.url().includes('/v1/visits') && answers.push(response));
      // The page's own clock stands still, so that what is not sent is known to be not sent.
      if (level === 'off') await page.clock.install();
      await page.goto(`${owner.site}/`);
      await page.click('#yes');
      if (level === 'off') await page.clock.runFor(60_000);
      else await until(() => answers.length > 0, 'the page view');
      assert.deepEqual(answers.map((answer) => answer.status()), level === 'off' ? [] : [204]);
      const cookies = await context.cookies();
      assert.deepEqual(cookies.map((cookie) => cookie.name).sort(), expected);
      for (const cookie of cookies) {
        assert.deepEqual([cookie.domain, cookie.path, cookie.secure, cookie.sameSite], ['shop.example', '/', true, 'Lax']);
        const days = (cookie.expires - Date.now() / 1000) / 86400;
        assert.ok(days <= (cookie.name === 'np_visitor' ? 395 : 30 / 1440), cookie.name);
      }
    });
  }
});

describe('an objection on the public page', () => {
  it('takes the company from every page, export and answer', async (test) => {
    const { owner, visitor, looking } = await both(test);
    const { company } = owner.companies[0];
    await visitor.goto(`${owner.site}/pricing`);
    await visitor.click('#yes');
    await sent(visitor, 1);
    const path = `/companies/${encodeURIComponent(company.id)}`;
    const key = owner.key('all', 'read', 'export', 'rights');
    await looking.goto(`${owner.dashboard}/`);
    await looking.getByRole('link', { name: company.name }).waitFor();
    await visitor.goto(`${owner.site}/nameplate/objection`);
    await visitor.getByText(company.name).waitFor();
    const { text } = await fetched(visitor, '/nameplate/objection');
    assert.ok(text.includes('<h1>') && !text.includes(company.name), 'a script of the site does not learn it past the gate');
    // By the keyboard: from the heading on to the button.
    const button = visitor.getByRole('button', { name: 'Block this company' });
    for (let presses = 0; presses < 30 && !(await button.evaluate((it) => it === document.activeElement)); presses += 1) {
      await visitor.keyboard.press('Tab');
    }
    await visitor.keyboard.press('Enter');
    await visitor.getByRole('status').waitFor();
    assert.ok(!(await visitor.content()).includes(company.name));
    for (const place of ['/', '/overview', '/live', '/live/rows', '/filtered', '/v1/companies', '/v1/export.csv', '/v1/export.ndjson']) {
      const { status, text } = await fetched(looking, place);
      assert.equal(status, 200, place);
      assert.ok(!text.includes(company.name) && !text.includes(company.id), place);
    }
    assert.equal((await fetched(looking, path)).status, 404);
    for (const place of [`/v1${path}`, `/v1${path}/export`]) assert.equal((await owner.rest(key, 'GET', place)).status, 404);
    // It comes again, and is not seen.
    await visitor.goto(`${owner.site}/again`);
    await sent(visitor, 2);
    await looking.goto(`${owner.dashboard}/`);
    assert.equal(await looking.getByText(company.name).count(), 0);
    await looking.goto(`${owner.dashboard}/objections`);
    await looking.getByText(company.id).first().waitFor();
  });
});

describe('signing in', () => {
  it('takes a second factor, works by keyboard, and ends', async (test) => {
    const owner = await ownerFor(test);
    owner.user('anna', 'administrator');
    const context = await owner.context(browser);
    test.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${owner.dashboard}/`);
    assert.equal(new URL(page.url()).pathname, '/sign-in');
    await owner.signIn(page, 'anna');
    const names = (await context.cookies()).map((cookie) => [cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite]);
    assert.deepEqual(names, [['__Host-np_signin', true, true, 'Strict']]);
    // The first stop leads past the navigation.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement.closest('main') !== null));
    await page.getByRole('button', { name: 'Sign out' }).press('Enter');
    await page.waitForURL(`${owner.dashboard}/sign-in`);
    await page.goBack();
    await page.goto(`${owner.dashboard}/`);
    assert.equal(new URL(page.url()).pathname, '/sign-in');
    await owner.signIn(page, 'anna');
  });
});
