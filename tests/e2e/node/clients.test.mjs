// Node's Redis clients, unchanged, against the daemon: what they give back is compared with what
// the command line says.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const NAMEPLATE = resolve(ROOT, process.env.NAMEPLATE_BIN ?? 'target/release/nameplate');
const NODE_MAJOR = Number(process.versions.node.split('.')[0]);
const PATIENCE_MILLISECONDS = 60_000;

let folder, socket, daemon, addresses, expected;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'np-'));
  socket = join(folder, 'nameplate.sock');
  const database = join(folder, 'nameplate.npl');
  execFileSync(NAMEPLATE, ['build', '--config', join(ROOT, 'data/sample.toml'), '-o', database]);
  daemon = spawn(NAMEPLATE, ['serve', '--db', database, '--socket', socket], { stdio: 'ignore' });

  addresses = ['198.24.10.1', '192.168.1.1', '0.0.0.0', '255.255.255.255', '::', '::ffff:8.8.8.8', 'FE80::1'];
  for (const table of ['asn-ipv4.csv', 'asn-ipv6.csv']) {
    const rows = readFileSync(join(ROOT, 'data/sample', table), 'utf8').trimEnd().split('\n');
    addresses.push(...rows.filter((_, index) => index % 10 === 0).flatMap((row) => row.split(',', 2)));
  }
  const input = addresses.join('\n');
  const out = execFileSync(NAMEPLATE, ['lookup', '--db', database, '--json', '-'], { input, encoding: 'utf8' });
  expected = out.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(expected.length, addresses.length);

  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    try {
      execFileSync(NAMEPLATE, ['lookup', '--socket', socket, '0.0.0.0'], { stdio: 'ignore' });
      return;
    } catch (error) {
      if (daemon.exitCode !== null || Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
});

after(async () => {
  if (daemon !== undefined && daemon.exitCode === null) {
    const ended = new Promise((done) => daemon.once('exit', done));
    daemon.kill('SIGTERM');
    assert.equal(await ended, 0);
  }
  rmSync(folder, { recursive: true });
});

// A JSON answer as the map that LOOKUP gives: names with dots, text only.
function flatten(answer) {
  const flat = {};
  for (const [key, value] of Object.entries(answer)) {
    if (Array.isArray(value)) flat[key] = value.join(',');
    else if (typeof value !== 'object') flat[key] = String(value);
    else for (const [inner, leaf] of Object.entries(value)) flat[`${key}.${inner}`] = String(leaf);
  }
  return flat;
}

// A map as the clients give it: a flat array in RESP2, and in RESP3 an object, a Map, or that array,
// whichever the client has chosen.
function asObject(reply) {
  if (reply instanceof Map) return Object.fromEntries(reply);
  if (!Array.isArray(reply)) return { ...reply };
  return Object.fromEntries(reply.flatMap((key, index) => (index % 2 === 0 ? [[key, reply[index + 1]]] : [])));
}

// What every client must do. `ask` sends one command and gives a promise of its reply.
function speaksToTheDaemon(connect) {
  let client;
  before(async () => (client = await connect()));
  after(() => client?.close());

  it('gives the answers of the command line', async () => {
    for (const [index, address] of addresses.entries()) {
      assert.deepEqual(JSON.parse(await client.ask('LOOKUPJSON', address)), expected[index], address);
      assert.deepEqual(asObject(await client.ask('LOOKUP', address)), flatten(expected[index]), address);
    }
  });

  it('gets the answers to commands sent at once in order', async () => {
    const lines = await Promise.all(addresses.map((address) => client.ask('LOOKUPJSON', address)));
    assert.deepEqual(lines.map((line) => JSON.parse(line)), expected);
  });

  it('looks many addresses up in one command', async () => {
    const replies = await client.ask('MLOOKUP', ...addresses);
    assert.deepEqual(replies.map(asObject), expected.map(flatten));
  });

  it('lists the networks of a company', async () => {
    const company = expected[0].company.id;
    const { first, last } = expected[0].network;
    assert.deepEqual(await client.ask('NETWORKS', company), [[first, last]]);
  });

  it('hears of what is no address, without a quotation of it', async () => {
    await assert.rejects(client.ask('LOOKUP', '8.8.8.08'), (error) => {
      assert.match(error.message, /^ERR /);
      assert.doesNotMatch(error.message, /8\.8/);
      return true;
    });
    assert.deepEqual(JSON.parse(await client.ask('LOOKUPJSON', addresses[0])), expected[0]);
  });
}

for (const [name, needs, protocols] of [['ioredis', 20, [2, 3]], ['ioredis-5', 12, [2]]]) {
  for (const protocol of protocols) {
    const skip = NODE_MAJOR < needs && `${name} needs Node ${needs}`;
    describe(`${name}, RESP${protocol}`, { skip }, () => {
      speaksToTheDaemon(async () => {
        const { Redis } = await import(name);
        const redis = new Redis({ path: socket, protocol });
        return { ask: (command, ...rest) => redis.call(command, ...rest), close: () => redis.quit() };
      });
    });
  }
}

for (const [name, needs] of [['redis', 20], ['redis-5', 18]]) {
  for (const protocol of [2, 3]) {
    const skip = NODE_MAJOR < needs && `${name} needs Node ${needs}`;
    describe(`node-${name}, RESP${protocol}`, { skip }, () => {
      speaksToTheDaemon(async () => {
        const { createClient } = await import(name);
        const redis = createClient({ RESP: protocol, socket: { path: socket } });
        await redis.connect();
        return { ask: (...command) => redis.sendCommand(command), close: () => redis.close() };
      });
    });
  }
}
