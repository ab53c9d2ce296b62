// What the WordPress plugin costs a page: the same page of the same WordPress with the plugin and without it, request by request in turn.
//
//     node bench.mjs --packages FOLDER --nameplate PROGRAM [--rounds 7] [--requests 40]
//
// MariaDB, nginx and php-fpm with opcache, the real daemon with leads; a header tells a must-use plugin to leave ours out. The time is PHP's own, from the
// request's beginning until its answer goes out, without the proxy of the tests; each round's value is the median of its requests, and for what the plugin adds the median of the
// differences of a request with it and the one without it beside it. Prints a line of JSON for each case, subject and round.
//
//     page                 a page as it comes, with the page script's tag in it
//     page with the tag    a page whose theme asks nameplate_current_company(), which asks the daemon
//     …, stopped daemon    the same with a socket on which nobody listens any more,
//     …, silent daemon     with a daemon that never answers,
//     …, slow daemon       and with one whose answer drips without an end
//     …, broken file       the same with a range file that is none, and no daemon
//     request of a visit   that of a page view, against WordPress's own answer to a route that it does not have; that the daemon
//                          has it on the disk comes after the answer, and is the case beside it
//     worker's time …      the same until php-fpm's process is free again, the daemon's VISIT included

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: Object.fromEntries(['range', 'mmdb', 'packages', 'nameplate', 'rounds', 'requests', 'addresses'].map((name) => [name, { type: 'string' }])),
});
if (!values.packages || !values.nameplate) {
  console.error('usage: node bench.mjs --packages FOLDER --nameplate PROGRAM [--rounds N] [--requests N]');
  process.exit(2);
}
process.env.NAMEPLATE_WORDPRESS = values.packages;
process.env.NAMEPLATE_BIN = values.nameplate;
const { COMPANY, Daemon, House, WordPress, badDaemon, until } = await import('../../../bindings/wordpress/test/support.mjs');

const rounds = Number(values.rounds ?? 7);
const requests = Number(values.requests ?? 40);
const house = new House();
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

try {
  const wordpress = await new WordPress(house, { server: 'fpm', database: 'mariadb', phpOptions: ['-d', 'opcache.enable=1', '-d', 'opcache.revalidate_freq=60'] }).start();
  const daemon = await new Daemon(house).start();
  wordpress.addPlugin({ settings: { socket: daemon.socket, site: 'localhost', basis: 'legitimate-interest' } });
  const folder = join(wordpress.root, 'wp-content/mu-plugins');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'without.php'),
    `<?php
if (isset($_SERVER['HTTP_X_WITHOUT'])) { add_filter('option_active_plugins', '__return_empty_array'); }
$since = static fn (): int => (int) ((microtime(true) - $_SERVER['REQUEST_TIME_FLOAT']) * 1e9);
ob_start(static function (string $text) use ($since): string { header('X-Server-Time: ' . $since()); return $text; });
if (isset($_SERVER['HTTP_X_WORKER'])) {
  // After all that anybody does at the end.
  register_shutdown_function(static fn () => register_shutdown_function(static fn () => file_put_contents($_SERVER['HTTP_X_WORKER'], $since())));
}
`,
  );
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const note = join(house.folder, 'worker');
  const ask = async (path, without, body, worker) => {
    const reply = await send(path, without, body, worker);
    if (worker) {
      await until('the end of the worker', () => existsSync(note) && readFileSync(note, 'utf8') !== '');
      reply.time = Number(readFileSync(note, 'utf8'));
      rmSync(note);
    }
    return reply;
  };
  const send = (path, without, body, worker) =>
    new Promise((done, failed) => {
      const request = http.request(
        {
          agent, host: '127.0.0.1', port: wordpress.backendPort, path, method: body ? 'POST' : 'GET',
          headers: {
            host: new URL(wordpress.origin).host, 'x-forwarded-for': COMPANY.address, 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
            'x-hurried': '1', ...(worker && { 'x-worker': note }), ...(without && { 'x-without': '1' }), ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          },
        },
        (reply) => {
          let text = '';
          reply.setEncoding('utf8').on('data', (part) => (text += part));
          reply.on('end', () => done({ time: Number(reply.headers['x-server-time']), status: reply.statusCode, text }));
        },
      );
      request.on('error', failed);
      request.end(body);
    });

  const broken = join(house.folder, 'broken.npl');
  writeFileSync(broken, 'no range file');
  const visit = JSON.stringify({ consent: 'company', url: `${wordpress.origin}/a-page/`, title: 'A page' });
  const cases = [
    { name: 'page', path: '/', has: /nameplate\/assets\/n\.js/ },
    { name: 'page with the template tag', path: '/?np_tag', has: new RegExp(COMPANY.name) },
    { name: 'request of a visit', path: '/wp-json/nameplate/v1/visits', body: visit, status: 204 },
    { name: "worker's time for a visit", path: '/wp-json/nameplate/v1/visits', body: visit, status: 204, worker: true },
    { name: 'page with the template tag, silent daemon', path: '/?np_tag', settings: { socket: await badDaemon(house, 'silent') }, has: /<p id="tag">null/ },
    { name: 'page with the template tag, slow daemon', path: '/?np_tag', settings: { socket: await badDaemon(house, 'slow') }, has: /<p id="tag">null/ },
    { name: 'page with the template tag, stopped daemon', path: '/?np_tag', settings: { socket: join(house.folder, 'nothing') }, has: /<p id="tag">null/ },
    { name: 'page with the template tag, broken file', path: '/?np_tag', settings: { socket: '', range_file: broken }, has: /<p id="tag">null/ },
  ];
  for (const { name, path, body, has, status = 200, settings, worker } of cases) {
    wordpress.set({ socket: daemon.socket, range_file: '', ...settings });
    const ours = await ask(path, false, body, worker);
    const theirs = await ask(path, true, body, worker);
    // What is measured is what it says.
    if (ours.status !== status || (has && !has.test(ours.text)) || (has && has.test(theirs.text)) || theirs.status !== (body ? 404 : 200) || !(ours.time > 0 && theirs.time > 0)) {
      throw new Error(`${name}: not the page that was to be measured (${ours.status}, ${theirs.status})`);
    }
    for (let warm = 0; warm < 5; warm++) for (const without of [true, false]) await ask(path, without, body, worker);
    for (let round = 0; round < rounds; round++) {
      const times = { with: [], without: [], added: [] };
      for (let i = 0; i < requests; i++) {
        for (const way of i % 2 ? ['with', 'without'] : ['without', 'with']) times[way].push((await ask(path, way === 'without', body, worker)).time);
        times.added.push(times.with.at(-1) - times.without.at(-1));
      }
      const print = (title, subject, value) => console.log(JSON.stringify({ case: title, subject, value, unit: 'ns' }));
      // A time is more than nothing.
      print(`WordPress, added to ${/^w/.test(name) ? '' : 'a '}${name}`, 'nameplate, plugin', Math.max(1, median(times.added)));
      print(`WordPress, ${name}`, 'nameplate, plugin', median(times.with));
      print(`WordPress, ${name}`, 'WordPress without it', median(times.without));
    }
  }
  agent.destroy();
} finally {
  await house.end();
}
