// The middleware in the frameworks themselves, over real connections: the visitor's address is what the framework's own proxy
// settings make it, and a header that nobody vouches for changes nothing.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import express from 'express';
import fastify from 'fastify';
import { NextRequest } from 'next/server.js';
import { Client, open } from 'nameplate';
import { nameplate as forExpress } from 'nameplate/express';
import { nameplate as forFastify } from 'nameplate/fastify';
import { nameplate as forNext } from 'nameplate/next';
import { atEnd, folder, serve, vectorsFile } from './support.mjs';

const COMPANY = '20.0.0.0';
const LOOPBACK = { status: 'reserved', block: 'Loopback' };
const socket = join(folder, 'middleware.sock');
let db, client, company;

before(async () => {
  await serve(vectorsFile(), socket);
  db = open(vectorsFile());
  client = new Client(socket);
  company = JSON.parse(JSON.stringify(db.lookup(COMPANY)));
  assert.equal(company.status, 'company');
});

/** A source that counts what it is asked, in front of a real one. */
function counted(source) {
  const counter = { asked: 0, lookup: (ip) => (counter.asked++, source.lookup(ip)) };
  return counter;
}

/** What a server on the loopback interface, or on a Unix socket, says to a request with these headers. */
async function ask(server, headers = {}) {
  const { port } = typeof server.address() === 'string' ? {} : server.address();
  const where = port === undefined ? { socketPath: server.address() } : { port, host: '127.0.0.1' };
  const request = http.get({ ...where, headers, agent: false });
  const [response] = await once(request, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  assert.equal(response.statusCode, 200, body);
  return JSON.parse(body);
}

/** What every way of serving must do. `start` gives a listening server that replies with JSON of what was found. */
function servesVisitors(start, untrustedSeesLoopback) {
  for (const [name, source] of [['a database', () => db], ['a client', () => client]]) {
    it(`tells who asks, with ${name}`, async () => {
      const trusting = await start(source(), true);
      assert.deepEqual(await ask(trusting, { 'x-forwarded-for': COMPANY }), { found: company });
      assert.deepEqual(await ask(trusting, { 'x-forwarded-for': `::ffff:${COMPANY}` }), { found: company });
    });

    it(`finds nothing, and fails nothing, where there is no address, with ${name}`, async () => {
      const trusting = await start(source(), true);
      for (const header of ['unknown', `${COMPANY}:8080`, '_hidden', 'x'.repeat(5000), `${COMPANY}%eth0`]) {
        assert.deepEqual(await ask(trusting, { 'x-forwarded-for': header }), {});
      }
    });
  }

  it('asks only when it is read, and once', async () => {
    const source = counted(db);
    const server = await start(source, true);
    await ask(server, { 'x-forwarded-for': COMPANY, 'x-ignore': 'yes' });
    assert.equal(source.asked, 0);
    await ask(server, { 'x-forwarded-for': COMPANY });
    assert.equal(source.asked, 1);
  });

  it('believes no header unless it is told to', async () => {
    const server = await start(db, false);
    const found = await ask(server, { 'x-forwarded-for': COMPANY, 'x-real-ip': COMPANY, forwarded: `for=${COMPANY}` });
    assert.deepEqual(found, untrustedSeesLoopback ? { found: LOOPBACK } : {});
  });
}

describe('Express', () => {
  const start = async (source, trust, where = [0, '127.0.0.1']) => {
    const app = express();
    if (trust) app.set('trust proxy', 'loopback');
    app.use(forExpress(source));
    app.get('/', async (req, res) => {
      if (req.get('x-ignore')) return res.json({});
      const [first, second] = [req.nameplate, req.nameplate];
      assert.equal(first, second);
      return res.json({ found: await first });
    });
    const server = app.listen(...where);
    await once(server, 'listening');
    atEnd(() => server.close());
    return server;
  };
  servesVisitors(start, true);

  it('finds nothing on a Unix socket, where no address is', async () => {
    assert.deepEqual(await ask(await start(db, false, [join(folder, 'express.sock')])), {});
  });

  it('hands on what fails otherwise', async () => {
    const closed = open(vectorsFile());
    closed.close();
    const app = express();
    app.use(forExpress(closed));
    app.get('/', (req, res) => res.json({ found: req.nameplate }));
    app.use((error, req, res, next) => (res.headersSent ? next(error) : res.json({ code: error.code })));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => server.close());
    assert.deepEqual(await ask(server), { code: 'NAMEPLATE_CLOSED' });
  });
});

describe('Fastify', () => {
  servesVisitors(async (source, trust) => {
    const app = fastify({ trustProxy: trust ? 'loopback' : false });
    await app.register(forFastify, { db: source });
    app.get('/', async (request) => {
      if (request.headers['x-ignore']) return {};
      const [first, second] = [request.nameplate, request.nameplate];
      assert.equal(first, second);
      return { found: await first };
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    atEnd(() => app.close());
    return app.server;
  }, true);

  it('refuses to start without a source', async () => {
    await assert.rejects(async () => fastify().register(forFastify, {}), TypeError);
  });
});

// In a whole site: next.test.mjs.
describe('Next', () => {
  servesVisitors(async (source, trust) => {
    const look = forNext(source, { header: trust ? 'X-Forwarded-For' : 'x-proxy-address' });
    const server = http.createServer(async (incoming, response) => {
      const request = look(new NextRequest('http://127.0.0.1/', { headers: incoming.headers }));
      const found = request.headers.has('x-ignore') ? undefined : await request.nameplate;
      response.end(JSON.stringify({ found }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => server.close());
    return server;
  }, false);

  it('takes the entry that the trusted proxies wrote', () => {
    const found = (hops, list) =>
      forNext(db, { header: 'x-forwarded-for', hops })(new NextRequest('http://127.0.0.1/', { headers: { 'x-forwarded-for': list } })).nameplate?.status;
    assert.equal(found(undefined, `${COMPANY}, 10.0.0.1`), 'reserved');
    assert.equal(found(1, `10.0.0.1, ${COMPANY}`), 'company');
    assert.equal(found(2, `${COMPANY}, 10.0.0.1`), 'company');
    assert.equal(found(2, `10.9.9.9,${COMPANY},10.0.0.1`), 'company');
    assert.equal(found(2, COMPANY), undefined);
  });

  it('wants to be told the header', () => {
    for (const options of [undefined, null, {}, { header: '' }, { header: 'a b' }, { header: 5 }, { header: 'x-real-ip', hops: 0 }, { header: 'x', hops: 1.5 }]) {
      assert.throws(() => forNext(db, options), TypeError);
    }
  });
});

it('all want a source', () => {
  for (const bad of [undefined, null, {}, 'x']) {
    assert.throws(() => forExpress(bad), TypeError);
    assert.throws(() => forNext(bad, { header: 'x-real-ip' }), TypeError);
  }
});
