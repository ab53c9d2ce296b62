// Builds the addon and the npm tarballs: `nameplate`, which is JavaScript alone, and the package of this platform, which
// holds the addon and which npm chooses by `os`, `cpu` and `libc`. Nothing is compiled where they are installed.
//
//   node bindings/node/pack.mjs FOLDER
//
// FOLDER gets the tarballs. CARGO_TARGET_DIR/capi/libnameplate.a is there already (`make library`), and so are the headers of
// Node-API (`scripts/setup`).

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../..');
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
const NAPI_VERSION = 8;

const [out] = process.argv.slice(2);
if (out === undefined) {
  console.error('usage: node bindings/node/pack.mjs FOLDER');
  process.exit(2);
}

function compile(file) {
  const { include_dir: headers } = createRequire(join(HERE, 'test/package.json'))('node-api-headers');
  execFileSync(process.env.CC ?? 'cc', [
    '-std=c11', '-Wall', '-Wextra', '-Werror', '-O2', '-g', '-fPIC', '-fvisibility=hidden', '-shared', `-DNAPI_VERSION=${NAPI_VERSION}`,
    '-isystem', headers, '-I', join(ROOT, 'include'), join(HERE, 'native/addon.c'), join(TARGET, 'capi/libnameplate.a'),
    // Only Node's entry point is visible, so that two addons with the library in them do not meet.
    '-Wl,--exclude-libs,ALL', '-Wl,--gc-sections', '-Wl,--as-needed', '-Wl,-z,relro,-z,now', '-s',
    '-lgcc_s', '-lpthread', '-lm', '-ldl', '-o', file,
  ], { stdio: 'inherit' });
}

function pack(folder) {
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(ROOT, licence), join(folder, licence));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', resolve(out)], { cwd: folder, stdio: 'inherit' });
}

const main = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'gnu';
const platform = `${process.platform}-${process.arch}-${libc}`;
const stage = join(TARGET, 'node/stage');
rmSync(stage, { recursive: true, force: true });
mkdirSync(join(stage, 'platform'), { recursive: true });
mkdirSync(out, { recursive: true });

compile(join(stage, 'platform/nameplate.node'));
writeFileSync(join(stage, 'platform/package.json'), `${JSON.stringify({
  name: `@nameplate/${platform}`,
  version: main.version,
  description: `The native part of nameplate for ${platform}`,
  license: main.license,
  os: [process.platform],
  cpu: [process.arch],
  libc: [libc === 'gnu' ? 'glibc' : 'musl'],
  engines: main.engines,
  main: 'nameplate.node',
  files: ['nameplate.node', 'LICENSE-*'],
}, null, 2)}\n`);
writeFileSync(join(stage, 'platform/README.md'), `# @nameplate/${platform}\n\nThe native part of the package nameplate, which installs it where it fits.\n`);
pack(join(stage, 'platform'));

mkdirSync(join(stage, 'main'));
for (const name of ['lib', 'README.md']) cpSync(join(HERE, name), join(stage, 'main', name), { recursive: true });
writeFileSync(join(stage, 'main/package.json'), `${JSON.stringify({
  ...main,
  optionalDependencies: { ...main.optionalDependencies, [`@nameplate/${platform}`]: main.version },
}, null, 2)}\n`);
pack(join(stage, 'main'));
