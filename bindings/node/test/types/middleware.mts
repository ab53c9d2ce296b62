import express from 'express';
import fastify from 'fastify';
import { Client, open } from 'nameplate';
import type { Answer } from 'nameplate';
import { nameplate as forExpress } from 'nameplate/express';
import { nameplate as forFastify } from 'nameplate/fastify';
import { nameplate as forNext } from 'nameplate/next';

const db = open('nameplate.npl');
const client = new Client('/run/nameplate.sock');

express().use(forExpress(db)).use(forExpress(client)).get('/', async (req, res) => {
  const answer: Answer | undefined = await req.nameplate;
  res.send(answer?.name);
});

const app = fastify();
await app.register(forFastify, { db });
app.get('/', async (request) => (await request.nameplate)?.company?.name);

export function proxy(request: Request): string | undefined {
  const answer: Answer | undefined = forNext(db, { header: 'x-real-ip' })(request).nameplate;
  const later: Promise<Answer | undefined> | undefined = forNext(client, { header: 'x-real-ip', hops: 2 })(request).nameplate;
  console.log(later);
  return answer?.name;
}

// @ts-expect-error: no source
forExpress(5);
// @ts-expect-error: no database
await app.register(forFastify, {});
// @ts-expect-error: no header
forNext(db, {});
