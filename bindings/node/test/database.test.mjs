// The in-process part beyond the vectors: what goes wrong, what is replaced, what is kept.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import nameplate, { NameplateError, open } from 'nameplate';
import { build, folder, SUPPRESS, vectorsFile } from './support.mjs';

const COMPANY = '20.0.0.0';
const ID = 'amtsgericht-beispiel:HRB 1';

/** Fails as said, at once, in a sentence that does not hold what was given. */
function refuses(act, kind, code, secret) {
  assert.throws(act, (error) => {
    assert.ok(error instanceof kind, `${inspect(error)} is no ${kind.name}`);
    if (code !== undefined) assert.equal(error.code, code);
    assert.ok(error.message.length > 20 && error.message.length < 1000, error.message);
    if (secret !== undefined) assert.ok(!error.message.includes(secret), error.message);
    return true;
  });
}

describe('an answer', () => {
  const db = open(vectorsFile());

  it('has the fields of the JSON, and a name', () => {
    const answer = db.lookup(COMPANY);
    assert.equal(answer.status, 'company');
    assert.equal(answer.name, 'Beispiel Maschinenbau GmbH');
    assert.equal(answer.company.legal_form, 'GmbH');
    assert.equal(answer.operator.asn, 64500);
    assert.deepEqual(answer.network, { first: '20.0.0.0', last: '20.0.7.6' });
    assert.equal(answer.confidence, 95);
    assert.deepEqual(answer.sources, ['holders']);
    assert.equal(answer.block, undefined);
    assert.equal(db.lookup('10.0.0.1').block, 'Private-Use');
    assert.equal(db.lookup('10.0.0.1').name, 'Private-Use');
    assert.deepEqual(db.lookup('2.0.0.0').toJSON(), { status: 'unknown' });
  });

  it('cannot be changed', () => {
    const answer = db.lookup(COMPANY);
    for (const change of [
      () => (answer.status = 'unknown'),
      () => (answer.company = {}),
      () => (answer.company.name = 'Other'),
      () => (answer.operator.asn = 1),
      () => (answer.network.first = '0.0.0.0'),
      () => answer.sources.push('other'),
    ]) assert.throws(change, TypeError);
    assert.equal(db.lookup(COMPANY).company.name, 'Beispiel Maschinenbau GmbH');
  });

  it('shows no address when it is printed', () => {
    const printed = inspect(db.lookup('20.0.3.77'));
    assert.match(printed, /^Answer \{/);
    assert.match(printed, /Beispiel Maschinenbau GmbH/);
    assert.doesNotMatch(printed, /3\.77/);
    assert.doesNotMatch(inspect(db.lookup('20.0.3.77'), { showHidden: true }), /3\.77/);
  });

  it('can be cloned and sent by way of toJSON', () => {
    assert.deepEqual(structuredClone(db.lookup(COMPANY).toJSON()), JSON.parse(JSON.stringify(db.lookup(COMPANY))));
  });

  it('is the same for text, number and bytes', () => {
    const expected = JSON.stringify(db.lookup(COMPANY));
    const mapped = Buffer.from('00000000000000000000ffff14000000', 'hex');
    for (const ip of [0x14000000, Uint8Array.of(20, 0, 0, 0), Buffer.from([20, 0, 0, 0]), mapped, '::ffff:20.0.0.0', '::ffff:1400:0']) {
      assert.equal(JSON.stringify(db.lookup(ip)), expected);
      assert.equal(JSON.stringify(db.lookupMany([ip])[0]), expected);
    }
    assert.equal(JSON.stringify(db.lookup(0)), JSON.stringify(db.lookup('0.0.0.0')));
    assert.equal(JSON.stringify(db.lookup(0xffffffff)), JSON.stringify(db.lookup('255.255.255.255')));
  });
});

describe('what is no address', () => {
  const db = open(vectorsFile());
  const wrongTypes = [undefined, null, true, {}, [], ['1.2.3.4'], Symbol('1'), 1n, () => '1.2.3.4', new Uint16Array(4), new ArrayBuffer(4)];
  const wrongValues = ['', 'x'.repeat(10_000_000), '1.2.3.4'.repeat(1_500_000), NaN, Infinity, -1, 1.5, 2 ** 32, Buffer.alloc(0), Buffer.alloc(5),
    Buffer.alloc(17), new Uint8Array(10_000_000), '\u0131.2.3.4', '１.2.3.4', '1.2.3.4\u0100', '\ud800'];

  it('is a TypeError or a RangeError', () => {
    for (const bad of wrongTypes) {
      refuses(() => db.lookup(bad), TypeError);
      refuses(() => db.lookupMany([COMPANY, bad]), TypeError);
    }
    for (const bad of wrongValues) {
      refuses(() => db.lookup(bad), RangeError);
      assert.throws(() => db.lookupMany([COMPANY, bad]), RangeError);
    }
    refuses(() => db.lookup('198.51.100.77.1'), RangeError, undefined, '198.51');
    refuses(() => db.lookup(), TypeError);
    assert.equal(db.lookup(COMPANY).status, 'company');
  });

  it('is refused among many, with its place', () => {
    const many = new Array(1000).fill(COMPANY);
    many[777] = '198.51.100.777';
    assert.throws(() => db.lookupMany(many), (error) => error instanceof RangeError && error.index === 777 && !error.message.includes('198'));
    for (const bad of [undefined, null, 5, {}, COMPANY]) refuses(() => db.lookupMany(bad), TypeError);
    assert.deepEqual(db.lookupMany([]), []);
    assert.equal(db.lookupMany(new Set([COMPANY]))[0].status, 'company');
    assert.equal(db.lookupMany(function* () { yield COMPANY; }())[0].status, 'company');
    assert.throws(() => db.lookupMany(new Array(3)), TypeError);
  });

  it('is refused packed', () => {
    for (const bad of [undefined, null, [], [1], COMPANY, 5, new Int32Array(1), new Float64Array(2), new ArrayBuffer(16), {}]) {
      refuses(() => db.lookupPacked(bad), TypeError);
    }
    for (const length of [1, 4, 15, 17]) refuses(() => db.lookupPacked(Buffer.alloc(length)), RangeError);
    assert.equal(db.lookupPacked(new Uint32Array(0)).length, 0);
    assert.equal(db.lookupPacked(Buffer.alloc(0)).length, 0);
  });

  it('is an id that there is not', () => {
    for (const bad of [undefined, null, '1', {}, 1n]) refuses(() => db.answer(bad), TypeError);
    for (const bad of [-1, 0.5, NaN, 2 ** 32, db.metadata.answers, 0xffffffff]) refuses(() => db.answer(bad), RangeError);
    for (const bad of [undefined, null, 1, {}, Buffer.from(ID)]) refuses(() => db.networks(bad), TypeError);
    for (const none of ['', 'x', 'lei:none', 'x'.repeat(10_000_000), `${ID}\0`, '\ud800']) assert.deepEqual(db.networks(none), []);
  });
});

describe('packed addresses', () => {
  const db = open(vectorsFile());
  const at = 0x14000000;

  it('may lie anywhere in memory, shared memory too', () => {
    const [id] = db.lookupPacked(Uint32Array.of(at));
    assert.equal(db.answer(id).company.id, ID);
    const shared = new Uint32Array(new SharedArrayBuffer(8), 4);
    shared[0] = at;
    assert.deepEqual([...db.lookupPacked(shared)], [id]);
    const unaligned = new Uint8Array(new ArrayBuffer(40), 3, 32);
    unaligned.set(Buffer.from('00000000000000000000ffff14000000', 'hex'), 16);
    assert.deepEqual([...db.lookupPacked(unaligned)], [db.lookupPacked(new Uint8Array(16))[0], id]);
    const gone = new Uint32Array(4);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    assert.equal(db.lookupPacked(gone).length, 0);
  });

  it('may be many', () => {
    const ids = db.lookupPacked(new Uint32Array(3_000_000).fill(at));
    assert.ok(ids.every((id) => id === ids[0]));
  });
});

describe('a file', () => {
  const damaged = (name, change) => {
    const path = join(folder, name);
    copyFileSync(vectorsFile(), path);
    change(path);
    return path;
  };
  const overwrite = (offset, bytes) => (path) => {
    const content = readFileSync(path);
    content.set(bytes, offset);
    writeFileSync(path, content, { mode: 0o644 });
  };

  it('that cannot be used is a NameplateError that names it', () => {
    const whole = readFileSync(vectorsFile());
    const write = (name, bytes) => {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      return path;
    };
    const newer = Buffer.from(whole);
    for (const [path, code] of [
      [join(folder, 'missing.npl'), 'NAMEPLATE_MISSING'],
      [folder, 'NAMEPLATE_IO'],
      [write('empty.npl', ''), 'NAMEPLATE_EMPTY'],
      [write('foreign.npl', 'x'.repeat(100_000)), 'NAMEPLATE_FOREIGN'],
      [write('cut.npl', whole.subarray(0, whole.length / 2)), 'NAMEPLATE_DAMAGED'],
      [write('head.npl', whole.subarray(0, 20)), undefined],
      [write('newer.npl', (newer.writeUInt32LE(9, versionOffset(newer)), newer)), 'NAMEPLATE_NEWER'],
    ]) {
      refuses(() => open(path), NameplateError, code);
      assert.throws(() => open(path), (error) => error.message.includes(path));
    }
  });

  it('is checked whole where that is asked for', () => {
    const path = damaged('flipped.npl', (file) => overwrite(readFileSync(file).length - 100, [1, 2, 3, 4, 5])(file));
    refuses(() => open(path, { verify: true }), NameplateError, 'NAMEPLATE_DAMAGED');
  });

  it('is opened by path or URL, as options say', () => {
    for (const options of [undefined, {}, { copy: true }, { prefault: true }, { verify: true, allowOlder: true }, { cache: 0 }, { cache: 2 }, { copy: undefined }]) {
      const db = open(pathToFileURL(vectorsFile()), options);
      for (let round = 0; round < 2; round++) {
        assert.equal(db.lookup(COMPANY).company.id, ID);
        assert.equal(db.lookup('10.0.0.1').status, 'reserved');
        assert.equal(db.lookup('1.0.0.0').operator.asn, 64506);
      }
      db.close();
    }
  });

  it('is refused with options that there are not', () => {
    for (const bad of [undefined, null, 5, '', {}, Buffer.from(vectorsFile())]) refuses(() => open(bad), TypeError);
    refuses(() => open('a\0b'), RangeError);
    for (const options of [null, 5, { copies: true }, { copy: 1 }, { suppression: '' }, { suppression: 5 }, { publicKey: {} }, { cache: -1 }, { cache: '5' }]) {
      refuses(() => open(vectorsFile(), options), TypeError);
    }
    refuses(() => open(vectorsFile(), { publicKey: join(folder, 'no.pub') }), NameplateError, 'NAMEPLATE_MISSING');
    writeFileSync(join(folder, 'rubbish.pub'), 'no key');
    refuses(() => open(vectorsFile(), { publicKey: join(folder, 'rubbish.pub') }), NameplateError, 'NAMEPLATE_KEY');
    refuses(() => open(vectorsFile(), { suppression: join(folder, 'no.list') }), NameplateError, 'NAMEPLATE_SUPPRESSION');
  });

  it('says what it is', () => {
    const { metadata } = open(vectorsFile());
    assert.equal(metadata.version, 1);
    assert.equal(metadata.generation, 1);
    assert.equal(metadata.bytes, readFileSync(vectorsFile()).length);
    assert.deepEqual(metadata.sources.map(({ name }) => name).sort(), ['holders', 'systems']);
    assert.ok(metadata.sources.every(({ rows }) => rows > 0));
  });

  /** Where the version stands is the engine's matter: found by what open() says to a file with another number there. */
  function versionOffset(content) {
    for (let offset = 0; offset < 64; offset += 4) {
      const changed = Buffer.from(content);
      changed.writeUInt32LE(9, offset);
      const path = join(folder, 'tried.npl');
      writeFileSync(path, changed);
      try {
        open(path).close();
      } catch (error) {
        if (error.code === 'NAMEPLATE_NEWER') return offset;
      }
    }
    throw new Error('no place makes a file newer');
  }
});

describe('a database', () => {
  it('answers from the new file after reload, and answers of before stay whole', () => {
    const path = join(folder, 'served.npl');
    copyFileSync(vectorsFile(), path);
    const db = open(path, { allowOlder: true });
    const before = db.lookup(COMPANY);
    const expected = JSON.stringify(before);
    assert.equal(db.generation, 1);
    build('data/sample.toml', join(folder, 'other.npl'));
    renameSync(join(folder, 'other.npl'), path);
    assert.equal(db.reload(), 2);
    assert.equal(db.generation, 2);
    assert.notEqual(JSON.stringify(db.lookup(COMPANY)), expected);
    assert.deepEqual(db.metadata.sources.map(({ name }) => name), ['ip-asn']);
    assert.equal(JSON.stringify(before), expected);
    db.close();
    assert.equal(JSON.stringify(before), expected);
  });

  it('can be reloaded as often as one likes, with answers of each file kept', () => {
    const path = join(folder, 'often.npl');
    copyFileSync(vectorsFile(), path);
    const db = open(path, { allowOlder: true });
    const kept = [];
    for (let round = 0; round < 40; round++) {
      copyFileSync(vectorsFile(), `${path}.new`);
      renameSync(`${path}.new`, path);
      assert.equal(db.reload(), round + 2);
      kept.push(db.lookup(COMPANY));
    }
    assert.equal(new Set(kept.map((answer) => JSON.stringify(answer))).size, 1);
  });

  it('answers from the old file where the new one is bad', () => {
    const path = join(folder, 'spoilt.npl');
    copyFileSync(vectorsFile(), path);
    const db = open(path);
    writeFileSync(`${path}.new`, 'rubbish');
    renameSync(`${path}.new`, path);
    refuses(() => db.reload(), NameplateError, 'NAMEPLATE_FOREIGN');
    assert.equal(db.generation, 1);
    assert.equal(db.lookup(COMPANY).company.id, ID);
  });

  it('lives on when a file that was copied is cut off', () => {
    const path = join(folder, 'copied.npl');
    copyFileSync(vectorsFile(), path);
    const db = open(path, { copy: true });
    truncateSync(path, 0);
    assert.equal(db.lookup(COMPANY).company.id, ID);
  });

  it('shows nothing that a suppression list names', () => {
    const db = open(vectorsFile());
    assert.equal(db.lookup(COMPANY).status, 'company');
    assert.ok(db.networks(ID).length > 0);
    assert.equal(db.suppress(SUPPRESS), 2);
    const listed = open(vectorsFile(), { suppression: SUPPRESS });
    for (const ip of [COMPANY, '20.3.1.0', '1.0.0.0']) assert.equal(JSON.stringify(db.lookup(ip)), JSON.stringify(listed.lookup(ip)));
    assert.deepEqual(db.networks(ID), listed.networks(ID));
    for (const bad of [undefined, null, '', 5]) refuses(() => db.suppress(bad), TypeError);
    refuses(() => db.suppress(join(folder, 'no.list')), NameplateError, 'NAMEPLATE_SUPPRESSION');
  });

  it('is closed once and for all', () => {
    const db = open(vectorsFile());
    const [id] = db.lookupPacked(Uint32Array.of(0x14000000));
    const answer = db.lookup(COMPANY);
    assert.equal(db.closed, false);
    db.close();
    db.close();
    assert.equal(db.closed, true);
    for (const act of [
      () => db.lookup(COMPANY), () => db.lookup('::1'), () => db.lookupMany([COMPANY]), () => db.lookupMany([]), () => db.answer(id),
      () => db.lookupPacked(Uint32Array.of(1)), () => db.networks(ID), () => db.metadata, () => db.generation, () => db.reload(),
      () => db.suppress(SUPPRESS),
    ]) refuses(act, NameplateError, 'NAMEPLATE_CLOSED');
    assert.equal(answer.company.id, ID);
    // A new database may have the place of the old one, which stays closed.
    const next = open(vectorsFile());
    refuses(() => db.lookup(COMPANY), NameplateError, 'NAMEPLATE_CLOSED');
    assert.equal(next.lookup(COMPANY).company.id, ID);
  });

  it('is closed when it is collected', async () => {
    const maps = () => readFileSync('/proc/self/maps', 'utf8').split('\n').filter((line) => line.endsWith('collected.npl')).length;
    copyFileSync(vectorsFile(), join(folder, 'collected.npl'));
    let last;
    (() => {
      for (let round = 0; round < 100; round++) last = open(join(folder, 'collected.npl')).lookup(COMPANY);
    })();
    assert.ok(maps() > 10);
    for (let round = 0; round < 50 && maps() > 0; round++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
    assert.equal(maps(), 0);
    assert.equal(last.company.id, ID);
  });

  it('keeps its answers apart from those of others, also when one asks in the middle of another', () => {
    const whole = open(vectorsFile());
    const listed = open(vectorsFile(), { suppression: SUPPRESS });
    const expected = JSON.stringify(whole.lookup('1.0.0.0'));
    const other = JSON.stringify(listed.lookup(COMPANY));
    const entries = [COMPANY, '1.0.0.0', '10.0.0.1'];
    Object.defineProperty(entries, 1, {
      get() {
        assert.equal(JSON.stringify(listed.lookup(COMPANY)), other);
        listed.lookupMany(['9.9.9.9', '10.0.0.1', '20.3.1.0']);
        return '1.0.0.0';
      },
    });
    assert.deepEqual(whole.lookupMany(entries).map((answer) => JSON.stringify(answer)),
      [JSON.stringify(whole.lookup(COMPANY)), expected, JSON.stringify(whole.lookup('10.0.0.1'))]);
  });
});

describe('the package', () => {
  it('is the same for import and require', async () => {
    const { createRequire } = await import('node:module');
    assert.equal(createRequire(import.meta.url)('nameplate'), nameplate);
    assert.equal(nameplate.open, open);
    assert.throws(() => { throw new NameplateError('x', 'y'); }, { name: 'NameplateError', message: 'x', code: 'y' });
  });
});
