// Worker threads, child processes and clusters: each opens the file itself.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { open } from 'nameplate';
import { build, cases, folder, vectorsFile } from './support.mjs';

const CASES = cases()
  .filter(({ world, asked, expected }) => world === 'whole' && asked === 'lookup' && expected !== 'invalid')
  .map(({ bytes, expected }) => [bytes.toString(), expected]);
const program = (name) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));

describe('worker threads', () => {
  it('answer at the same time as the main thread', async () => {
    const db = open(vectorsFile());
    const workers = Array.from({ length: 4 }, () => new Worker(program('worker.mjs'), { workerData: { file: vectorsFile(), cases: CASES, rounds: 20 } }));
    const done = Promise.all(workers.map((worker) => once(worker, 'message')));
    for (let round = 0; round < 20; round++) {
      for (const [ip, expected] of CASES) assert.equal(JSON.stringify(db.lookup(ip)), expected);
      await new Promise(setImmediate);
    }
    assert.deepEqual(await done, workers.map(() => [CASES.length * 20]));
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  it('can be ended in the middle of lookups, again and again', async () => {
    for (let round = 0; round < 12; round++) {
      const worker = new Worker(program('worker.mjs'), { workerData: { file: vectorsFile(), cases: CASES, rounds: Infinity } });
      await once(worker, 'message');
      await worker.terminate();
    }
    assert.equal(open(vectorsFile()).lookup('10.0.0.1').status, 'reserved');
  });

  it('can end with databases open, closed and collected', async () => {
    for (let round = 0; round < 8; round++) {
      const worker = new Worker(
        `const { open } = require('nameplate'); const { workerData } = require('worker_threads');
         globalThis.kept = [open(workerData), open(workerData)];
         open(workerData).close(); open(workerData); globalThis.gc?.(); open(workerData).lookup('1.0.0.0');`,
        { eval: true, workerData: vectorsFile() },
      );
      assert.deepEqual(await once(worker, 'exit'), [0]);
    }
  });

  it('go on with the file that they have when another thread reloads', async () => {
    const path = join(folder, 'shared.npl');
    copyFileSync(vectorsFile(), path);
    const db = open(path, { allowOlder: true });
    const worker = new Worker(program('worker.mjs'), { workerData: { file: path, cases: CASES, rounds: Infinity } });
    await once(worker, 'message');
    build('data/sample.toml', join(folder, 'newer.npl'));
    renameSync(join(folder, 'newer.npl'), path);
    assert.equal(db.reload(), 2);
    // It compares each answer with those of the file that it opened, and says how many it has.
    await once(worker, 'message');
    await worker.terminate();
  });
});

describe('processes', () => {
  it('answer the same as their parent', async () => {
    const db = open(vectorsFile());
    const children = Array.from({ length: 3 }, () => fork(program('child.mjs'), [vectorsFile()]));
    const answers = CASES.map(([ip]) => JSON.stringify(db.lookup(ip)));
    for (const child of children) {
      child.send(CASES.map(([ip]) => ip));
      const [message] = await once(child, 'message');
      assert.deepEqual(message, answers);
      child.disconnect();
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    }
  });

  it('answer as a cluster, each with the file that its primary has opened too', async () => {
    const primary = fork(program('cluster.mjs'), [vectorsFile()]);
    const [replies] = await once(primary, 'message');
    assert.equal(replies.length, 30);
    assert.deepEqual([...new Set(replies.map(({ answer }) => JSON.stringify(answer)))], [JSON.stringify(open(vectorsFile()).lookup('127.0.0.1'))]);
    assert.equal(new Set(replies.map(({ worker }) => worker)).size, 2);
    assert.deepEqual(await once(primary, 'exit'), [0, null]);
  });
});
