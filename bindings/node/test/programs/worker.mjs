// Compares answers with what is expected, round after round; says after each round how many it has compared, or in the end.

import { parentPort, workerData } from 'node:worker_threads';
import { open } from 'nameplate';

const { file, cases, rounds } = workerData;
const db = open(file);
let compared = 0;
for (let round = 0; round < rounds; round++) {
  for (const [ip, expected] of cases) {
    if (JSON.stringify(db.lookup(ip)) !== expected) throw new Error('a wrong answer');
    compared++;
  }
  if (rounds === Infinity) parentPort.postMessage(compared);
}
parentPort.postMessage(compared);
