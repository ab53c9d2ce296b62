// What the consent tools say, and what becomes of it. The tools are imitated: tools.mjs.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, visitorFor } from './support.mjs';
import * as tools from './tools.mjs';

const SESSIONS = 'data-level="sessions"';
const INTEREST = 'data-basis="legitimate-interest"';
const BOTH = ['np_session', 'np_visitor'];
const consents = (visits) => visits.map((visit) => visit.consent ?? '-');

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

describe('every consent tool', () => {
  for (const [name, tool] of Object.entries(tools.ALL)) {
    it(`${name}: nothing before the answer, a visit after a yes, nothing after it is taken back`, async (test) => {
      const visitor = await visitorFor(test, browser, { tag: SESSIONS, before: tool });
      await visitor.go('/a');
      assert.deepEqual(await visitor.sent(5000), []);
      assert.deepEqual(await visitor.cookieNames(), []);

      await visitor.do(() => test.grant());
      assert.deepEqual(consents(await visitor.sent()), ['sessions']);
      assert.deepEqual(await visitor.cookieNames(), BOTH);

      await visitor.do(() => history.pushState(null, '', '/b'));
      assert.deepEqual(consents(await visitor.sent()), ['sessions']);

      // Gone when the click returns, not a moment later.
      const left = await visitor.do(() => (test.withdraw(), document.cookie.match(/np_\w+/g)));
      assert.equal(left, null);
      await visitor.do(() => history.pushState(null, '', '/c'));
      await visitor.do(() => document.dispatchEvent(new Event('wp_consent_type_defined')));
      assert.deepEqual(await visitor.sent(20_000), []);
      assert.deepEqual(await visitor.cookieNames(), []);

      // And once more: the page that is there now, with new ids.
      await visitor.do(() => test.grant());
      const [visit, ...more] = await visitor.sent();
      assert.deepEqual(more, []);
      assert.equal(new URL(visit.url).pathname, '/c');
      assert.notEqual(visit.visitor, visitor.server.posts[0].visit.visitor);
      assert.deepEqual(visitor.errors, []);
    });

    it(`${name}: a refusal sends nothing, whatever the basis`, async (test) => {
      const visitor = await visitorFor(test, browser, { tag: `${SESSIONS} ${INTEREST}`, before: tool });
      await visitor.go();
      await visitor.do(() => test.withdraw());
      assert.deepEqual(await visitor.sent(20_000), []);
      assert.deepEqual(await visitor.cookieNames(), []);
    });
  }

  it('is harmless when it throws, and then nothing is sent', async (test) => {
    const thrower = '() => { throw new Error("broken tool") }';
    for (const broken of [
      `window.__tcfapi = ${thrower}`,
      `window.__tcfapi = (command, version, callback) => callback({ eventStatus: 'tcloaded' }, true)`,
      `window.__tcfapi = (command, version, callback) => callback(null, false)`,
      `window.__tcfapi = (command, version, callback) => callback({ cmpStatus: 'error' }, true)`,
      `window.Cookiebot = { hasResponse: true }`,
      `window.complianz = { consenttype: 'optin' }; window.cmplz_has_consent = ${thrower}`,
      `window.cmplz_has_consent = () => true`,
      `window.wp_consent_type = 'optin'; window.wp_has_consent = ${thrower}`,
      `window.nameplate = { consent: ${thrower} }`,
      `window.nameplate = { consent: async () => 'sessions' }`,
    ]) {
      const tag = `${SESSIONS} ${INTEREST}`;
      const body = '<script>window.after = 1</script>';
      const visitor = await visitorFor(test, browser, { tag, before: broken, body });
      await visitor.go();
      assert.deepEqual(await visitor.sent(20_000), [], broken);
      assert.equal(await visitor.do(() => window.after), 1);
      assert.deepEqual(visitor.errors, [], broken);
    }
  });

  it('that never answers is no consent; cookies from before are forgotten after ten seconds', async (test) => {
    for (const [tool, cookies] of [
      ['', []],
      ['window.__tcfapi = () => {}', []],
      [tools.cookiebot, []],
      [tools.google, []],
      [tools.own, []],
    ]) {
      const visitor = await visitorFor(test, browser, { tag: SESSIONS, before: tool });
      const cookie = (name) => ({ name, value: 'ab'.repeat(16), url: visitor.server.origin });
      await visitor.context.addCookies([cookie('np_visitor'), cookie('np_session')]);
      await visitor.go();
      assert.deepEqual(await visitor.sent(8000), []);
      assert.deepEqual(await visitor.cookieNames(), BOTH);
      assert.deepEqual(await visitor.sent(4000), []);
      assert.deepEqual(await visitor.cookieNames(), cookies);
    }
  });

  it('has three seconds to remember a refusal before the interest of the site decides', async (test) => {
    for (const [refused, sent] of [[true, []], [false, ['-']]]) {
      const visitor = await visitorFor(test, browser, { tag: INTEREST });
      await visitor.go();
      assert.deepEqual(await visitor.sent(2000), []);
      await visitor.page.addScriptTag({ content: tools.cookiebot });
      if (refused) await visitor.do(() => test.withdraw());
      assert.deepEqual(consents(await visitor.sent(20_000)), sent);
    }
  });

  it('may come after the script', async (test) => {
    for (const [name, tool] of Object.entries({ tcf: tools.tcf, google: tools.google, cookiebot: tools.cookiebot })) {
      const visitor = await visitorFor(test, browser, { tag: SESSIONS });
      await visitor.go();
      assert.deepEqual(await visitor.sent(3000), []);
      await visitor.page.addScriptTag({ content: tool });
      assert.deepEqual(await visitor.sent(1000), []);
      await visitor.do(() => test.grant());
      assert.deepEqual(consents(await visitor.sent()), ['sessions'], name);
    }
  });

  it('is one of several: the lowest answer counts', async (test) => {
    const visitor = await visitorFor(test, browser, { tag: SESSIONS, before: tools.cookiebot });
    await visitor.go();
    await visitor.do(() => nameplate('consent', 'company'));
    await visitor.do(() => test.grant());
    assert.deepEqual(consents(await visitor.sent()), ['company']);
    await visitor.do(() => (test.withdraw(), history.pushState(null, '', '/b')));
    assert.deepEqual(await visitor.sent(), []);
  });

  it('can be left out by data-tools', async (test) => {
    const tag = `${SESSIONS} data-tools="own cookiebot"`;
    const visitor = await visitorFor(test, browser, { tag, before: tools.tcf });
    await visitor.go();
    await visitor.do(() => (test.withdraw(), nameplate('consent', 'company')));
    assert.deepEqual(consents(await visitor.sent()), ['company']);
  });
});

describe('IAB TCF', () => {
  // Consents, legitimate interests, what is sent where the basis is consent, and where it is legitimate interest.
  const table = [
    [[], [], 'nothing', 'nothing'],
    [[1], [], 'nothing', 'nothing'],
    [[1, 9], [], 'nothing', 'nothing'],
    [[8], [], 'count', 'count'],
    [[1, 8], [], 'count', 'count'],
    [[8, 9], [], 'company', 'company'],
    [[1, 8, 9], [], 'sessions', 'sessions'],
    [[1, 2, 3, 4, 5, 6, 7, 10, 11], [], 'nothing', 'nothing'],
    // Legitimate interest that nobody objected to is no consent: the visit goes without.
    [[], [8, 9], 'nothing', '-'],
    [[1], [8, 9], 'nothing', '-'],
    [[1, 8], [9], 'count', '-'],
    [[], [8], 'nothing', 'count'],
    [[], [1, 9], 'nothing', 'nothing'],
  ];
  for (const [place, basis] of ['consent', 'legitimate-interest'].entries()) {
    it(`purposes become levels where the basis is ${basis}`, async (test) => {
      const tag = `${SESSIONS} data-basis="${basis}" data-tools="tcf"`;
      const visitor = await visitorFor(test, browser, { tag, before: tools.tcf });
      for (const [consents, interests, ...outcome] of table) {
        // For vendors alone, and where the publisher's own answers are there, by those.
        for (const part of ['purpose', 'publisher']) {
          await visitor.page.goto('about:blank');
          await visitor.context.clearCookies();
          await visitor.go();
          await visitor.do(
            ([part, consents, interests]) => {
              const set = (purposes) => Object.fromEntries(purposes.map((purpose) => [purpose, true]));
              const all = set([1, 8, 9]);
              const said = { consents: set(consents), legitimateInterests: set(interests) };
              const everything = { consents: all, legitimateInterests: all };
              const own = part === 'publisher' && consents.length + interests.length > 0;
              const purpose = own ? everything : said;
              const publisher = own ? said : { consents: {}, legitimateInterests: {} };
              test.tell({ eventStatus: 'tcloaded', purpose, publisher });
            },
            [part, consents, interests],
          );
          const sent = (await visitor.sent(4000)).map((visit) => visit.consent ?? '-');
          assert.equal(sent.join() || 'nothing', outcome[place], JSON.stringify([part, consents, interests]));
          assert.deepEqual(await visitor.cookieNames(), outcome[place] === 'sessions' ? BOTH : []);
        }
      }
    });
  }

  it('where the GDPR does not apply, the tool has said nothing', async (test) => {
    const visitor = await visitorFor(test, browser, { tag: SESSIONS, before: tools.tcf });
    await visitor.go();
    await visitor.do(() => test.tell({ gdprApplies: false, eventStatus: 'tcloaded', purpose: { consents: {} } }));
    assert.deepEqual(await visitor.sent(20_000), []);
  });

  it('while its dialogue is open again, the answer before holds', async (test) => {
    const visitor = await visitorFor(test, browser, { tag: SESSIONS, before: tools.tcf });
    await visitor.go();
    await visitor.do(() => test.grant());
    await visitor.sent();
    await visitor.do(() => (test.tell({ eventStatus: 'cmpuishown' }), history.pushState(null, '', '/b')));
    assert.deepEqual(consents(await visitor.sent()), ['sessions']);
  });

  it('the stub takes the question before the tool is there', async (test) => {
    const late = tools.tcf.replace(/test\.load\(\);$/, '');
    const visitor = await visitorFor(test, browser, { tag: SESSIONS, before: late });
    await visitor.go();
    assert.deepEqual(await visitor.sent(2000), []);
    await visitor.do(() => (test.load(), test.grant()));
    assert.deepEqual(consents(await visitor.sent()), ['sessions']);
  });
});

describe('answers that nobody gave are no consent', () => {
  for (const [name, before, say] of [
    ['a default of Google Consent Mode', tools.google.replaceAll("'denied', wait", "'granted', wait"), ''],
    ['an update of Google Consent Mode about something else', tools.google, "gtag('consent', 'update', {ad_storage: 'granted'})"],
    ["Cookiebot's implied consent", tools.cookiebot, "test.choose(true, 'implied')"],
    ['Complianz where consent is assumed', tools.complianz.replace("'optin'", "'optout'"), ''],
    ['the WP Consent API without a consent tool', tools.wp.replace("window.wp_consent_type = 'optin';", ''), ''],
    ['the WP Consent API where consent is assumed', tools.wp.replace("= 'optin'", "= 'optout'"), ''],
    ['true', tools.own, "nameplate('consent', true)"],
  ]) {
    it(name, async (test) => {
      const visitor = await visitorFor(test, browser, { tag: SESSIONS, before });
      await visitor.go();
      await visitor.do(`{${say}}`);
      assert.deepEqual(await visitor.sent(20_000), []);
      assert.deepEqual(await visitor.cookieNames(), []);
      assert.deepEqual(visitor.errors, []);
    });
  }
});

describe('the WP Consent API', () => {
  it('consent to anonymous statistics counts', async (test) => {
    const visitor = await visitorFor(test, browser, { tag: SESSIONS, before: tools.wp });
    await visitor.go();
    await visitor.do(() => (wp_set_consent('statistics', 'deny'), wp_set_consent('statistics-anonymous', 'allow')));
    assert.deepEqual(await visitor.sent(), [{ site: 'shop', consent: 'count' }]);
  });

  it('a refusal where consent is assumed is a refusal', async (test) => {
    const before = tools.wp.replace("= 'optin'", "= 'optout'");
    const visitor = await visitorFor(test, browser, { tag: `${SESSIONS} ${INTEREST}`, before });
    await visitor.go();
    await visitor.do(() => wp_set_consent('statistics', 'deny'));
    assert.deepEqual(await visitor.sent(20_000), []);
  });
});

describe("the site's own words", () => {
  it('said before the script is there are heard', async (test) => {
    const before = `window.nameplate = function () { (nameplate.q = nameplate.q || []).push(arguments) };
      nameplate('consent', 'company'); nameplate('domain'); nameplate('nonsense');`;
    const visitor = await visitorFor(test, browser, { before });
    await visitor.go();
    assert.deepEqual(consents(await visitor.sent()), ['company']);
    assert.deepEqual(visitor.errors, []);
  });

  it("a word that is no level is a refusal, and a level above the site's is the site's", async (test) => {
    for (const [word, sent] of [['marketing', []], ['sessions', ['company']]]) {
      const visitor = await visitorFor(test, browser, { tag: INTEREST });
      await visitor.go();
      await visitor.do((word) => nameplate('consent', word), word);
      assert.deepEqual(consents(await visitor.sent()), sent);
    }
  });

  it('an objection turns all off until it is lifted, on every page', async (test) => {
    const visitor = await visitorFor(test, browser, { tag: SESSIONS, before: 'window.nameplate = { consent: () => "sessions" }' });
    await visitor.go('/a');
    await visitor.sent();
    assert.deepEqual(await visitor.cookieNames(), BOTH);
    const left = await visitor.do(() => (nameplate('object'), document.cookie));
    assert.equal(left, 'np_objection=1');
    await visitor.go('/b');
    assert.deepEqual(await visitor.sent(20_000), []);
    const { np_objection: objection, ...others } = await visitor.cookies();
    assert.deepEqual(others, {});
    assert.equal(objection.value, '1');
    await visitor.do(() => nameplate('object', false));
    assert.equal((await visitor.sent()).length, 1);
    assert.deepEqual(await visitor.cookieNames(), BOTH);
  });

  it('misspelled settings send nothing', async (test) => {
    for (const tag of ['data-level="session"', 'data-level="Company"', 'data-basis="legitimate interest"']) {
      const before = tag.includes('basis') ? '' : 'window.nameplate = { consent: () => "sessions" }';
      const visitor = await visitorFor(test, browser, { tag, before });
      await visitor.go();
      assert.deepEqual(await visitor.sent(20_000), [], tag);
    }
  });
});
