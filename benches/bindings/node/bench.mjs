// The Node package beside its rivals: text of an address in, name of the organisation out. In one process, on the same
// addresses, in rounds in which every subject has one turn; the median counts. Prints a line of JSON for each case and subject.
//
//   node bench.mjs --range FILE --mmdb FILE --packages FOLDER --nameplate PROGRAM [--rounds 7] [--addresses 200000]
//
// FOLDER holds the tarballs that `make packages` builds; they are installed in a fresh folder first. Nothing is downloaded.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { open as openMaxmind } from 'maxmind';
import { Reader } from 'mmdb-lib';

const { values: options } = parseArgs({
  options: {
    range: { type: 'string' },
    mmdb: { type: 'string' },
    packages: { type: 'string' },
    nameplate: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    addresses: { type: 'string', default: '200000' },
  },
});
for (const name of ['range', 'mmdb', 'packages', 'nameplate']) {
  if (options[name] === undefined) {
    console.error('usage: node bench.mjs --range FILE --mmdb FILE --packages FOLDER --nameplate PROGRAM [--rounds N] [--addresses N]');
    process.exit(2);
  }
}
const rounds = Number(options.rounds);
const length = Number(options.addresses);
/** Addresses among which the Zipf stream chooses, as in benches/src/streams.rs. */
const ZIPF_ADDRESSES = 10_000;
/** In one call, where many are asked for at once. */
const AT_ONCE = 1000;

const folder = mkdtempSync(join(tmpdir(), 'np-bench-'));
const children = [];
try {
  await main();
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
}

async function main() {
  const { Client, open } = install();
  const db = open(resolve(options.range));
  const maxmind = await openMaxmind(options.mmdb);
  const mmdbLib = new Reader(readFileSync(options.mmdb));
  const ranges = readRanges();
  const random = generator(0x6e616d65);
  const byRange = draw(ranges, random, length);
  const few = byRange.slice(0, ZIPF_ADDRESSES);
  const streams = [['random range', byRange], ['Zipf', zipf(few, random, length)]];

  for (const { text, bits } of byRange.slice(0, 20_000)) {
    const { name } = db.lookup(text);
    assert.equal(maxmind.get(text)?.name ?? undefined, name);
    assert.equal(mmdbLib.get(text)?.name ?? undefined, name);
    assert.equal(db.answer(db.lookupPacked(Uint32Array.of(bits))[0]).name, name);
  }

  for (const [stream, addresses] of streams) {
    const texts = addresses.map(({ text }) => text);
    const numbers = Uint32Array.from(addresses, ({ bits }) => bits);
    const groups = groupsOf(texts, AT_ONCE);
    // A loop for each, as each would be in its own program: one that all share would be compiled for none.
    await measure(`Node, IPv4, name from text, ${stream}`, texts.length, {
      'nameplate, lookup': () => {
        let total = 0;
        for (let index = 0; index < texts.length; index++) total += db.lookup(texts[index]).name?.length ?? 0;
        return total;
      },
      'nameplate, lookupMany': () => {
        let total = 0;
        for (const group of groups) {
          for (const answer of db.lookupMany(group)) total += answer.name?.length ?? 0;
        }
        return total;
      },
      'nameplate, lookupPacked': () => db.lookupPacked(numbers).length,
      'nameplate, lookupPacked, and the names': () => {
        const ids = db.lookupPacked(numbers);
        let total = 0;
        for (let index = 0; index < ids.length; index++) total += db.answer(ids[index]).name?.length ?? 0;
        return total;
      },
      maxmind: () => {
        let total = 0;
        for (let index = 0; index < texts.length; index++) total += maxmind.get(texts[index])?.name?.length ?? 0;
        return total;
      },
      'mmdb-lib': () => {
        let total = 0;
        for (let index = 0; index < texts.length; index++) total += mmdbLib.get(texts[index])?.name?.length ?? 0;
        return total;
      },
    });
  }
  db.close();
  await sockets(Client, byRange.slice(0, 20 * AT_ONCE).map(({ text }) => text));
}

/** Both servers have the same names for the same addresses, each behind a Unix socket. */
async function sockets(Client, texts) {
  const ours = join(folder, 'nameplate.sock');
  const theirs = join(folder, 'redis.sock');
  children.push(spawn(options.nameplate, ['serve', '--db', options.range, '--socket', ours], { stdio: 'ignore' }));
  children.push(spawn('redis-server', ['--port', '0', '--unixsocket', theirs, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' }));
  const client = await patiently(async () => {
    const made = new Client(ours, { timeout: 60_000 });
    await made.metadata();
    return made;
  });
  const redis = new Redis({ path: theirs, maxRetriesPerRequest: null });
  const pairs = (await client.lookupMany(texts)).flatMap(({ name }, index) => (name === undefined ? [] : [[texts[index], name]]));
  await redis.mset(...pairs.flat());
  const asked = pairs.map(([text]) => text);
  for (const [text, name] of pairs.slice(0, AT_ONCE)) {
    assert.equal((await client.lookup(text)).name, name);
    assert.equal(await redis.get(text), name);
  }

  const few = asked.slice(0, 2 * AT_ONCE);
  await measure('Node, socket, one at a time', few.length, {
    'nameplate, Client': async () => {
      let total = 0;
      for (const text of few) total += (await client.lookup(text)).name.length;
      return total;
    },
    'ioredis, GET': async () => {
      let total = 0;
      for (const text of few) total += (await redis.get(text)).length;
      return total;
    },
  });
  const groups = groupsOf(asked, AT_ONCE);
  await measure('Node, socket, 1,000 at once', asked.length, {
    'nameplate, Client': async () => {
      let total = 0;
      for (const group of groups) total += sum(await client.lookupMany(group), ({ name }) => name);
      return total;
    },
    'nameplate, Client, without networks': async () => {
      let total = 0;
      for (const group of groups) total += sum(await client.lookupMany(group, { network: false }), ({ name }) => name);
      return total;
    },
    'ioredis, MGET': async () => {
      let total = 0;
      for (const group of groups) total += sum(await redis.mget(group), (name) => name);
      return total;
    },
  });
  client.close();
  redis.disconnect();
}

/** Prints the median nanoseconds per address of each subject. One round goes before, so that all is compiled. */
async function measure(name, count, subjects) {
  const times = new Map(Object.keys(subjects).map((subject) => [subject, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [subject, run] of Object.entries(subjects)) {
      globalThis.gc?.();
      const start = process.hrtime.bigint();
      assert.ok((await run()) > 0);
      const nanoseconds = Number(process.hrtime.bigint() - start) / count;
      if (round >= 0) times.get(subject).push(nanoseconds);
    }
  }
  for (const [subject, values] of times) {
    values.sort((left, right) => left - right);
    const value = values[Math.floor(values.length / 2)];
    console.log(JSON.stringify({ case: name, subject, value: Math.round(value * 10) / 10, unit: 'ns/address' }));
  }
}

/** Reads the names, so that nobody can leave them out. */
function sum(list, nameOf) {
  let total = 0;
  for (let index = 0; index < list.length; index++) {
    const name = nameOf(list[index]);
    if (name !== undefined && name !== null) total += name.length;
  }
  return total;
}

/** Installs our package as its users would, without a network. */
function install() {
  const place = join(folder, 'installed');
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
  const tarballs = readdirSync(options.packages).filter((name) => name.endsWith('.tgz')).map((name) => resolve(options.packages, name));
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel', 'error', ...tarballs], { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] });
  return createRequire(join(place, 'package.json'))('nameplate');
}

/** All IPv4 ranges of companies and operators, as pairs of numbers. */
function readRanges() {
  const csv = join(folder, 'ranges.csv');
  execFileSync(options.nameplate, ['export', '--db', options.range, '--format', 'csv', '-o', csv], { stdio: 'ignore' });
  const ranges = [];
  for (const line of readFileSync(csv, 'utf8').split('\n')) {
    const found = /^(\d+\.\d+\.\d+\.\d+),(\d+\.\d+\.\d+\.\d+),(?:company|operator),/.exec(line);
    if (found !== null) ranges.push([numberOf(found[1]), numberOf(found[2])]);
  }
  assert.ok(ranges.length > 0);
  return ranges;
}

function numberOf(text) {
  return text.split('.').reduce((bits, octet) => bits * 256 + Number(octet), 0);
}

/** A range, each as likely as the other, then an address in it. */
function draw(ranges, random, count) {
  return Array.from({ length: count }, () => {
    const [first, last] = ranges[Math.floor(random() * ranges.length)];
    const bits = first + Math.floor(random() * (last - first + 1));
    // A plain string, as a server's request has it, and not one that is still in pieces.
    const text = Buffer.from(`${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`).toString('latin1');
    return { bits, text };
  });
}

/** The nth comes up with a probability of 1 / n. */
function zipf(addresses, random, count) {
  const sums = [];
  let total = 0;
  for (let rank = 1; rank <= addresses.length; rank++) sums.push((total += 1 / rank));
  return Array.from({ length: count }, () => {
    const wanted = random() * total;
    let [low, high] = [0, addresses.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return addresses[low];
  });
}

/** Numbers from 0 to below 1, the same in each run: mulberry32. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function groupsOf(list, size) {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}

async function patiently(attempt) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
