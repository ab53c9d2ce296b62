// Installs the packed tarballs in a fresh folder, and runs the tests against what was installed there.
//
//   node bindings/node/test/run.mjs TARBALLS [TEST…]
//
// TARBALLS is the folder that pack.mjs filled.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../../..');
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
// What the tests need stands a folder above the package: what it declares for frameworks finds them there, and it brings none.
const above = join(TARGET, 'node/fresh');
const fresh = join(above, 'site');

const [tarballs, ...only] = process.argv.slice(2);
if (tarballs === undefined) {
  console.error('usage: node bindings/node/test/run.mjs TARBALLS [TEST…]');
  process.exit(2);
}

rmSync(above, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
writeFileSync(join(fresh, 'package.json'), '{ "name": "fresh", "private": true }\n');
const files = readdirSync(tarballs).filter((name) => name.endsWith('.tgz')).map((name) => join(resolve(tarballs), name));
execFileSync('npm', ['install', '--offline', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error', ...files], {
  cwd: fresh, stdio: 'inherit',
});

const tests = join(fresh, 'test');
cpSync(HERE, tests, { recursive: true, filter: (path) => !/node_modules|package-lock/.test(path) });
symlinkSync(join(HERE, 'node_modules'), join(above, 'node_modules'));
const names = only.length > 0 ? only : readdirSync(tests).filter((name) => name.endsWith('.test.mjs'));
const { status } = spawnSync(
  process.execPath,
  ['--expose-gc', '--test', '--test-reporter=spec', ...names.map((name) => join(tests, name))],
  { cwd: tests, stdio: 'inherit', env: { ...process.env, NAMEPLATE_ROOT: ROOT, NAMEPLATE_TARBALLS: resolve(tarballs) } },
);
process.exit(status ?? 1);
