// A site of Next, built and served as its authors would, with proxy.ts in front.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { atEnd, vectorsFile } from './support.mjs';

const SITE = fileURLToPath(new URL('site', import.meta.url));
const NEXT = join(dirname(createRequire(import.meta.url).resolve('next/package.json')), 'dist/bin/next');
const [major, minor] = process.versions.node.split('.').map(Number);
const skip = (major < 20 || (major === 20 && minor < 9)) && 'Next needs Node 20.9';

describe('a site of Next', { skip }, () => {
  it('knows in its proxy which company asks, and believes no visitor', async () => {
    const env = { ...process.env, NAMEPLATE_FILE: vectorsFile(), NEXT_TELEMETRY_DISABLED: '1', NODE_OPTIONS: '' };
    const built = spawnSync(process.execPath, [NEXT, 'build', '--webpack'], { cwd: SITE, env, encoding: 'utf8' });
    assert.equal(built.status, 0, `${built.stdout}${built.stderr}`);

    const server = spawn(process.execPath, [NEXT, 'start', '--hostname', '127.0.0.1', '--port', '0'], { cwd: SITE, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(server, 'exit');
    atEnd(async () => {
      server.kill('SIGTERM');
      await ended;
    });
    let said = '';
    let url;
    for await (const text of server.stdout.setEncoding('utf8')) {
      said += text;
      url ??= /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (url !== undefined && said.includes('Ready')) break;
    }
    server.stdout.resume();
    const ask = async (headers) => {
      const [response] = await once(http.get(`${url}/`, { headers, agent: false }), 'response');
      let body = '';
      for await (const chunk of response.setEncoding('utf8')) body += chunk;
      assert.equal(response.statusCode, 200);
      return /<p>(.*?)<\/p>/.exec(body)[1];
    };
    assert.equal(await ask({ 'x-real-ip': '20.0.0.0' }), 'Hello, Beispiel Maschinenbau GmbH');
    assert.equal(await ask({ 'x-real-ip': '20.3.1.0' }), 'Hello, Ünïcödé Größe Ő 株式会社');
    assert.equal(await ask({ 'x-real-ip': '1.0.0.0' }), 'Hello');
    assert.equal(await ask({ 'x-forwarded-for': '20.0.0.0', 'x-company': 'Forged' }), 'Hello');
  });
});
