// The way of an owner: install the zip, see what is missing, start the daemon, have visitors with and without consent, see the company, take its
// objection, export and erase a visitor by WordPress's own tools, remove the plugin. In a browser, in several versions of WordPress.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { COMPANY, DEBIAN, Daemon, House, LATEST, ROOT, UNIVERSITY, VERSIONS, WordPress, newPage, openBrowser, until, zipFile } from './support.mjs';

// Pictures for readme.txt: `NAMEPLATE_SCREENSHOTS=1 node --test flow.test.mjs`.
const pictures = process.env.NAMEPLATE_SCREENSHOTS ? join(ROOT, 'bindings/wordpress/screenshots') : null;
if (pictures) mkdirSync(pictures, { recursive: true });

const DEBIAN_SERVERS = { server: 'fpm', database: 'mariadb' };
// What nameplate.php says of itself; Debian 12 has an older one.
const debianIsOld = DEBIAN !== null && Number.parseFloat(DEBIAN.version) < 6.2;
const variants = [
  ...VERSIONS.map((version) => ({ name: `WordPress ${version}, SQLite`, version })),
  ...(DEBIAN !== null && !debianIsOld ? [{ name: `Debian's WordPress ${DEBIAN.version}, MariaDB, nginx, php-fpm`, version: 'debian', ...DEBIAN_SERVERS }] : []),
  { name: `WordPress ${LATEST}, MariaDB, nginx, php-fpm`, ...DEBIAN_SERVERS },
  { name: `a network of WordPress ${LATEST}, MariaDB, nginx, php-fpm`, ...DEBIAN_SERVERS, multisite: true },
];
const wanted = process.env.NAMEPLATE_VARIANT;

test('Debian\'s WordPress is here, and where it is older than 6.2, it says so instead of running the plugin', async () => {
  assert.notEqual(DEBIAN, null, 'scripts/setup test installs it');
  if (!debianIsOld) return;
  const house = new House();
  try {
    const wordpress = await new WordPress(house, { version: 'debian', ...DEBIAN_SERVERS }).start();
    const before = (await wordpress.fetch('/')).text;
    assert.match(before, /<\/html>/);
    wordpress.addPlugin({ activate: false });
    const said = wordpress.php("require_once ABSPATH . 'wp-admin/includes/plugin.php'; $error = activate_plugin('nameplate/nameplate.php'); echo is_wp_error($error) ? $error->get_error_message() : 'active';");
    assert.match(said, /does not work with your version of WordPress|requires WordPress 6\.2|Current WordPress version/);
    assert.doesNotMatch((await wordpress.fetch('/')).text, /plugins\/nameplate/);
    assert.deepEqual(wordpress.complaints(), []);
  } finally {
    await house.end();
  }
});

for (const variant of variants.filter(({ name }) => !wanted || name.includes(wanted))) {
  describe(variant.name, () => {
    const house = new House();
    after(() => house.end());
    const admin = variant.multisite ? '/wp-admin/network' : '/wp-admin';
    let wordpress, daemon, browser, owner;
    // What a test that failed has left on does not let the next ones fail.
    let hasConsentApi = false;
    const consentApi = (state) => {
      hasConsentApi = state !== null;
      wordpress.php(state === null ? "delete_option('nameplate_test_consent_api');" : `update_option('nameplate_test_consent_api', '${state}');`);
    };
    afterEach(() => {
      if (wordpress?.proxy) wordpress.proxy.caching = false;
      if (hasConsentApi) consentApi(null);
    });

    const picture = async (name) => {
      if (!pictures || variant.version !== LATEST) return;
      // The folder of the test is nobody's.
      await owner.evaluate((folder) => {
        for (const cell of document.querySelectorAll('.nameplate-state td, .description')) cell.innerHTML = cell.innerHTML.replaceAll(folder, '/var/www/html');
      }, wordpress.root);
      await owner.screenshot({ path: join(pictures, `${name}.png`) });
    };
    /** More visits, for pictures that show something. */
    const fillPictures = async () => {
      if (!pictures || variant.version !== LATEST) return;
      const pages = [['/', 'Home'], ['/machines/', 'Machines'], ['/prices/', 'Prices'], ['/contact/', 'Contact']];
      for (const [i, visitor] of ['20.2.0.5', '20.2.0.10', '20.4.0.1', COMPANY.address, '20.1.0.0', '20.1.0.1', '20.1.0.2', '20.5.0.1', '20.6.0.1', '20.7.0.1'].entries()) {
        wordpress.proxy.visitor = visitor;
        for (const [path, title] of pages.slice(0, 1 + (i % 4))) {
          await wordpress.visit({ consent: 'company', url: `${wordpress.origin}${path}`, title }, { 'user-agent': await owner.evaluate(() => navigator.userAgent) });
        }
      }
      await wordpress.visit({ consent: 'off', url: `${wordpress.origin}/` });
      await open('nameplate');
      await picture('screenshot-1');
      await open('nameplate-filtered');
      await picture('screenshot-3');
    };
    const open = (page) => owner.goto(`${wordpress.origin}/wp-admin/admin.php?page=${page}`);
    /** A visit in a browser of its own; the page stays open. */
    const visit = async (path, { visitor = COMPANY.address, before } = {}) => {
      wordpress.proxy.visitor = visitor;
      const page = await newPage(browser);
      if (before) await page.addInitScript(before);
      await page.goto(wordpress.origin + path);
      return page;
    };

    test('the zip is installed, and the settings say what is missing', async () => {
      wordpress = await new WordPress(house, variant).start();
      browser = await openBrowser(house);
      owner = await newPage(browser, { wordpress, user: 'admin' });
      await owner.goto(`${wordpress.origin}${admin}/plugin-install.php?tab=upload`);
      await owner.setInputFiles('#pluginzip', zipFile());
      await owner.click('#install-plugin-submit');
      await owner.click(variant.multisite ? 'text=Network Activate' : 'text=Activate Plugin');
      await owner.waitForURL(/plugins\.php/);
      await open('nameplate-settings');
      const state = await owner.textContent('.nameplate-state');
      assert.match(state, /Missing\. No daemon was found/);
      assert.match(state, /Missing\. There is no range file: put one at \S+\/uploads\/nameplate\/nameplate\.npl/);
      const configuration = await owner.textContent('.nameplate-config');
      assert.match(configuration, /name = "localhost"\nhosts = \["localhost"\]\nlegal_basis = "consent"\nhighest_level = "company"/);
      await picture('screenshot-4');
    });

    test('settings are saved, and what they may not be is refused', async () => {
      const sites = ['localhost', ...(variant.multisite ? ['localhost_second'] : [])];
      daemon = await new Daemon(house, { sites: sites.map((site) => ({ site, hosts: ['localhost'], basis: 'consent', level: 'sessions' })) }).start();
      const save = () => Promise.all([owner.waitForURL(/settings-updated/), owner.click('#submit')]);
      await owner.fill('#nameplate_socket', 'not a path');
      await owner.fill('#nameplate_proxies', 'example.com');
      await save();
      assert.match(await owner.textContent('.wrap'), /The socket was not changed[\s\S]*The proxies were not changed/);
      assert.equal(await owner.inputValue('#nameplate_socket'), '');
      await owner.fill('#nameplate_socket', daemon.socket);
      await owner.fill('#nameplate_proxies', '127.0.0.1');
      await owner.selectOption('#nameplate_level', 'sessions');
      await save();
      assert.match(await owner.textContent('.nameplate-state'), /There\. The daemon answers on/);
      assert.equal(await owner.locator('.nameplate-config').count(), 0);
    });

    test('a visit without consent is counted and nothing else', async () => {
      const page = await visit('/?utm_source=letter');
      // What does not come can't be waited for: so for what comes next.
      await page.evaluate(() => window.nameplate('consent', 'count'));
      await until('the count', async () => (await daemon.filtered()).count_consent > 0);
      assert.deepEqual(await daemon.companies(), []);
      assert.deepEqual((await page.context().cookies()).map(({ name }) => name), []);
      assert.deepEqual(page.troubles, []);
      await until('the reply', () => wordpress.proxy.visits.length > 0);
      assert.deepEqual(wordpress.proxy.visits.map(({ body, status }) => [JSON.parse(body).consent, status]), [['count', 204]]);
      await page.context().close();
    });

    test('a visit with consent puts the company into the list', async () => {
      const page = await visit('/?utm_source=letter&utm_campaign=spring');
      await page.evaluate(() => window.nameplate('consent', 'company'));
      await until('the company', async () => (await daemon.companies()).length > 0);
      assert.deepEqual((await page.context().cookies()).map(({ name }) => name), []);
      await page.context().close();
      await open('nameplate');
      assert.equal((await owner.textContent('td.column-name strong')).trim(), COMPANY.name);
      await owner.click('td.column-name a');
      await owner.waitForURL(/company=/);
      const text = await owner.textContent('.wrap');
      assert.match(text, new RegExp(COMPANY.name));
      assert.match(text, /letter \/ spring/);
      assert.match(text, /Sources/);
      await picture('screenshot-2');
      await open('nameplate-filtered');
      assert.match(await owner.textContent('.wrap'), /Consent to being counted alone/);
      await owner.goto(`${wordpress.origin}/wp-admin/index.php`);
      assert.match(await owner.textContent('#nameplate .inside'), new RegExp(COMPANY.name));
      for (const file of ['', '-filtered', '-objections', '-visitors', '-settings']) {
        await open(`nameplate${file}`);
        assert.doesNotMatch(await owner.content(), new RegExp(COMPANY.address.replaceAll('.', '\\.')));
      }
    });

    test('the WP Consent API without a tool is no consent; with one, a cached page follows what each visitor says', async () => {
      consentApi('none');
      wordpress.proxy.visits = [];
      const first = await visit('/?silent', { visitor: UNIVERSITY.address });
      await first.waitForLoadState('load');
      assert.equal(await first.evaluate(() => window.wp_has_consent('statistics')), true);
      consentApi('tool');
      wordpress.proxy.caching = true;
      const second = await visit('/?cached', { visitor: UNIVERSITY.address });
      assert.equal(await second.evaluate(() => window.wp_consent_type), 'optin');
      await second.context().close();
      const reply = await wordpress.fetch('/?cached');
      assert.equal(reply.headers['x-cache'], 'hit');
      const third = await visit('/?cached', { visitor: UNIVERSITY.address });
      await third.evaluate(() => window.testConsent('allow'));
      await until('the university', async () => (await daemon.companies()).some(({ company }) => company.name === UNIVERSITY.name));
      await until('the reply', () => wordpress.proxy.visits.length > 0);
      assert.deepEqual(wordpress.proxy.visits.map(({ body }) => JSON.parse(body).consent), ['sessions']);
      assert.deepEqual((await third.context().cookies()).map(({ name }) => name).filter((name) => name.startsWith('np_')).sort(), ['np_session', 'np_visitor']);
      await third.evaluate(() => window.testConsent('deny'));
      await until('the cookies to go', async () => !(await third.context().cookies()).some(({ name }) => name.startsWith('np_')));
      await first.context().close();
      await third.context().close();
    });

    test('block and shortcodes show what fits, on a cached page too', async () => {
      const address = wordpress.addPage(
        'For whom',
        `<!-- wp:nameplate/from {"countries":["DE"]} --><!-- wp:paragraph --><p id="german">Guten Tag</p><!-- /wp:paragraph --><!-- /wp:nameplate/from -->
         [nameplate_from countries="NL"]<b id="dutch">Goedendag</b>[/nameplate_from]
         [nameplate_from kinds="business" otherwise="yes"]<b id="others">Hello</b>[/nameplate_from]
         <p id="name">[nameplate_company]you[/nameplate_company]</p>[nameplate_object]`,
      );
      const path = new URL(address).pathname;
      wordpress.proxy.caching = true;
      const agree = () => (window.nameplate = Object.assign(function () {}, { consent: () => 'company' }));
      const seen = async (page) => {
        const there = [];
        for (const id of ['german', 'dutch', 'others']) if (await page.locator(`#${id}`).count()) there.push(id);
        return [...there, (await page.textContent('#name')).trim()];
      };
      const none = await visit(path);
      assert.deepEqual(await seen(none), ['others', 'you']);
      const german = await visit(path, { before: agree });
      await german.waitForSelector('#german');
      assert.deepEqual(await seen(german), ['german', COMPANY.name]);
      const dutch = await visit(path, { visitor: UNIVERSITY.address, before: agree });
      await dutch.waitForSelector('#dutch');
      assert.deepEqual(await seen(dutch), ['dutch', 'others', UNIVERSITY.name]);
      await german.click('[data-nameplate-object]');
      assert.deepEqual(await seen(german).then(([first]) => first), 'others');
      await german.reload();
      assert.deepEqual(await seen(german), ['others', 'you']);
      assert.equal((await german.context().cookies()).find(({ name }) => name === 'np_objection').value, '1');
      for (const page of [none, german, dutch]) {
        assert.deepEqual(page.troubles, []);
        await page.context().close();
      }
    });

    test('the editor knows the block', async () => {
      await owner.goto(`${wordpress.origin}/wp-admin/post-new.php?post_type=page`);
      await owner.waitForFunction(() => window.wp?.blocks?.getBlockType('nameplate/from'));
      assert.equal(await owner.evaluate(() => window.wp.blocks.getBlockType('nameplate/from').title), 'Visitors from …');
      const html = await owner.evaluate(() => {
        const { createBlock, serialize } = window.wp.blocks;
        return serialize(createBlock('nameplate/from', { countries: ['NL'] }, [createBlock('core/paragraph', { content: 'x' })]));
      });
      assert.match(html, /<!-- wp:nameplate\/from \{"countries":\["NL"\]\} -->/);
      assert.deepEqual(owner.troubles, []);
    });

    test('a visitor who confirms in the same browser gets what is kept, and has it erased', async () => {
      const email = 'visitor@shop.example';
      const visitor = await visit('/?mine');
      await visitor.evaluate(() => window.nameplate('consent', 'sessions'));
      const cookie = await until('the cookie', async () => (await visitor.context().cookies()).find(({ name }) => name === 'np_visitor')?.value);
      await until('the visit', async () => (await daemon.ask('VISITOR', 'EXPORT', cookie)).visits.length > 0);
      const request = async (page) => {
        await owner.goto(`${wordpress.origin}/wp-admin/${page}.php`);
        await owner.fill('#username_or_email_for_privacy_request', email);
        const mails = wordpress.mail().length;
        await owner.click('#submit');
        await owner.waitForSelector('.notice-success, .updated');
        const link = /http\S+action=confirmaction\S+/.exec(wordpress.mail().slice(mails).map(({ message }) => message).join('\n'))[0];
        // The tool of the visitor still says yes, so the cookie is there.
        await visitor.goto(link);
        await owner.goto(`${wordpress.origin}/wp-admin/${page}.php`);
      };
      await request('export-personal-data');
      const [download] = await Promise.all([owner.waitForEvent('download'), owner.locator('.row-actions .export-personal-data-handle').first().dispatchEvent('click')]);
      const html = execFileSync('unzip', ['-p', await download.path(), 'index.html'], { encoding: 'utf8' });
      assert.match(html, new RegExp(COMPANY.name));
      assert.doesNotMatch(html, new RegExp(COMPANY.address.replaceAll('.', '\\.')));
      await request('erase-personal-data');
      await owner.locator('.remove-personal-data-handle').first().dispatchEvent('click');
      await until('the visits to go', async () => (await daemon.ask('VISITOR', 'EXPORT', cookie)).visits.length === 0);
      await until('the note to go', () => !wordpress.traces().some((trace) => trace.includes('postmeta')));
      await visitor.context().close();
    });

    test('a company that objects is gone, and stays away', async () => {
      await open(`nameplate&company=${encodeURIComponent(COMPANY.id)}`);
      await owner.fill('[name=reason]', 'by letter');
      await owner.click('#submit');
      await owner.waitForURL(/said=objected/);
      assert.match(await owner.textContent('.wrap table'), /by letter/);
      assert.ok(!(await daemon.companies()).some(({ company }) => company.name === COMPANY.name));
      await open('nameplate');
      assert.doesNotMatch(await owner.textContent('.wrap'), new RegExp(COMPANY.name));
      const all = async () => Object.values(await daemon.filtered()).reduce((sum, count) => sum + count, 0);
      const before = await all();
      const page = await visit('/?again');
      await page.evaluate(() => window.nameplate('consent', 'company'));
      await until('the visit', async () => (await all()) > before);
      assert.ok(!(await daemon.companies()).some(({ company }) => company.name === COMPANY.name));
      await page.context().close();
      await open('nameplate-objections');
      await owner.click('text=Take back');
      await owner.waitForURL(/said=lifted/);
      assert.match(await owner.textContent('.wrap table'), /Nobody objected/);
    });

    test('pictures for readme.txt are taken', { skip: !pictures && 'NAMEPLATE_SCREENSHOTS asks for them' }, fillPictures);

    test('the privacy policy guide and its cookies are there', async () => {
      await owner.goto(`${wordpress.origin}/wp-admin/options-privacy.php?tab=policyguide`);
      const text = await owner.textContent('body');
      assert.match(text, /Which companies visit this site/);
      assert.match(text, /np_visitor/);
    });

    if (variant.multisite) {
      test('each site of a network sees its own companies, and may not name paths', async () => {
        wordpress.addUser('second', 'subscriber');
        const id = wordpress.addSite('/second/', 'second');
        assert.ok(id > 1);
        const page = await newPage(browser, { wordpress, user: 'second' });
        await page.goto(`${wordpress.origin}/second/wp-admin/admin.php?page=nameplate-settings`);
        assert.equal(await page.isDisabled('#nameplate_socket'), true);
        assert.match(await page.textContent('.wrap'), /Only administrators of the network change these/);
        // A form that is not the page's.
        await page.evaluate((socket) => {
          const field = document.querySelector('#nameplate_socket');
          field.disabled = false;
          field.value = socket;
          document.querySelector('#nameplate_site').disabled = false;
          document.querySelector('#nameplate_site').value = 'localhost';
        }, daemon.socket);
        await Promise.all([page.waitForURL(/settings-updated/), page.click('#submit')]);
        assert.equal(await page.inputValue('#nameplate_socket'), '');
        assert.equal(await page.inputValue('#nameplate_site'), '');
        wordpress.php(`update_blog_option(${id}, 'nameplate_settings', ['socket' => '${daemon.socket}', 'proxies' => '127.0.0.1']);`);
        const visitor = await visit('/second/');
        await visitor.evaluate(() => window.nameplate('consent', 'company'));
        const companies = async () => (await daemon.ask('LEADS', '{"sites":["localhost_second"]}')).companies;
        await until('the company', async () => (await companies()).length > 0);
        await visitor.context().close();
        await page.goto(`${wordpress.origin}/second/wp-admin/admin.php?page=nameplate`);
        assert.deepEqual((await page.locator('td.column-name strong').allTextContents()).map((name) => name.trim()), [COMPANY.name]);
        await open('nameplate');
        assert.ok((await owner.textContent('.wrap')).includes(UNIVERSITY.name));
        await page.goto(`${wordpress.origin}/second/wp-admin/admin.php?page=nameplate&company=${encodeURIComponent(UNIVERSITY.id)}`);
        assert.match(await page.textContent('.wrap'), /There is no such company/);
        await page.goto(`${wordpress.origin}/second/wp-admin/admin.php?page=nameplate-objections`);
        assert.match(await page.textContent('body'), /not allowed/);
        await page.context().close();
      });
    }

    test('PHP has nothing to complain of', () => assert.deepEqual(wordpress.complaints(), []));

    test('removed, it leaves nothing but what the owner put into the uploads', async () => {
      assert.notDeepEqual(wordpress.traces(), []);
      const folder = join(wordpress.root, 'wp-content/uploads/nameplate');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'nameplate.npl'), 'the owner\'s');
      await owner.goto(`${wordpress.origin}${admin}/plugins.php`);
      await owner.click('tr[data-slug=nameplate] .deactivate a');
      await owner.waitForSelector('tr[data-slug=nameplate].inactive');
      owner.once('dialog', (dialog) => dialog.accept());
      await owner.click('tr[data-slug=nameplate] .delete a');
      let traces;
      await until('the plugin to go', () => (traces = wordpress.traces()).length === 0).catch(() => assert.deepEqual(traces, []));
      assert.ok(existsSync(join(folder, 'nameplate.npl')));
    });
  });
}
