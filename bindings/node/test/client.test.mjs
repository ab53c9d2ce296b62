// The client beyond the vectors: pipelining, what is sent again, what goes wrong with a socket.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Client, NameplateError, open } from 'nameplate';
import { atEnd, build, folder, serve, vectorsFile } from './support.mjs';

const COMPANY = '20.0.0.0';
const ID = 'amtsgericht-beispiel:HRB 1';

async function refuses(promise, kind, code, secret) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof kind, `${inspect(error)} is no ${kind.name}`);
    if (code !== undefined) assert.equal(error.code, code);
    assert.ok(error.message.length > 20 && error.message.length < 1000, error.message);
    if (secret !== undefined) assert.ok(!inspect(error).includes(secret), error.message);
    return true;
  });
}

let sockets = 0;
/** A real server on a socket of its own that does what a test says with each connection; not nameplate. */
async function impostor(handle) {
  const path = join(folder, `impostor-${++sockets}.sock`);
  const connections = new Set();
  const server = net.createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => {});
    handle(connection, connections.size);
  });
  server.listen(path);
  await once(server, 'listening');
  atEnd(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return path;
}

/** Where a client's bytes go through to a daemon, `cut(bytes, number of the connection)` willing. */
async function through(target, cut) {
  return impostor((connection, number) => {
    const daemon = net.connect(target);
    daemon.on('error', () => {});
    connection.pipe(daemon);
    daemon.on('data', (bytes) => cut(bytes, number, connection));
    connection.on('close', () => daemon.destroy());
  });
}

describe('a client of a daemon', () => {
  const socket = join(folder, 'daemon.sock');
  let db;
  before(async () => {
    await serve(vectorsFile(), socket);
    db = open(vectorsFile());
  });

  it('answers calls made at once, each its own', async () => {
    const client = new Client(socket);
    const ips = Array.from({ length: 3000 }, (_, index) => (index % 7 === 0 ? 'no address' : `20.${index % 6}.${index % 256}.${index % 100}`));
    const settled = await Promise.allSettled(ips.map((ip, index) => (index % 5 === 0 ? client.lookupMany([ip, COMPANY]) : client.lookup(ip))));
    for (const [index, { status, value, reason }] of settled.entries()) {
      if (index % 7 === 0) {
        assert.equal(status, 'rejected');
        assert.ok(reason instanceof RangeError);
      } else {
        assert.equal(JSON.stringify(index % 5 === 0 ? value[0] : value), JSON.stringify(db.lookup(ips[index])));
      }
    }
    client.close();
  });

  it('takes as many addresses as one likes', async () => {
    const client = new Client(socket);
    const ips = Array.from({ length: 50_000 }, (_, index) => `20.${index % 6}.${index % 256}.${index % 100}`);
    const [answers, expected] = [await client.lookupMany(ips), db.lookupMany(ips)];
    assert.ok(answers.every((answer, index) => JSON.stringify(answer) === JSON.stringify(expected[index])));
    const numbers = Uint32Array.from({ length: 1_000_000 }, (_, index) => 0x14000000 + index);
    assert.deepEqual(await client.lookupPacked(numbers), db.lookupPacked(numbers));
    const bytes = Buffer.alloc(16 * 100_000, 0x20);
    assert.deepEqual(await client.lookupPacked(bytes), db.lookupPacked(bytes));
    assert.deepEqual(await client.lookupMany([]), []);
    assert.deepEqual(await client.lookupPacked(new Uint32Array(0)), new Uint32Array(0));
    client.close();
  });

  it('leaves networks out where that is asked for, and nothing else', async () => {
    const client = new Client(socket);
    const ips = ['20.3.1.0', '2.0.0.0', '10.0.0.1', '::ffff:20.0.0.0', COMPANY, '2001:db8::1', '1.0.0.0', '::', COMPANY, 0x14000000, Buffer.from([20, 3, 1, 0])];
    const many = Array.from({ length: 20_000 }, (_, index) => ips[index % ips.length]);
    for (const list of [[], [COMPANY], ips, many, ips]) {
      const answers = await client.lookupMany(list, { network: false });
      assert.deepEqual(answers.map((answer) => JSON.stringify(answer)), db.lookupMany(list).map((answer) => JSON.stringify(answer.withoutNetwork())));
    }
    await assert.rejects(client.lookupMany([...ips, '1.2.3.04', '1.2.3'], { network: false }), { name: 'RangeError', index: ips.length });
    await refuses(client.lookupMany(ips, { network: 1 }), TypeError);
    client.close();
  });

  it('gives the same answers, networks and metadata as the file', async () => {
    const client = new Client(socket);
    const { sources, ...metadata } = db.metadata;
    assert.deepEqual(await client.metadata(), metadata);
    assert.deepEqual(await client.networks(ID), db.networks(ID));
    assert.deepEqual(await client.networks('none'), []);
    assert.deepEqual(await client.networks('股份'), []);
    const answer = await client.lookup('20.3.1.0');
    assert.equal(answer.company.name, 'Ünïcödé Größe Ő 株式会社');
    assert.throws(() => (answer.company.name = ''), TypeError);
    assert.throws(() => answer.sources.push(''), TypeError);
    assert.equal(JSON.stringify(await client.lookup(Buffer.from([20, 3, 1, 0]))), JSON.stringify(answer));
    assert.equal(JSON.stringify(await client.lookup(0x14030100)), JSON.stringify(answer));
    client.close();
  });

  it('gives whole answers however the bytes are cut', async () => {
    const path = await through(socket, (bytes, _, connection) => {
      for (let at = 0; at < bytes.length; at++) connection.write(bytes.subarray(at, at + 1));
    });
    const cut = await through(path, (bytes, _, connection) => {
      // Each in a turn of its own, so that it is a chunk of its own.
      for (let at = 0; at < bytes.length; at += 7) setImmediate(() => connection.write(bytes.subarray(at, at + 7)));
    });
    const client = new Client(cut);
    assert.deepEqual(
      (await client.lookupMany([COMPANY, '20.3.1.0', '10.0.0.1', '2.0.0.0'])).map((answer) => JSON.stringify(answer)),
      [COMPANY, '20.3.1.0', '10.0.0.1', '2.0.0.0'].map((ip) => JSON.stringify(db.lookup(ip))),
    );
    assert.deepEqual(await client.networks(ID), db.networks(ID));
    assert.deepEqual(await client.lookupPacked(Uint32Array.of(0x14000000, 0)), db.lookupPacked(Uint32Array.of(0x14000000, 0)));
    await assert.rejects(client.lookupMany([COMPANY, 'x', COMPANY]), { index: 1 });
    assert.equal((await client.metadata()).answers, db.metadata.answers);
    client.close();
  });

  it('refuses what is no address, without a word of it, and goes on', async () => {
    const client = new Client(socket);
    for (const bad of [undefined, null, {}, [], [COMPANY], 1n, true]) {
      await refuses(client.lookup(bad), TypeError);
      await refuses(client.lookupMany([COMPANY, bad]), TypeError);
    }
    for (const bad of ['', 'x'.repeat(10_000_000), '198.51.100.7777', -1, 2 ** 32, NaN, Buffer.alloc(5), '\u0131.2.3.4', '1.2.3.4\r\nPING', '1.2.3.4\0']) {
      await refuses(client.lookup(bad), RangeError, undefined, '198.51');
      await refuses(client.lookupMany([COMPANY, bad]), RangeError, undefined, '198.51');
    }
    for (const bad of [undefined, null, [1], 'x', new Int32Array(1)]) await refuses(client.lookupPacked(bad), TypeError);
    await refuses(client.lookupPacked(Buffer.alloc(17)), RangeError);
    for (const bad of [undefined, '1', {}]) await refuses(client.answer(bad), TypeError);
    for (const bad of [-1, 0.5, 2 ** 32, db.metadata.answers]) await refuses(client.answer(bad), RangeError);
    for (const bad of [undefined, 5, {}]) await refuses(client.networks(bad), TypeError);
    for (const bad of [undefined, null, 5, {}]) await refuses(client.lookupMany(bad), TypeError);
    assert.equal((await client.lookup(COMPANY)).company.id, ID);
    client.close();
  });

  it('refuses to be made of what is none', () => {
    for (const bad of [undefined, null, '', 5, {}]) assert.throws(() => new Client(bad), TypeError);
    for (const bad of ['a\0b', 'x'.repeat(108)]) assert.throws(() => new Client(bad), RangeError);
    for (const options of [null, { timeout: 0 }, { timeout: '5' }, { timeout: NaN }, { timeouts: 5 }]) assert.throws(() => new Client(socket, options), TypeError);
  });

  it('is closed once and for all, and what waits is rejected', async () => {
    const client = new Client(socket);
    const waiting = [client.lookup(COMPANY), client.lookupMany([COMPANY])];
    client.close();
    client.close();
    assert.equal(client.closed, true);
    for (const promise of [...waiting, client.lookup(COMPANY), client.metadata(), client.lookupPacked(Uint32Array.of(1))]) {
      await refuses(promise, NameplateError, 'NAMEPLATE_CLOSED');
    }
  });

  it('keeps no process alive when nothing waits', () => {
    const program = `const { Client } = require('nameplate');
      new Client(process.argv[1]).lookup('10.0.0.1').then((answer) => console.log(answer.block));`;
    const { status, stdout } = spawnSync(process.execPath, ['-e', program, socket], { encoding: 'utf8', timeout: 60_000 });
    assert.deepEqual([status, stdout], [0, 'Private-Use\n']);
  });
});

describe('a daemon that goes and comes', () => {
  it('is connected to anew', async () => {
    const socket = join(folder, 'restarted.sock');
    const client = new Client(socket);
    for (let round = 0; round < 3; round++) {
      const daemon = await serve(vectorsFile(), socket);
      assert.equal((await client.lookup(COMPANY)).company.id, ID);
      await daemon.stop();
      await refuses(client.lookup(COMPANY), NameplateError, 'NAMEPLATE_MISSING');
    }
    client.close();
  });

  it('is asked once more what it had not answered', async () => {
    const socket = join(folder, 'behind.sock');
    await serve(vectorsFile(), socket);
    // The first connection breaks in the middle of the reply.
    const path = await through(socket, (bytes, number, connection) => {
      if (number === 1) connection.end(bytes.subarray(0, bytes.length - 40));
      else connection.write(bytes);
    });
    const client = new Client(path);
    const answers = await client.lookupMany(new Array(500).fill(COMPANY));
    assert.equal(answers.length, 500);
    assert.ok(answers.every((answer) => answer.company.id === ID));
    client.close();
  });

  it('is not asked to reload twice', async () => {
    let asked = 0;
    const path = await impostor((connection) => connection.on('data', () => {
      asked++;
      connection.destroy();
    }));
    const client = new Client(path);
    await refuses(client.reload(), NameplateError, 'NAMEPLATE_DISCONNECTED');
    assert.equal(asked, 1);
    client.close();
  });

  it('reloads, and says that ids are of another file', async () => {
    const path = join(folder, 'served.npl');
    const socket = join(folder, 'reloading.sock');
    copyFileSync(vectorsFile(), path);
    await serve(path, socket);
    const client = new Client(socket);
    const [id] = await client.lookupPacked(Uint32Array.of(0x14000000));
    assert.equal((await client.answer(id)).company.id, ID);
    build('tests/vectors/vectors.toml', `${path}.new`);
    renameSync(`${path}.new`, path);
    assert.equal(await client.reload(), undefined);
    assert.equal((await client.metadata()).generation, 2);
    await refuses(client.answer(id), NameplateError, 'NAMEPLATE_RELOADED');
    assert.equal((await client.lookupMany([COMPANY], { network: false }))[0].company.id, ID);
    const [next] = await client.lookupPacked(Uint32Array.of(0x14000000));
    assert.equal((await client.answer(next)).company.id, ID);
    writeFileSync(`${path}.new`, 'rubbish');
    renameSync(`${path}.new`, path);
    await refuses(client.reload(), NameplateError, 'NAMEPLATE_REPLY');
    assert.equal((await client.lookup(COMPANY)).company.id, ID);
    client.close();
  });
});

describe('a socket', () => {
  it('that is not there', async () => {
    const client = new Client(join(folder, 'none.sock'));
    const asked = [client.lookup(COMPANY), client.lookupMany([COMPANY]), client.metadata()];
    for (const promise of asked) await refuses(promise, NameplateError, 'NAMEPLATE_MISSING');
  });

  it('that nobody listens on', async () => {
    const path = join(folder, 'left.sock');
    const leave = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leave, path]);
    await refuses(new Client(path).lookup(COMPANY), NameplateError, 'NAMEPLATE_REFUSED');
  });

  it('that is a file, or forbidden', async () => {
    const path = join(folder, 'file.sock');
    writeFileSync(path, '');
    await refuses(new Client(path).lookup(COMPANY), NameplateError);
    if (process.getuid() !== 0) {
      const closed = await impostor(() => {});
      chmodSync(closed, 0);
      await refuses(new Client(closed).lookup(COMPANY), NameplateError, 'NAMEPLATE_ACCESS');
    }
  });

  it('that answers rubbish', async () => {
    for (const rubbish of [
      'HTTP/1.1 400 Bad Request\r\n\r\n', '\0\0\0\0', '{}\n', '*', '*x\r\n', '$-5\r\n', '*99999999999999999999\r\n', '$99999999999\r\n',
      '*2\r\n$6\r\nstatus\r\n:5\r\n', '*3\r\n$1\r\na\r\n', '*2\r\n$3\r\nabcdef\r\n$1\r\nx\r\n', '*0\r\n', ':'.repeat(100_000), '-'.repeat(100_000),
      '*1\r\n'.repeat(1000), '%2\r\n', '$5\r\nhello\r\n',
    ]) {
      const path = await impostor((connection) => connection.on('data', () => connection.end(rubbish)));
      for (const ask of [(client) => client.lookup(COMPANY), (client) => client.lookupMany([COMPANY, COMPANY])]) {
        const client = new Client(path);
        await refuses(ask(client), NameplateError, undefined, COMPANY);
        client.close();
      }
    }
  });

  it('that answers another command', async () => {
    for (const reply of [':5\r\n', '+OK\r\n', '*1\r\n:1\r\n', '*2\r\n:1\r\n$3\r\nabc\r\n', '$3\r\nabc\r\n', '*1\r\n*1\r\n:1\r\n', '-ERR unknown command\r\n', '-BUSY too many at once\r\n']) {
      const path = await impostor((connection) => connection.on('data', () => connection.write(reply)));
      for (const ask of [
        (client) => client.lookup(COMPANY), (client) => client.lookupMany([COMPANY]), (client) => client.lookupPacked(Uint32Array.of(1)),
        (client) => client.networks(ID), (client) => client.answer(1),
      ]) {
        const client = new Client(path);
        await refuses(ask(client), NameplateError);
        client.close();
      }
    }
  });

  it('that answers more than was asked', async () => {
    const path = await impostor((connection, number) => connection.on('data', () => {
      connection.write(`*2\r\n$6\r\nstatus\r\n$7\r\nunknown\r\n${number === 1 ? '*2\r\n$6\r\nstatus\r\n$8\r\nreserved\r\n' : ''}`);
    }));
    const client = new Client(path);
    assert.equal((await client.lookup(COMPANY)).status, 'unknown');
    // The reply too many is not taken for this one's: the connection is a new one.
    assert.equal((await client.lookup(COMPANY)).status, 'unknown');
    client.close();
  });

  it('that closes in the middle, always', async () => {
    let connections = 0;
    const path = await impostor((connection) => {
      connections++;
      connection.on('data', () => connection.end('*12\r\n$6\r\nstatus\r\n$7\r\ncomp'));
    });
    const client = new Client(path);
    await refuses(client.lookup(COMPANY), NameplateError, 'NAMEPLATE_DISCONNECTED');
    assert.equal(connections, 2);
    client.close();
  });

  it('that answers nothing', async () => {
    const path = await impostor((connection) => connection.resume());
    const client = new Client(path, { timeout: 50 });
    const asked = [client.lookup(COMPANY), client.lookupMany([COMPANY])];
    for (const promise of asked) await refuses(promise, NameplateError, 'NAMEPLATE_TIMEOUT');
    await refuses(client.lookup(COMPANY), NameplateError, 'NAMEPLATE_TIMEOUT');
    client.close();
  });

  it('that stops answering in the middle', async () => {
    const path = await impostor((connection) => connection.on('data', () => connection.write('*2\r\n$6\r\nstatus\r\n$7\r\nunkn')));
    const client = new Client(path, { timeout: 50 });
    await refuses(client.lookup(COMPANY), NameplateError, 'NAMEPLATE_TIMEOUT');
    await turn();
    client.close();
  });
});
