// tests/vectors: in process and over the socket, one at a time, many at once, and packed.

import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { Answer, Client, open } from 'nameplate';
import { cases, folder, serve, SUPPRESS, vectorsFile } from './support.mjs';

const ALL = cases();

/** What the bytes of a case are to a JavaScript program: text, where they are UTF-8; else characters of their numbers. */
function textOf(bytes) {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : bytes.toString('latin1');
}

function runs(world, make) {
  const mine = ALL.filter((one) => one.world === world);
  const lookups = mine.filter(({ asked }) => asked === 'lookup');
  const valid = lookups.filter(({ expected }) => expected !== 'invalid');
  let source;
  before(async () => (source = await make()));

  it('answers every address, and refuses what is none', async () => {
    assert.ok(lookups.length > 300 && valid.length > 200);
    for (const { bytes, expected } of lookups) {
      const asked = async () => source.lookup(textOf(bytes));
      if (expected === 'invalid') {
        await assert.rejects(asked, RangeError, expected);
      } else {
        const answer = await asked();
        assert.ok(answer instanceof Answer);
        assert.deepEqual(JSON.parse(JSON.stringify(answer)), JSON.parse(expected));
      }
    }
  });

  it('answers them at once', async () => {
    const answers = await source.lookupMany(valid.map(({ bytes }) => textOf(bytes)));
    assert.deepEqual(answers.map((answer) => JSON.stringify(answer)), valid.map(({ expected }) => expected));
    for (const { bytes } of lookups.filter(({ expected }) => expected === 'invalid')) {
      await assert.rejects(async () => source.lookupMany(['1.2.3.4', textOf(bytes)]), (error) => error instanceof RangeError && error.index === 1);
    }
  });

  it('answers them packed', async () => {
    const v4 = valid.filter(({ bytes }) => isIPv4(textOf(bytes)));
    const numbers = Uint32Array.from(v4, ({ bytes }) => textOf(bytes).split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0));
    const v6 = valid.filter(({ bytes }) => !isIPv4(textOf(bytes)));
    const packed = Buffer.concat(v6.map(({ bytes }) => bytesOfV6(textOf(bytes))));
    assert.ok(v4.length > 100 && v6.length > 100);
    for (const [asked, addresses] of [[v4, numbers], [v6, packed]]) {
      const ids = await source.lookupPacked(addresses);
      assert.ok(ids instanceof Uint32Array);
      assert.equal(ids.length, asked.length);
      for (const [index, { expected }] of asked.entries()) {
        const { network, ...facts } = JSON.parse(expected);
        assert.deepEqual(JSON.parse(JSON.stringify(await source.answer(ids[index]))), facts);
        if (facts.status === 'unknown') assert.equal(ids[index], 0);
      }
    }
  });

  it('lists networks', async () => {
    const asked = mine.filter((one) => one.asked === 'networks');
    assert.ok(asked.length > 10);
    for (const { bytes, expected } of asked) {
      const networks = await source.networks(bytes.toString('utf8'));
      assert.equal(networks.map(({ first, last }) => `${first}-${last}`).join(' ') || 'none', expected);
    }
  });
}

/** Sixteen bytes of the text of an IPv6 address, by the parser of URLs. */
function bytesOfV6(text) {
  const plain = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head, tail] = plain.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const groups = tail === undefined ? head : [...head, ...new Array(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

for (const [world, options, flags] of [['whole', {}, []], ['suppressed', { suppression: SUPPRESS }, ['--suppress', SUPPRESS]]]) {
  describe(`${world}, in process`, () => runs(world, () => open(vectorsFile(), options)));
  describe(`${world}, over the socket`, () => runs(world, async () => {
    const socket = join(folder, `${world}.sock`);
    await serve(vectorsFile(), socket, ...flags);
    return new Client(socket);
  }));
}
