// What the tests share: the vectors and their range file, daemons, and folders that go away.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = process.env.NAMEPLATE_ROOT;
export const NAMEPLATE = resolve(ROOT, process.env.NAMEPLATE_BIN ?? 'target/release/nameplate');
const PATIENCE_MILLISECONDS = 60_000;

/** A folder of this test file, with a path short enough for a socket's. */
export const folder = mkdtempSync(join(tmpdir(), 'np-'));
const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
  rmSync(folder, { recursive: true });
});

/** Runs when the file's tests are done. */
export function atEnd(end) {
  ends.push(end);
}

let built;
/** The range file of the vectors. */
export function vectorsFile() {
  if (built === undefined) {
    built = join(folder, 'vectors.npl');
    build('tests/vectors/vectors.toml', built);
  }
  return built;
}

export const SUPPRESS = join(ROOT, 'tests/vectors/suppress.list');

export function build(config, file) {
  execFileSync(NAMEPLATE, ['build', '--config', join(ROOT, config), '-o', file], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The cases of tests/vectors/vectors.tsv; inputs as bytes. */
export function cases() {
  const lines = readFileSync(join(ROOT, 'tests/vectors/vectors.tsv'), 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const [world, asked, input, expected] = line.split('\t');
    return { world, asked, bytes: unescape(input), expected };
  });
}

function unescape(input) {
  const parts = input.split(/\\x([0-9a-f]{2})/);
  return Buffer.concat(parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'hex'))));
}

/** Starts a daemon and waits until it answers. */
export async function serve(database, socket, ...more) {
  const daemon = spawn(NAMEPLATE, ['serve', '--db', database, '--socket', socket, ...more], { stdio: 'ignore' });
  const ended = new Promise((done) => daemon.once('exit', done));
  const stop = async (signal = 'SIGTERM') => {
    daemon.kill(signal);
    return ended;
  };
  atEnd(() => stop('SIGKILL'));
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    try {
      execFileSync(NAMEPLATE, ['lookup', '--socket', socket, '0.0.0.0'], { stdio: 'ignore' });
      return { stop, process: daemon };
    } catch (error) {
      if (daemon.exitCode !== null || Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
}
