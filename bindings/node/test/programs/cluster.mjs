// A cluster of two workers, with a database in the primary as well; says what came back for 30 requests.

import cluster from 'node:cluster';
import http from 'node:http';
import { open } from 'nameplate';

const db = open(process.argv[2]);

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  const addresses = await Promise.all(workers.map((worker) => new Promise((listens) => worker.once('listening', listens))));
  const replies = [];
  for (let request = 0; request < 30; request++) {
    const reply = await fetch(`http://127.0.0.1:${addresses[0].port}/`, { headers: { connection: 'close' } });
    replies.push(await reply.json());
  }
  db.lookup('127.0.0.1');
  await new Promise((sent) => process.send(replies, sent));
  process.disconnect();
  for (const worker of workers) worker.kill();
} else {
  http.createServer((request, response) => {
    response.end(JSON.stringify({ worker: process.pid, answer: db.lookup(request.socket.remoteAddress) }));
  }).listen(0, '127.0.0.1');
}
