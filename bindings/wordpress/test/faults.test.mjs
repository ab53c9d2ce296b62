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
    .replace(/<p id="tag">.*?<\/p>/g, '')
    .replace(/"nonce":"\w+"/g, '');

before(async () => {
  wordpress = await new WordPress(house).start();
  cookies = await wordpress.signIn('admin');
  const reply = await wordpress.fetch('/?np_tag');
  assert.equal(reply.status, 200);
  plain = bare(reply.text);
  wordpress.addPlugin({ settings: { basis: 'legitimate-interest' } });
});

const state = async () => (await wordpress.fetch('/wp-admin/admin.php?page=nameplate-settings', { cookies })).text;

describe('the daemon', () => {
  const cases = {
    'is stopped': { socket: async () => join(house.folder, 'nothing'), why: /The daemon does not answer as it should: .*(No such file|Connection refused)/i },
    'is silent': { socket: () => badDaemon(house, 'silent'), why: /no reply within/ },
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
      const reply = await wordpress.fetch('/?np_tag');
      assert.equal(reply.status, 200);
      assert.equal(bare(reply.text), plain);
      const tag = JSON.parse(/<p id="tag">(.*?)<\/p>/.exec(reply.text)[1].replaceAll('&quot;', '"'));
      assert.equal(tag?.name, looksUp ? COMPANY.name : undefined);
      const visit = await wordpress.visit({ consent: 'company', url: `${wordpress.origin}/` });
      assert.ok([400, 503].includes(visit.status), String(visit.status));
      assert.ok(!visit.text.includes(house.folder), 'a visitor learns nothing of the server');
      assert.match(await state(), why);
      for (const page of ['admin.php?page=nameplate', 'admin.php?page=nameplate-filtered', 'index.php']) {
        const { status, text } = await wordpress.fetch(`/wp-admin/${page}`, { cookies });
        assert.equal(status, 200, page);
        assert.match(text, why, page);
      }
    });
  }
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
