// What a page view is, what it says, and where it goes.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { html, launch, ROUTE, visitorFor } from './support.mjs';

const GRANTED = 'window.nameplate = { consent: () => "sessions" }';
const SESSIONS = 'data-level="sessions"';
const paths = (visits) => visits.map((visit) => new URL(visit.url).pathname);

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());
const granted = (test, page) => visitorFor(test, browser, { tag: SESSIONS, before: GRANTED, ...page });

describe('a page view', () => {
  it("goes to the site's own host as JSON, with these fields", async (test) => {
    const visitor = await granted(test, { title: 'Prices &amp; plans' });
    await visitor.go('/pricing');
    const [visit, ...more] = await visitor.sent();
    assert.deepEqual(more, []);
    const { visitor: id, session, ...rest } = visit;
    const url = `${visitor.server.origin}/pricing`;
    assert.deepEqual(rest, { site: 'shop', consent: 'sessions', url, title: 'Prices & plans' });
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.match(session, /^[0-9a-f]{32}$/);
    assert.notEqual(id, session);
    const [post] = visitor.server.posts;
    assert.equal(post.path, ROUTE);
    assert.equal(post.type, 'application/json');
    assert.equal(post.host, new URL(visitor.server.origin).host);
  });

  it('goes where data-to says, and never to another host', async (test) => {
    for (const [to, path] of [
      ['/?rest_route=/nameplate/v1/visits', '/?rest_route=/nameplate/v1/visits'],
      ['visits', '/visits'],
      ['https://other.example/visits', '/visits'],
      ['//other.example//third.example/visits', '//third.example/visits'],
    ]) {
      const visitor = await granted(test, { tag: `${SESSIONS} data-to="${to}"` });
      await visitor.go('/a/b');
      assert.equal((await visitor.sent()).length, 1);
      const [post] = visitor.server.posts;
      assert.equal(post.path, path);
      assert.equal(post.host, new URL(visitor.server.origin).host);
    }
  });

  it('keeps nothing of the query but the campaign, and nothing of the fragment', async (test) => {
    const visitor = await granted(test);
    await visitor.go('/a?utm_source=mail&token=secret&utm_campaign=x%20y&q=who#private?utm_medium=z');
    const [visit] = await visitor.sent();
    assert.equal(visit.url, `${visitor.server.origin}/a?utm_source=mail&utm_campaign=x%20y`);
  });

  it("never has the part of an e-mail address before the @, wherever the page has one", async (test) => {
    const visitor = await granted(test, { title: 'Hello (anna.smith@example.com)!' });
    await visitor.go('/confirm/anna.smith@example.com/x?utm_campaign=anna.smith%40example.com&mail=anna.smith@example.com');
    await visitor.sent();
    await visitor.go('/confirm/anna.smith%2540example.com?utm_source=a&utm_campaign=to+anna.smith%40example.com');
    await visitor.sent();
    const [first, second] = visitor.server.posts;
    assert.equal(first.visit.url, `${visitor.server.origin}/confirm/[withheld]/x?utm_campaign=[withheld]`);
    assert.equal(first.visit.title, 'Hello [withheld]');
    assert.equal(second.visit.url, `${visitor.server.origin}/confirm/[withheld]?utm_source=a&utm_campaign=[withheld]`);
    assert.doesNotMatch(first.text + second.text, /anna|smith/);
  });

  it("names the site that it came from, without path, once, and never the site itself", async (test) => {
    const visitor = await granted(test);
    const { port } = visitor.server;
    const body = `<a href="http://localhost:${port}/b?x=1">b</a>`;
    visitor.server.pages.set('/search', { body, headers: { 'referrer-policy': 'unsafe-url' } });
    await visitor.go(`http://search.example:${port}/search?q=who+am+i`);
    await visitor.page.click('a');
    await visitor.page.waitForURL('**/b?x=1');
    assert.equal((await visitor.sent())[0].referrer, `http://search.example:${port}`);
    await visitor.do(() => history.pushState(null, '', '/c'));
    assert.equal((await visitor.sent())[0].referrer, undefined);
    await visitor.do(() => (location.href = '/d'));
    await visitor.page.waitForURL('**/d');
    assert.equal((await visitor.sent())[0].referrer, undefined);
  });

  it('is one, with the script twice in the page, and in pages within the page', async (test) => {
    const body = '<script src="/n.js" data-site="other" defer></script><iframe src="/inner"></iframe>';
    const visitor = await granted(test, { body });
    visitor.server.pages.set('/inner', { body: html({ tag: SESSIONS, before: GRANTED }) });
    await visitor.go();
    await visitor.page.frameLocator('iframe').locator('body').waitFor({ state: 'attached' });
    assert.deepEqual((await visitor.sent(20_000)).map((visit) => visit.site), ['shop']);
  });

  it('is sent when the page is left before its time', async (test) => {
    const visitor = await granted(test);
    await visitor.go('/a');
    await visitor.go('/b');
    await visitor.server.until(() => visitor.server.posts.length > 0, 'the page that was left');
    assert.deepEqual(paths(await visitor.sent()).sort(), ['/a', '/b']);
  });

  it('is counted of a page from the cache, too', async (test) => {
    const visitor = await granted(test);
    visitor.server.pages.set('/cached', { body: visitor.server.every, headers: { 'cache-control': 'max-age=3600' } });
    for (let time = 0; time < 3; time += 1) {
      await visitor.do(() => (location.href = '/cached')).catch(() => {});
      if (time === 0) await visitor.go('/cached');
      await visitor.page.waitForURL('**/cached');
      assert.deepEqual(paths(await visitor.sent()), ['/cached']);
      await visitor.go('/other');
      await visitor.sent();
    }
    assert.equal(visitor.server.fetched.filter((path) => path === '/cached').length, 1);
  });

  it('is sent by fetch where there is no beacon, or its queue is full', async (test) => {
    for (const init of ['delete Navigator.prototype.sendBeacon', 'Navigator.prototype.sendBeacon = () => false']) {
      const visitor = await granted(test, { init });
      await visitor.go('/a');
      assert.deepEqual(paths(await visitor.sent()), ['/a']);
      assert.equal(visitor.server.posts[0].type, 'application/json');
    }
  });

  it('that the server does not take harms nothing', async (test) => {
    const visitor = await granted(test, { init: 'delete Navigator.prototype.sendBeacon' });
    await visitor.context.route('**' + ROUTE, (route) => route.abort());
    await visitor.go();
    await visitor.page.clock.runFor(1000);
    await visitor.do(() => 0);
    assert.equal(visitor.posted, 1);
    assert.deepEqual(visitor.errors, []);
  });

  it('needs no inline script and no other host: a strict policy lets it work', async (test) => {
    const visitor = await granted(test);
    const complaints = [];
    visitor.page.on('console', (message) => complaints.push(message.text()));
    const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'";
    visitor.server.pages.set('/own.js', { body: GRANTED, headers: { 'content-type': 'text/javascript' } });
    const body = `<!doctype html><title>Strict</title><link rel="icon" href="data:,"><script src="/own.js"></script>
      <script src="/n.js" data-site="shop" data-level="sessions" defer></script>`;
    visitor.server.pages.set('/strict', { body, headers: { 'content-security-policy': policy } });
    await visitor.go('/strict');
    assert.deepEqual(paths(await visitor.sent()), ['/strict']);
    assert.deepEqual(complaints, []);
  });
});

describe('an application of one page', () => {
  for (const [name, init] of [
    ['the Navigation API', ''],
    ['the History API alone', 'delete window.navigation'],
  ]) {
    it(`is counted by its paths, by ${name}`, async (test) => {
      const visitor = await granted(test, { init });
      await visitor.go('/a');
      const step = async (script) => {
        await visitor.do(script);
        return paths(await visitor.sent());
      };
      assert.deepEqual(await visitor.do(() => typeof window.navigation), init ? 'undefined' : 'object');
      assert.deepEqual(paths(await visitor.sent()), ['/a']);
      assert.deepEqual(await step(() => history.pushState({ x: 1 }, '', '/b')), ['/b']);
      assert.deepEqual(await visitor.do(() => history.state), { x: 1 });
      assert.deepEqual(await step(() => history.replaceState(null, '', '/c')), ['/c']);
      // Another query, another fragment, the same path again: the same page.
      assert.deepEqual(await step(() => history.pushState(null, '', '/c?page=2')), []);
      assert.deepEqual(await step(() => void (location.hash = 'x')), []);
      assert.deepEqual(await step(() => history.replaceState(null, '', '/c')), []);
      const back = new Promise((done) => visitor.page.on('framenavigated', done));
      await visitor.do(() => new Promise((done) => (addEventListener('popstate', done, { once: true }), history.go(-3))));
      await back;
      assert.deepEqual(paths(await visitor.sent()), ['/a']);
      assert.deepEqual(visitor.errors, []);
    });

    it(`says the title that the page has then, and counts no redirect, by ${name}`, async (test) => {
      const visitor = await granted(test, { init });
      await visitor.go('/');
      await visitor.do(() => history.replaceState(null, '', '/home'));
      assert.deepEqual(paths(await visitor.sent()), ['/home']);
      await visitor.do(() => {
        history.pushState(null, '', '/b');
        setTimeout(() => (document.title = 'B'), 50);
      });
      assert.deepEqual((await visitor.sent()).map((visit) => visit.title), ['B']);
    });
  }

  it('pages seen before the consent are not sent after it', async (test) => {
    const visitor = await visitorFor(test, browser, { tag: SESSIONS });
    await visitor.go('/a');
    await visitor.do(() => history.pushState(null, '', '/b'));
    assert.deepEqual(await visitor.sent(5000), []);
    await visitor.do(() => nameplate('consent', 'company'));
    assert.deepEqual(paths(await visitor.sent()), ['/b']);
  });

  it("counts what the application says, too", async (test) => {
    const visitor = await granted(test);
    await visitor.go('/#/a');
    await visitor.sent();
    await visitor.do(() => nameplate('view'));
    assert.equal((await visitor.sent()).length, 1);
  });
});

describe('cookies', () => {
  it('are these two, of these kinds; the visitor is kept, the session moves on', async (test) => {
    const visitor = await granted(test);
    await visitor.go('/a');
    await visitor.sent();
    const first = await visitor.cookies();
    assert.deepEqual(Object.keys(first), ['np_session', 'np_visitor']);
    const now = Date.now() / 1000;
    for (const [name, age] of [['np_visitor', 395 * 86400], ['np_session', 1800]]) {
      const { expires, ...cookie } = first[name];
      const value = visitor.server.posts[0].visit[name.slice(3)];
      assert.deepEqual(cookie, { name, value, domain: 'localhost', path: '/', httpOnly: false, secure: true, sameSite: 'Lax' });
      assert.ok(expires <= now + age && expires > now + age - 3600, `${name} is there for ${expires - now} s`);
    }
    // As after ten minutes.
    const aged = { ...first.np_session, expires: Math.floor(now + 1200) };
    await visitor.context.addCookies([aged]);
    await visitor.go('/b');
    const [visit] = await visitor.sent();
    const second = await visitor.cookies();
    assert.equal(visit.visitor, first.np_visitor.value);
    assert.equal(visit.session, first.np_session.value);
    assert.equal(second.np_visitor.expires, first.np_visitor.expires);
    assert.ok(second.np_session.expires > aged.expires + 300);
  });

  it('of another form are replaced', async (test) => {
    const visitor = await granted(test);
    await visitor.context.addCookies([{ name: 'np_visitor', value: 'anna', url: visitor.server.origin }]);
    await visitor.go();
    assert.match((await visitor.sent())[0].visitor, /^[0-9a-f]{32}$/);
  });

  it('are not there without TLS, and then no ids are sent; an objection holds all the same', async (test) => {
    const visitor = await granted(test);
    const site = `http://shop.example:${visitor.server.port}/`;
    await visitor.go(site);
    const [visit] = await visitor.sent();
    assert.deepEqual([visit.consent, visit.visitor, visit.session], ['sessions', undefined, undefined]);
    await visitor.do(() => nameplate('object'));
    assert.deepEqual(await visitor.cookieNames(), ['np_objection']);
    await visitor.go(site);
    assert.deepEqual(await visitor.sent(20_000), []);
  });

  it('that are gone were withdrawn in another tab: this one stops as well', async (test) => {
    const visitor = await granted(test);
    await visitor.go('/a');
    await visitor.sent();
    await visitor.context.clearCookies();
    await visitor.do(() => history.pushState(null, '', '/b'));
    assert.deepEqual(await visitor.sent(), []);
    assert.deepEqual(await visitor.cookieNames(), []);
  });
});

describe("a form's e-mail field", () => {
  const form = (attribute) => `<form ${attribute} onsubmit="event.preventDefault()">
    <input name="name" value="Anna Smith"><input type="email" name="mail"><input name="work"><button>Send</button></form>`;
  const submit = async (visitor, field, value) => {
    await visitor.page.fill(`[name=${field}]`, value);
    await visitor.do(() => document.forms[0].dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true })));
    return (await visitor.sent()).map((visit) => visit.form_domain);
  };

  it('is read only where the form says so, and only what is behind the @ is sent', async (test) => {
    for (const [attribute, field, value, sent] of [
      ['', 'mail', 'anna.smith@example.com', []],
      ['data-form-domain', 'mail', ' Anna.Smith@Example.COM ', ['example.com']],
      ['data-form-domain', 'mail', '"anna@smith"@example.com', ['example.com']],
      // Browsers write the domain of an e-mail field in ASCII, not that of a text.
      ['data-form-domain', 'mail', 'anna@bücher.example', ['xn--bcher-kva.example']],
      ['data-form-domain="work"', 'work', 'anna@bücher.example', ['bücher.example']],
      ['data-form-domain="work"', 'work', 'anna.smith@example.com', ['example.com']],
      ['data-form-domain="work"', 'mail', 'anna.smith@example.com', []],
      ['data-form-domain="nothing"', 'mail', 'anna.smith@example.com', []],
      // No @: it may be a name.
      ['data-form-domain', 'mail', 'anna.smith', []],
      ['data-form-domain', 'mail', 'anna.smith@', []],
      ['data-form-domain', 'mail', 'x@anna smith', []],
      ['data-form-domain', 'mail', 'example.com@anna', []],
    ]) {
      const visitor = await granted(test, { body: form(attribute) });
      await visitor.go();
      await visitor.sent();
      assert.deepEqual(await submit(visitor, field, value), sent, `${attribute} ${value}`);
      for (const { text } of visitor.server.posts) assert.doesNotMatch(text, /anna|smith/i);
      assert.deepEqual(visitor.errors, []);
    }
  });

  it('needs a consent to `company`', async (test) => {
    for (const [tag, before, init] of [
      ['', '', ''],
      ['data-basis="legitimate-interest"', '', ''],
      ['', 'window.nameplate = { consent: () => "count" }', ''],
      ['data-level="count"', GRANTED, ''],
      ['', GRANTED, `Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true })`],
    ]) {
      const visitor = await visitorFor(test, browser, { tag, before, init, body: form('data-form-domain') });
      await visitor.go();
      await visitor.sent(5000);
      assert.deepEqual(await submit(visitor, 'mail', 'anna@example.com'), [], tag + before);
    }
  });

  it('goes with the page view where that was not sent yet, and by a call', async (test) => {
    const visitor = await granted(test, { body: form('data-form-domain') });
    await visitor.go('/a');
    assert.deepEqual(await submit(visitor, 'mail', 'anna@example.com'), ['example.com']);
    await visitor.do(() => nameplate('domain', 'anna@other.example'));
    await visitor.do(() => nameplate('domain', 'third.example'));
    assert.deepEqual((await visitor.sent()).map((visit) => visit.form_domain), ['other.example', 'third.example']);
  });
});

it('a page that is no page of the web sends nothing', async (test) => {
  const visitor = await granted(test);
  const tag = await visitor.page.goto('about:blank').then(() => visitor.server.origin);
  await visitor.page.setContent(`<script>${GRANTED}</script><script src="${tag}/n.js" data-site="shop"></script>`);
  assert.deepEqual(await visitor.sent(20_000), []);
  assert.equal(await visitor.do(() => typeof nameplate), 'object');
});
