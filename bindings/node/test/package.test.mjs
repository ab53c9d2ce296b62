// The package as it was installed: what is in it, its types, and the examples of its README.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { folder, serve, vectorsFile } from './support.mjs';

const require = createRequire(import.meta.url);
const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGE = dirname(require.resolve('nameplate/package.json'));
const TSC = require.resolve('typescript/bin/tsc');

/** A folder in which programs find `nameplate` and what the tests need. */
function workplace(name) {
  const place = join(HERE, name);
  mkdirSync(place, { recursive: true });
  return place;
}

describe('the tarballs', () => {
  const contents = (prefix) => {
    const names = readdirSync(process.env.NAMEPLATE_TARBALLS).filter((name) => name.startsWith(prefix) && name.endsWith('.tgz'));
    assert.equal(names.length, 1);
    return execFileSync('tar', ['-tzf', join(process.env.NAMEPLATE_TARBALLS, names[0])], { encoding: 'utf8' }).trim().split('\n').sort();
  };

  it('hold JavaScript, types and licences, and the addon by itself', () => {
    const main = contents('nameplate-0');
    assert.ok(main.every((name) => /^package\/(lib\/.*\.(js|mjs|ts|mts)|package\.json|README\.md|LICENSE-[A-Z0-9]+)$/.test(name)), main.join(' '));
    for (const name of ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'lib/index.js', 'lib/index.mjs', 'lib/index.d.ts']) assert.ok(main.includes(`package/${name}`));
    assert.deepEqual(contents('nameplate-linux'), ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'nameplate.node', 'package.json'].map((name) => `package/${name}`));
  });

  it('run nothing when they are installed, and depend on nothing but the platform', () => {
    const { scripts, dependencies, optionalDependencies } = require('nameplate/package.json');
    assert.equal(scripts, undefined);
    assert.equal(dependencies, undefined);
    assert.ok(Object.keys(optionalDependencies).every((name) => name.startsWith('@nameplate/')));
  });

  it('show nothing of the library but Node\'s entry points', () => {
    const addon = require.resolve(`${Object.keys(require('nameplate/package.json').optionalDependencies)[0]}`);
    const symbols = execFileSync('nm', ['-D', '--defined-only', addon], { encoding: 'utf8' }).trim().split('\n').map((line) => line.split(' ').at(-1));
    assert.deepEqual(symbols.filter((name) => !name.startsWith('_')).sort(), ['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
  });

  it('work without the native part, as a client', () => {
    const place = join(folder, 'without');
    mkdirSync(join(place, 'node_modules'), { recursive: true });
    execFileSync('cp', ['-r', PACKAGE, join(place, 'node_modules/nameplate')]);
    const program = `const { Client, open } = require('nameplate');
      new Client('/nowhere/nameplate.sock').lookup('1.2.3.4').catch((error) => console.log(error.code));
      try { open('x'); } catch (error) { console.log(error.code, error.message.includes('--omit=optional')); }`;
    const stdout = execFileSync(process.execPath, ['-e', program], { cwd: place, encoding: 'utf8' });
    assert.equal(stdout, 'NAMEPLATE_PLATFORM true\nNAMEPLATE_MISSING\n');
  });
});

describe('the types', () => {
  const check = (place, files) => {
    const { status, stdout } = spawnSync(process.execPath, [
      TSC, '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--target', 'es2022', '--module', 'nodenext',
      '--types', 'node', ...files,
    ], { cwd: place, encoding: 'utf8' });
    assert.equal(stdout, '');
    assert.equal(status, 0);
  };

  it('fit what programs do, and refuse what they must not', () => check(join(HERE, 'types'), ['module.mts', 'common.cts', 'middleware.mts']));

  it('fit the README', () => {
    const place = workplace('readme-types');
    const files = blocks().filter(({ language }) => language !== 'text' && language !== 'sh').map(({ code }, index) => {
      writeFileSync(join(place, `example-${index}.mts`), code);
      return `example-${index}.mts`;
    });
    assert.ok(files.length >= 8);
    const programs = files.filter((name) => !readFileSync(join(place, name), 'utf8').includes('next/server'));
    // As JavaScript is: what may be absent is not looked for.
    const { stdout } = spawnSync(process.execPath, [TSC, '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', ...programs], { cwd: place, encoding: 'utf8' });
    assert.equal(stdout, '');
  });

  it('declare what there is', async () => {
    const declared = readFileSync(join(PACKAGE, 'lib/index.d.ts'), 'utf8');
    const names = [...declared.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name).sort();
    assert.deepEqual(names, Object.keys(require('nameplate')).sort());
    const { Answer, Client, open } = require('nameplate');
    const db = open(vectorsFile());
    for (const [name, real] of [['Answer', Answer.prototype], ['Client', Client.prototype], ['Database', Object.getPrototypeOf(db)]]) {
      const body = new RegExp(`^export (?:class|interface) ${name}\\b[^{]*\\{\\n([^]*?)^\\}`, 'm').exec(declared)[1];
      const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map(([, member]) => member).filter((member) => member !== 'constructor' && member !== 'private');
      assert.deepEqual(members.sort(), Object.getOwnPropertyNames(real).filter((member) => member !== 'constructor').sort(), name);
    }
  });
});

/** The README's blocks of code, in order. */
function blocks() {
  const text = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
  return [...text.matchAll(/^```(\w+)( server)?\n([^]*?)^```$/gm)].map(([, language, server, code]) => ({ language, server: server !== undefined, code }));
}

describe('the README', () => {
  const place = workplace('readme');
  before(async () => {
    copyFileSync(vectorsFile(), join(place, 'nameplate.npl'));
    // A socket's path is short, and this folder's may not be.
    await serve(vectorsFile(), join(folder, 'nameplate.sock'));
    symlinkSync(join(folder, 'nameplate.sock'), join(place, 'nameplate.sock'));
  });

  for (const [index, block] of blocks().entries()) {
    if (block.language !== 'js') continue;
    it(`has a true example ${index}`, async () => {
      const expected = blocks()[index + 1];
      assert.equal(expected.language, 'text');
      const file = join(place, `example-${index}.mjs`);
      writeFileSync(file, block.code);
      if (!block.server) {
        const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: place, encoding: 'utf8' });
        assert.equal(stdout, expected.code, stderr);
        return;
      }
      const port = await freePort();
      const server = spawn(process.execPath, [file], { cwd: place, env: { ...process.env, PORT: String(port) }, stdio: ['ignore', 'inherit', 'inherit'] });
      const ended = once(server, 'exit');
      try {
        assert.equal(await reply(port, server), expected.code.trim());
      } finally {
        server.kill();
        await ended;
      }
    });
  }
});

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function reply(port, server) {
  for (;;) {
    try {
      return await (await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-forwarded-for': '20.0.0.0' } })).text();
    } catch (error) {
      if (server.exitCode !== null) throw error;
      await sleep(50);
    }
  }
}
