// When what stands behind the plugin fails: no daemon, one that is silent or talks rubbish, a broken range file. Pages come as they come without the
// plugin, and the administrator is told why there is nothing to see. How much longer they take is measured by `make bench`.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { COMPANY, Daemon, House, WordPress, badDaemon } from './support.mjs';

const library = process.env.NAMEPLATE_LIBRARY;
const extension = process.env.NAMEPLATE_TEST_EXTENSION;
const house = new House();
after(() => house.end());
let wordpress, cookies, plain;

/** A page without what differs from one time to the next, and without what the plugin puts in. */
const bare = (text) =>
  text
    .replace(/<script[^>]*nameplate[^>]*><\/script>\n?/g, '')
    .replace(/<p id="(tag|waits)">.*?<\/p>/g, '')
    .replace(/"nonce":"\w+"/g, '');

before(async () => {
  wordpress = await new WordPress(house).start();
  cookies = await wordpress.signIn('admin');
  const reply = await wordpress.fetch('/?np_tag');
  assert.equal(reply.status, 200);
  plain = bare(reply.text);
  wordpress.addPlugin({ settings: { basis: 'legitimate-interest' } });
});

// As long as the plugin waits by itself, and no longer: what stands behind it will not answer.
const hurried = { 'x-hurried': '1' };
const state = async (headers = {}) => (await wordpress.fetch('/wp-admin/admin.php?page=nameplate-settings', { cookies, headers })).text;
/** What the theme printed. */
const printed = (text, id) => JSON.parse(new RegExp(`<p id="${id}">(.*?)</p>`).exec(text)[1].replaceAll('&quot;', '"'));

describe('the daemon', () => {
  const cases = {
    'is stopped': { socket: async () => join(house.folder, 'nothing'), why: /The daemon does not answer as it should: .*(No such file|Connection refused)/i },
    'is silent': { socket: () => badDaemon(house, 'silent'), why: /no reply within/ },
    'is slow': { socket: () => badDaemon(house, 'slow'), why: /no reply within|none of nameplate/ },
    'talks rubbish': { socket: () => badDaemon(house, 'rubbish'), why: /what it replies is none of nameplate/ },
    'has no leads': {
      socket: async () => {
        const daemon = new Daemon(house);
        writeFileSync(join(daemon.folder, 'serve.toml'), '');
        return (await daemon.start()).socket;
      },
      why: /keeps no visits: its configuration has no \[leads\] section/,
      looksUp: true,
    },
    'does not know the site': {
      socket: async () => (await new Daemon(house, { site: 'another', hosts: ['another.example'] }).start()).socket,
      why: /its configuration has no site of this name/,
      looksUp: true,
    },
  };
  for (const [what, { socket, why, looksUp }] of Object.entries(cases)) {
    test(`${what}: pages are as without the plugin, and the administrator sees why`, async () => {
      wordpress.set({ socket: await socket() });
      const headers = looksUp ? {} : hurried;
      const reply = await wordpress.fetch('/?np_tag', { headers });
      assert.equal(reply.status, 200);
      assert.equal(bare(reply.text), plain);
      assert.equal(printed(reply.text, 'tag')?.name, looksUp ? COMPANY.name : undefined);
      // A page asks once, and waits twice that at most: for the reply to begin, and for it to end.
      const waits = printed(reply.text, 'waits');
      assert.equal(waits.length, 1);
      assert.ok(waits[0] * 2 < 0.05, `${waits}`);
      const visit = await wordpress.visit({ consent: 'company', url: `${wordpress.origin}/` }, headers);
      assert.ok([400, 503].includes(visit.status), String(visit.status));
      assert.ok(!visit.text.includes(house.folder), 'a visitor learns nothing of the server');
      assert.match(await state(headers), why);
      for (const page of ['admin.php?page=nameplate', 'admin.php?page=nameplate-filtered', 'index.php']) {
        const { status, text } = await wordpress.fetch(`/wp-admin/${page}`, { cookies, headers });
        assert.equal(status, 200, page);
        assert.match(text, why, page);
      }
    });
  }
});

test('without the daemon nothing is said to be exported or erased that was not', () => {
  wordpress.set({ socket: join(house.folder, 'nothing') });
  const [exported, erased] = wordpress.php(
    `foreach (['export_personal_data', 'remove_personal_data'] as $action) {
       $id = wp_create_user_request('visitor@shop.example', $action);
       wp_update_post(['ID' => $id, 'post_status' => 'request-confirmed']);
       update_post_meta($id, '_nameplate_visitor', '${'d'.repeat(32)}');
     }
     $error = NameplatePlugin\\Privacy::export('visitor@shop.example');
     echo json_encode([is_wp_error($error) ? $error->get_error_message() : 'no error', NameplatePlugin\\Privacy::erase('visitor@shop.example')]);`,
  );
  assert.match(exported, /The daemon does not answer as it should/);
  assert.equal(erased.items_removed, false);
  assert.equal(erased.items_retained, true);
  assert.match(erased.messages[0], /the visits are still there/);
});

test('how long is waited can be set, to what is a number of seconds', () => {
  const waits = wordpress.php(
    `remove_all_filters('nameplate_timeout');
     $patience = (new ReflectionMethod(NameplatePlugin\\Daemon::class, 'patience'))->getClosure();
     foreach ([0.5, '2', 'long', -1, 0, 1e9, null, []] as $value) {
       $filter = static fn () => $value;
       add_filter('nameplate_timeout', $filter);
       $waits[] = $patience(0.25);
       remove_filter('nameplate_timeout', $filter);
     }
     echo json_encode($waits);`,
  );
  assert.deepEqual(waits, [0.5, 2, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25]);
});

describe('the range file', () => {
  test('is looked for in the uploads, and what is broken in it breaks no page', async () => {
    const daemon = new Daemon(house);
    const folder = join(wordpress.root, 'wp-content/uploads/nameplate');
    wordpress.set({ socket: '' });
    assert.match(await state(), /There is no range file: put one at/);
    mkdirSync(folder, { recursive: true });
    for (const content of ['', 'no range file', '\u0000'.repeat(5000)]) {
      writeFileSync(join(folder, 'nameplate.npl'), content);
      assert.equal(bare((await wordpress.fetch('/?np_tag')).text), plain);
      assert.match(await state(), /The range file can(&#039;|')t be used: /);
    }
    copyFileSync(daemon.file, join(folder, 'nameplate.npl'));
    assert.equal(bare((await wordpress.fetch('/?np_tag')).text), plain);
    assert.ok(existsSync(join(folder, 'nameplate.npl')));
  });

  for (const [way, phpOptions, environment, said] of [
    ['FFI', ['-d', 'ffi.enable=1'], { NAMEPLATE_LIBRARY: library }, /PHP(&#039;|')s FFI reads the range file/],
    ['the extension', ['-d', `extension=${extension}`], {}, /The PHP extension reads the range file/],
  ]) {
    const missing = way === 'FFI' ? !library : !extension;
    test(`answers without a daemon, by ${way}`, { skip: missing && 'NAMEPLATE_LIBRARY and NAMEPLATE_TEST_EXTENSION say where library and extension are' }, async () => {
      const own = await new WordPress(house, { phpOptions, environment }).start();
      own.addPlugin({ settings: { basis: 'legitimate-interest' } });
      const folder = join(own.root, 'wp-content/uploads/nameplate');
      mkdirSync(folder, { recursive: true });
      copyFileSync(new Daemon(house).file, join(folder, 'nameplate.npl'));
      const { text } = await own.fetch('/?np_tag');
      assert.match(text, new RegExp(COMPANY.name));
      const reply = await own.fetch('/wp-json/nameplate/v1/company', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
      assert.equal(JSON.parse(reply.text).company.name, COMPANY.name);
      const admin = await own.signIn('admin');
      const settings = (await own.fetch('/wp-admin/admin.php?page=nameplate-settings', { cookies: admin })).text;
      assert.match(settings, said);
      assert.match(settings, /Holders of the vectors/);
      // The file follows by itself when it is replaced, and a page survives one that is broken.
      rmSync(join(folder, 'nameplate.npl'));
      assert.doesNotMatch((await own.fetch('/?np_tag')).text, new RegExp(COMPANY.name));
      assert.deepEqual(own.complaints(), []);
    });
  }
});

test('PHP has nothing to complain of', () => assert.deepEqual(wordpress.complaints(), []));
