// Who may do what: nobody, a subscriber, an editor and an administrator at every page, action and route; requests of other sites; and hostile text
// from visitors. The faults of other plugins for visits are the list: script stored by way of User-Agent, referrers and UTM values shown as HTML,
// queries made of what visitors send, routes without a check of who asks.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ACCESS_ADDRESS, COMPANY, Daemon, House, UNIVERSITY, WordPress, newPage, openBrowser } from './support.mjs';

const house = new House();
after(() => house.end());
let wordpress, daemon;
const cookies = { nobody: '' };
const PAGES = ['nameplate', 'nameplate-filtered', 'nameplate-objections', 'nameplate-visitors', 'nameplate-settings'];
const ACTIONS = {
  nameplate_object: { kind: 'domain', value: 'uni.example', reason: 'x' },
  nameplate_lift: { rule: '{"domain":"uni.example"}' },
  nameplate_export_visitor: { visitor: 'a'.repeat(32) },
  nameplate_erase_visitor: { visitor: 'a'.repeat(32) },
};
const form = (fields) => new URLSearchParams(fields).toString();
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

before(async () => {
  daemon = await new Daemon(house).start();
  wordpress = await new WordPress(house).start();
  wordpress.addPlugin({ settings: { socket: daemon.socket, site: 'localhost', level: 'sessions' } });
  for (const role of ['subscriber', 'editor']) {
    wordpress.addUser(role, role);
    cookies[role] = await wordpress.signIn(role);
  }
  cookies.admin = await wordpress.signIn('admin');
  const reply = await wordpress.visit({ consent: 'company', url: `${wordpress.origin}/`, title: 'Home' });
  assert.equal(reply.status, 204, reply.text);
  assert.equal(reply.text, '');
});

describe('pages and actions', () => {
  test('only an administrator sees a page of the plugin', async () => {
    for (const page of PAGES) {
      for (const who of ['nobody', 'subscriber', 'editor']) {
        const { status, text } = await wordpress.fetch(`/wp-admin/admin.php?page=${page}`, { cookies: cookies[who] });
        assert.ok(status === 403 || (who === 'nobody' && status === 302), `${who} at ${page}: ${status}`);
        assert.ok(!text.includes(COMPANY.name));
      }
      const { status, text } = await wordpress.fetch(`/wp-admin/admin.php?page=${page}`, { cookies: cookies.admin });
      assert.equal(status, 200, page);
      assert.match(text, /class="wrap nameplate"/);
    }
  });

  test('nobody else has it on the dashboard or in the menu', async () => {
    for (const who of ['subscriber', 'editor']) {
      const { text } = await wordpress.fetch('/wp-admin/index.php', { cookies: cookies[who] });
      assert.ok(!text.includes('page=nameplate') && !text.includes(COMPANY.name), who);
    }
    const { text } = await wordpress.fetch('/wp-admin/index.php', { cookies: cookies.admin });
    assert.ok(text.includes(COMPANY.name));
  });

  test('actions are refused without the capability, and without the nonce', async () => {
    for (const [action, fields] of Object.entries(ACTIONS)) {
      for (const who of ['nobody', 'subscriber', 'editor', 'admin']) {
        for (const method of ['POST', 'GET']) {
          const query = form({ action, ...fields });
          const { status } = await wordpress.fetch(`/wp-admin/admin-post.php${method === 'GET' ? `?${query}` : ''}`, {
            method, headers: FORM, cookies: cookies[who], ...(method === 'POST' && { body: query }),
          });
          // WordPress has no action for people who are not signed in, and answers nothing.
          assert.ok(status === 403 || (who === 'nobody' && [200, 400].includes(status)), `${who} ${method} ${action}: ${status}`);
        }
      }
    }
    assert.deepEqual(await daemon.ask('OBJECTION', 'LIST'), []);
  });

  test('another capability is not enough, and the right one is', async () => {
    wordpress.php("get_role('editor')->add_cap('nameplate_view');");
    const status = async (page) => (await wordpress.fetch(`/wp-admin/admin.php?page=${page}`, { cookies: cookies.editor })).status;
    assert.deepEqual(await Promise.all(PAGES.map(status)), [200, 200, 403, 403, 403]);
    const { text } = await wordpress.fetch(`/wp-admin/admin.php?page=nameplate&company=${encodeURIComponent(COMPANY.id)}`, { cookies: cookies.editor });
    assert.ok(text.includes(COMPANY.name) && !text.includes('nameplate_object'));
    wordpress.php("get_role('editor')->remove_cap('nameplate_view');");
  });

  test('settings are not changed by others, nor by a form without its nonce', async () => {
    const before = JSON.stringify(wordpress.php("echo json_encode(get_option('nameplate_settings'));"));
    for (const who of ['nobody', 'subscriber', 'editor', 'admin']) {
      const body = form({ option_page: 'nameplate', action: 'update', 'nameplate_settings[level]': 'off', 'nameplate_settings[socket]': '/etc/passwd' });
      const { status } = await wordpress.fetch('/wp-admin/options.php', { method: 'POST', headers: FORM, cookies: cookies[who], body });
      assert.ok([302, 403].includes(status), `${who}: ${status}`);
    }
    assert.equal(JSON.stringify(wordpress.php("echo json_encode(get_option('nameplate_settings'));")), before);
  });

  test('no file of the plugin does anything when it is asked for by its address', async () => {
    const folder = join(wordpress.root, 'wp-content/plugins/nameplate');
    const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.php'));
    assert.ok(files.length > 40);
    for (const file of files) {
      const { text } = await wordpress.fetch(`/wp-content/plugins/nameplate/${file}`);
      assert.equal(text, '', file);
    }
  });
});

describe('routes', () => {
  test('there are two, and what they say is of who asks alone', async () => {
    const { routes } = JSON.parse((await wordpress.fetch('/wp-json/')).text);
    assert.deepEqual(Object.keys(routes).filter((route) => route.startsWith('/nameplate/v1/')).sort(), ['/nameplate/v1/company', '/nameplate/v1/visits']);
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      for (const route of ['visits', 'company']) {
        assert.equal((await wordpress.fetch(`/wp-json/nameplate/v1/${route}`, { method })).status, 404, `${method} ${route}`);
      }
    }
    const ask = (body, headers) => wordpress.fetch('/wp-json/nameplate/v1/company', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    const company = async (body, headers) => JSON.parse((await ask(body, headers)).text).company;
    assert.equal((await company({ consent: 'company' })).name, COMPANY.name);
    assert.match((await ask({ consent: 'company' })).headers['cache-control'], /no-store/);
    // No signal, an unknown one, Global Privacy Control, an objection: nothing is looked up.
    for (const [body, headers] of [[{}], [{ consent: 'yes' }], [{ consent: 'count' }], [{ consent: ['company'] }], [{ consent: 'company', gpc: true }], [{ consent: 'company' }, { 'sec-gpc': '1' }], [{ consent: 'company' }, { cookie: 'np_objection=1' }]]) {
      assert.equal(await company(body, headers), null, JSON.stringify([body, headers]));
    }
    wordpress.proxy.visitor = ACCESS_ADDRESS;
    assert.equal(await company({ consent: 'company' }), null);
    wordpress.proxy.visitor = COMPANY.address;
  });

  test('requests from pages of other sites are refused', async () => {
    const counts = () => daemon.filtered();
    const before = await counts();
    for (const headers of [{ origin: 'https://other.example' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'null' }]) {
      assert.equal((await wordpress.visit({ consent: 'count' }, headers)).status, 403, JSON.stringify(headers));
    }
    assert.deepEqual(await counts(), before);
    assert.equal((await wordpress.visit({ consent: 'count' }, { origin: wordpress.origin, 'sec-fetch-site': 'same-origin' })).status, 204);
  });

  test('what is no visit is refused, and a body names neither site nor address', async () => {
    for (const body of ['', '[]', '[1]', '"x"', '{', 'null', '{"url":1}', '{"consent":["company"]}', JSON.stringify({ title: 'x'.repeat(70000) }), '{"url":"javascript:alert(1)","consent":"company"}']) {
      assert.equal((await wordpress.visit(body)).status, body === '[]' ? 204 : 400, body.slice(0, 40));
    }
    const reply = await wordpress.visit({ site: 'another', address: UNIVERSITY.address, user_agent: 'x', consent: 'company', url: `${wordpress.origin}/forged` });
    assert.equal(reply.status, 204);
    assert.ok(!(await daemon.companies()).some(({ company }) => company.name === UNIVERSITY.name));
  });

  test('only what trusted proxies say of an address is believed', async () => {
    const name = async (forwarded, settings) => {
      wordpress.set(settings);
      const { text } = await wordpress.fetch('/wp-json/nameplate/v1/company', { method: 'POST', headers: { 'content-type': 'application/json', ...forwarded }, body: '{"consent":"company"}' });
      return JSON.parse(text).company?.name;
    };
    // What the client itself sends stands left of what the proxy adds.
    assert.equal(await name({ 'x-forwarded-for': UNIVERSITY.address }, { proxies: '127.0.0.1' }), COMPANY.name);
    assert.equal(await name({ 'x-forwarded-for': UNIVERSITY.address }, { proxies: '' }), undefined);
    assert.equal(await name({ forwarded: `for=${UNIVERSITY.address}` }, { proxies: '127.0.0.1', header: 'x-forwarded-for' }), COMPANY.name);
    assert.equal(await name({ forwarded: `for="${UNIVERSITY.address}:80";proto=https` }, { proxies: '127.0.0.1', header: 'forwarded' }), UNIVERSITY.name);
    assert.equal(await name({ forwarded: `for=${UNIVERSITY.address}, for=_hidden` }, { proxies: '127.0.0.1', header: 'forwarded' }), undefined);
    wordpress.set({ proxies: '127.0.0.1', header: 'x-forwarded-for' });
  });

  test('the settings are a ceiling: a browser can\'t raise its own level', async () => {
    wordpress.set({ level: 'company' });
    const visitor = 'b'.repeat(32);
    assert.equal((await wordpress.visit({ consent: 'sessions', visitor, session: visitor, url: `${wordpress.origin}/` })).status, 204);
    assert.deepEqual((await daemon.ask('VISITOR', 'EXPORT', visitor)).visits, []);
    wordpress.set({ level: 'off' });
    const before = JSON.stringify(await daemon.ask('LEADS', '{}'));
    assert.equal((await wordpress.visit({ consent: 'sessions', url: `${wordpress.origin}/` })).status, 204);
    assert.equal(JSON.stringify(await daemon.ask('LEADS', '{}')), before);
    wordpress.set({ level: 'sessions' });
  });
});

describe('the server side', () => {
  test('without script the server tells, by what the WP Consent API\'s cookie says where a tool asks for consent', async () => {
    wordpress.set({ way: 'server' });
    const filtered = async () => (await daemon.filtered()).refused ?? 0;
    let before = await filtered();
    const { text } = await wordpress.fetch('/?server-side');
    assert.ok(!/nameplate\/assets\/n\.js/.test(text));
    assert.equal(await filtered(), before + 1);
    wordpress.php("update_option('nameplate_test_consent_api', 'none');");
    await wordpress.fetch('/?server-side', { cookies: 'wp_consent_statistics=allow' });
    assert.equal(await filtered(), before + 2);
    wordpress.php("update_option('nameplate_test_consent_api', 'tool');");
    await wordpress.fetch('/?server-side');
    assert.equal(await filtered(), before + 3);
    const views = async () => (await daemon.companies()).find(({ company }) => company.name === COMPANY.name).page_views;
    const seen = await views();
    await wordpress.fetch('/?server-side', { cookies: 'wp_consent_statistics=allow' });
    assert.equal(await views(), seen + 1);
    wordpress.php("delete_option('nameplate_test_consent_api');");
    wordpress.set({ way: 'script' });
  });

  test('the template tag follows basis and consent, and keeps caches away', async () => {
    const tag = async (headers = {}) => {
      const reply = await wordpress.fetch('/?np_tag&early', { headers });
      assert.match(reply.headers['cache-control'], /no-store/);
      return JSON.parse(/<p id="tag">(.*?)<\/p>/.exec(reply.text)[1].replaceAll('&quot;', '"'));
    };
    assert.equal(await tag(), null);
    wordpress.set({ basis: 'legitimate-interest' });
    assert.equal((await tag()).name, COMPANY.name);
    assert.equal(await tag({ 'sec-gpc': '1' }), null);
    assert.equal(await tag({ cookie: 'np_objection=1' }), null);
    wordpress.set({ basis: 'consent' });
  });
});

describe('hostile text', () => {
  const HOSTILE = [
    '<script>window.pwned=1</script>', '"><img src=x onerror="window.pwned=1">', "' OR 1=1; DROP TABLE wp_users; --", '</td></table><svg onload=window.pwned=1>',
    '=HYPERLINK("http://other.example","x")', '\u202Egnp.exe', '{{7*7}}', "<?php echo 'pwned'; ?>", '%3Cscript%3Ewindow.pwned=1%3C/script%3E',
  ];

  test('goes in and comes out inert', async () => {
    for (const [i, text] of HOSTILE.entries()) {
      const utm = encodeURIComponent(text);
      const reply = await wordpress.visit(
        {
          consent: 'company', title: text, referrer: `https://other.example/${utm}`,
          url: `${wordpress.origin}/${encodeURIComponent(text)}?utm_source=${utm}&utm_medium=${utm}&utm_campaign=${utm}`,
        },
        { 'user-agent': text.replace(/[^\x20-\x7e]/g, ''), referer: `https://other.example/${utm}` },
      );
      assert.ok([204, 400].includes(reply.status), `${i}: ${reply.status}`);
    }
    for (const [i, reason] of HOSTILE.entries()) await daemon.ask('OBJECTION', 'ADD', JSON.stringify({ domain: `objects-${i}.example`, reason }));
    const browser = await openBrowser(house);
    const page = await newPage(browser, { wordpress, user: 'admin' });
    let dialogs = 0;
    page.on('dialog', (dialog) => (dialogs++, dialog.dismiss()));
    for (const path of [`nameplate&company=${encodeURIComponent(COMPANY.id)}`, 'nameplate', 'nameplate-filtered', 'nameplate-objections']) {
      await page.goto(`${wordpress.origin}/wp-admin/admin.php?page=${path}`);
      assert.equal(await page.evaluate(() => window.pwned), undefined, path);
      assert.equal(await page.locator('.wrap script, .wrap svg, .wrap img, .wrap [onerror]').count(), 0, path);
    }
    await page.goto(`${wordpress.origin}/wp-admin/admin.php?page=nameplate&company=${encodeURIComponent(COMPANY.id)}`);
    // It is there to be read: this test would else pass on an empty page.
    assert.match(await page.textContent('.wrap'), /DROP TABLE wp_users/);
    await page.goto(`${wordpress.origin}/wp-admin/admin.php?page=nameplate-objections`);
    assert.match(await page.textContent('.wrap'), /DROP TABLE wp_users/);
    for (const query of [`s=${encodeURIComponent(HOSTILE[1])}`, `orderby=${encodeURIComponent(HOSTILE[2])}&order=x`, `cursor=${encodeURIComponent(HOSTILE[0])}`, `company=${encodeURIComponent(HOSTILE[0])}`, `days=${encodeURIComponent(HOSTILE[2])}`, 's[]=1']) {
      const reply = await page.goto(`${wordpress.origin}/wp-admin/admin.php?page=nameplate&${query}`);
      assert.equal(reply.status(), 200, query);
      assert.equal(await page.evaluate(() => window.pwned), undefined, query);
      assert.equal(await page.locator('.wrap script, .wrap img').count(), 0, query);
    }
    assert.equal(dialogs, 0);
    assert.equal(wordpress.php("echo (int) $wpdb->get_var(\"SELECT COUNT(*) FROM $wpdb->users\");"), 3);
  });

  test('what editors write into shortcodes stays text', async () => {
    const address = wordpress.addPage('Bad shortcodes', `[nameplate_from countries='"><script>window.pwned=1</script>']x[/nameplate_from][nameplate_company fact='"><img src=x onerror=window.pwned=1>']<script>window.pwned=2</script>you[/nameplate_company]`);
    const { text } = await wordpress.fetch(address);
    const part = text.slice(text.indexOf('<template'), text.indexOf('you</span>'));
    assert.ok(!/<script|<img/.test(part), part);
  });

  test('no address is in the options, the log or a page', async () => {
    assert.deepEqual(wordpress.php(`echo json_encode($wpdb->get_col("SELECT option_name FROM $wpdb->options WHERE option_value LIKE '%${COMPANY.address}%'"));`), []);
    for (const file of [wordpress.log]) {
      let said = '';
      try {
        said = readFileSync(file, 'utf8');
      } catch {
        // Nothing was logged at all.
      }
      assert.ok(!said.includes(COMPANY.address));
    }
    assert.deepEqual(wordpress.complaints(), []);
  });
});

describe('WordPress\'s own tools', () => {
  test('the cookies stand in the list of the WP Consent API, those that there can be', () => {
    wordpress.php("update_option('nameplate_test_consent_api', 'tool');");
    const cookiesOf = (level) => {
      wordpress.set({ level });
      return wordpress.php("echo json_encode($GLOBALS['nameplate_test_cookies']);").map(([name, plugin, category]) => [name, plugin, category]);
    };
    const objection = ['np_objection', 'Nameplate', 'functional'];
    assert.deepEqual(cookiesOf('company'), [objection]);
    assert.deepEqual(cookiesOf('sessions'), [['np_visitor', 'Nameplate', 'statistics'], ['np_session', 'Nameplate', 'statistics'], objection]);
    assert.equal(wordpress.php("echo (int) apply_filters('wp_consent_api_registered_nameplate/nameplate.php', false);"), 1);
    wordpress.php("delete_option('nameplate_test_consent_api');");
  });

  for (const locale of ['de_DE', 'nl_NL', 'fr_FR']) {
    test(`the pages speak ${locale}`, async () => {
      const said = readFileSync(join(wordpress.root, `wp-content/plugins/nameplate/languages/nameplate-${locale}.po`), 'utf8');
      const translated = /^msgid "Filtered, and why"\nmsgstr "(.+)"$/m.exec(said)[1];
      // The site's own language would need WordPress's own translation beside ours.
      wordpress.php(`update_user_meta(1, 'locale', '${locale}');`);
      const { text } = await wordpress.fetch('/wp-admin/admin.php?page=nameplate-filtered', { cookies: cookies.admin });
      wordpress.php("delete_user_meta(1, 'locale');");
      assert.ok(text.includes(`<h1>${translated.replaceAll("'", '&#039;')}</h1>`), translated);
    });
  }
});

describe('the command line', () => {
  test('says what the pages say', () => {
    // WP-CLI itself can't be had from here: this is as much of its face as the commands use.
    const face = `define('WP_CLI', true);
      class WP_CLI { static array $commands = []; static function add_command($name, $class) { self::$commands[$name] = $class; } static function line($text = '') { echo $text, "\\n"; }
        static function error($text) { echo "Error: $text\\n"; exit(1); } static function halt($code) { exit($code); } }`;
    const run = (code) => wordpress.php(`eval('namespace WP_CLI\\\\Utils; function format_items($format, $rows, $fields) { echo json_encode($rows); }'); $cli = new WP_CLI::$commands['nameplate'](); ${code}`, { before: face });
    const rows = run("$cli->companies([], ['days' => '7', 'format' => 'json']);");
    assert.ok(rows.some(({ name, sources }) => name === COMPANY.name && /Holders of the vectors/.test(sources)));
    assert.match(run('$cli->status([], []);'), /there +List of companies \(daemon\)/);
    assert.equal(run(`$cli->lookup(['${COMPANY.address}'], []);`).name, COMPANY.name);
    assert.deepEqual(run(`$cli->visitor(['export', '${'c'.repeat(32)}'], []);`).visits, []);
    assert.equal(run(`$cli->visitor(['erase', '${'c'.repeat(32)}'], []);`), 0);
  });
});
