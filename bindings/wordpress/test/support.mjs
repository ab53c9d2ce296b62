// Real WordPress on this machine: its files from npm, SQLite behind PHP's own web server, or MariaDB behind nginx and php-fpm; a real daemon; a
// proxy in front that says who the visitor is; Debian's Chromium. All of it lives in a folder of its own and ends with the test.

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(here, '../../..');
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
export const BINARY = process.env.NAMEPLATE_BIN ?? join(TARGET, 'release/nameplate');
const BUILDS = join(here, 'node_modules/@wp-playground/wordpress-builds');
const isRoot = process.getuid() === 0;
// How long to wait for what must come; whatever comes is not waited for any longer.
export const PATIENCE = 60_000;
// The daemon takes a browser that calls itself headless for a robot.
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
export const PASSWORD = 'a password for tests';
// Of tests/vectors: companies, an access provider.
export const COMPANY = { address: '20.0.0.1', name: 'Beispiel Maschinenbau GmbH', id: 'amtsgericht-beispiel:HRB 1', country: 'DE' };
export const UNIVERSITY = { address: '20.0.7.7', name: 'Universiteit van Voorbeeld', id: 'domain:uni.example', country: 'NL' };
export const ACCESS_ADDRESS = '20.1.0.0';

export function zipFile() {
  const folder = process.env.NAMEPLATE_WORDPRESS ?? join(TARGET, 'packages/wordpress');
  const name = readdirSync(folder).find((file) => /^nameplate-[\d.]+\.zip$/.test(file));
  return join(folder, name);
}

/** Versions of WordPress that there are: `6.2` and later, and `nightly`. */
export const VERSIONS = readdirSync(join(BUILDS, 'src/wordpress'))
  .map((file) => /^wp-(.+)\.zip$/.exec(file)?.[1])
  .filter((version) => version && version !== 'beta')
  .sort();
/** The last released one. */
export const LATEST = VERSIONS.filter((version) => /^\d/.test(version)).at(-1);

/** WordPress as Debian packages it: {folder, version}, or null where it is not installed. NAMEPLATE_DEBIAN_WORDPRESS names another folder. */
export const DEBIAN = (() => {
  const folder = process.env.NAMEPLATE_DEBIAN_WORDPRESS ?? '/usr/share/wordpress';
  const file = join(folder, 'wp-includes/version.php');
  return existsSync(file) ? { folder, version: /\$wp_version = '([\d.]+)/.exec(readFileSync(file, 'utf8'))[1] } : null;
})();

export async function until(what, ask) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`did not come: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const listens = (place) =>
  new Promise((done) => {
    const socket = net.connect(place);
    socket.once('connect', () => (socket.destroy(), done(true)));
    socket.once('error', () => done(false));
  });

const freePort = () =>
  new Promise((done) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Programs and folders that a test started; they end in turn. */
export class House {
  #ends = [];
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'nameplate-wordpress-'));
  }

  onEnd(end) {
    this.#ends.push(end);
  }

  run(name, command, parameters, options = {}) {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
    child.said = '';
    child.stdout.on('data', (data) => (child.said += data));
    child.stderr.on('data', (data) => (child.said += data));
    child.gone = new Promise((done) => child.once('exit', done));
    child.end = async (signal = 'SIGTERM') => {
      // With its own children: workers of PHP's web server outlive it otherwise.
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal);
      await child.gone;
    };
    this.onEnd(() => child.end());
    return child;
  }

  /** Waits until a program listens; says what it said if it ended instead. */
  async listening(child, place) {
    await until(`${child.spawnfile} on ${JSON.stringify(place)}`, async () => {
      if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: ${child.said}`);
      return listens(place);
    });
  }

  async end() {
    for (const end of this.#ends.reverse()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The daemon with leads, on a file of tests/vectors. */
export class Daemon {
  constructor(house, { site = 'localhost', hosts = ['localhost'], basis = 'consent', level = 'sessions', sites } = {}) {
    this.house = house;
    this.folder = mkdtempSync(join(house.folder, 'daemon-'));
    this.socket = join(this.folder, 's');
    this.file = join(this.folder, 'vectors.npl');
    this.list = join(this.folder, 'suppress.list');
    this.store = join(this.folder, 'leads.db');
    execFileSync(BINARY, ['build', '--config', join(ROOT, 'tests/vectors/vectors.toml'), '-o', this.file], { stdio: 'pipe' });
    execFileSync(BINARY, ['suppress', 'create', '--list', this.list], { stdio: 'pipe' });
    this.sites = sites ?? [{ site, hosts, basis, level }];
    this.configure();
  }

  configure() {
    const tables = this.sites.map(
      ({ site, hosts, basis, level }) =>
        `[[leads.sites]]\nname = "${site}"\nhosts = ${JSON.stringify(hosts)}\nlegal_basis = "${basis}"\nhighest_level = "${level}"\n`,
    );
    writeFileSync(join(this.folder, 'serve.toml'), `[leads]\nstore = "${this.store}"\n${tables.join('')}`);
  }

  async start() {
    this.child = this.house.run('daemon', BINARY, [
      'serve', '--db', this.file, '--socket', this.socket, '--suppress', this.list, '--config', join(this.folder, 'serve.toml'),
    ]);
    await this.house.listening(this.child, { path: this.socket });
    return this;
  }

  async stop() {
    await this.child.end();
  }

  /** Asks a command; the reply as text, JSON where it is such. */
  async ask(...words) {
    const reply = execFileSync('redis-cli', ['-s', this.socket, '--raw', ...words], { encoding: 'utf8' }).trim();
    try {
      return JSON.parse(reply);
    } catch {
      return reply;
    }
  }

  async companies() {
    return (await this.ask('LEADS', '{}')).companies ?? [];
  }

  async filtered() {
    const sums = {};
    for (const { reason, count } of await this.ask('FILTERED', '{}')) sums[reason] = (sums[reason] ?? 0) + count;
    return sums;
  }
}

/** A program in the daemon's place that does not do as it should: `silent`, `rubbish`, or `slow`, which replies a byte at a time without an end. */
export async function badDaemon(house, way) {
  const socket = join(mkdtempSync(join(house.folder, 'bad-')), 's');
  const open = new Set();
  const server = net.createServer((client) => {
    open.add(client);
    client.on('error', () => {});
    if (way === 'slow') {
      client.write('$1000000\r\n');
      const drops = setInterval(() => client.write('x'), 5);
      client.on('close', () => clearInterval(drops));
    }
    if (way === 'rubbish') client.on('data', () => client.write('HTTP/1.1 200 OK\r\n\r\n<html>\u0000'));
  });
  await new Promise((done) => server.listen(socket, done));
  house.onEnd(() => {
    open.forEach((client) => client.destroy());
    server.close();
  });
  return socket;
}

/** Stands between browser and WordPress: says who the visitor is, and caches pages where it is told to. */
class Proxy {
  visitor = COMPANY.address;
  caching = false;
  cached = new Map();
  /** What was posted to the route of visits: {body, status}. */
  visits = [];
  refusesVisits = false;

  async start(port) {
    this.http = http.createServer((request, response) => this.#pass(request, response));
    await new Promise((done) => this.http.listen(port, '127.0.0.1', done));
    return this;
  }

  #pass(request, response) {
    const key = request.url;
    if (this.caching && request.method === 'GET' && this.cached.has(key)) {
      const { status, headers, body } = this.cached.get(key);
      response.writeHead(status, { ...headers, 'x-cache': 'hit' }).end(body);
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const forwarded = [request.headers['x-forwarded-for'], this.visitor].filter(Boolean).join(', ');
      const inner = http.request(
        { host: '127.0.0.1', port: this.backend, method: request.method, path: request.url, headers: { ...request.headers, 'x-forwarded-for': forwarded } },
        (reply) => {
          const parts = [];
          reply.on('data', (part) => parts.push(part));
          reply.on('end', () => {
            const content = Buffer.concat(parts);
            const headers = { ...reply.headers };
            delete headers['transfer-encoding'];
            const html = /text\/html/.test(headers['content-type'] ?? '');
            if (this.caching && request.method === 'GET' && reply.statusCode === 200 && html && !/no-store|private/.test(headers['cache-control'] ?? '')) {
              this.cached.set(key, { status: 200, headers, body: content });
            }
            if (/nameplate\/v1\/visits/.test(decodeURIComponent(request.url))) this.visits.push({ body: body.toString(), status: reply.statusCode });
            response.writeHead(reply.statusCode, headers).end(content);
          });
        },
      );
      inner.on('error', () => response.destroy());
      inner.end(body);
    });
  }

  async stop() {
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }
}

const php = (text) => `'${String(text).replace(/[\\']/g, '\\$&')}'`;

export class WordPress {
  /** `version` is one of VERSIONS, or `debian`. */
  constructor(house, { version = LATEST, server = 'builtin', database = 'sqlite', multisite = false, phpOptions = [], environment = {} } = {}) {
    Object.assign(this, { house, version, server, database, multisite, environment });
    this.folder = mkdtempSync(join(house.folder, `wp-${version}-`));
    this.root = join(this.folder, 'htdocs');
    this.log = join(this.folder, 'debug.log');
    this.mails = join(this.folder, 'mails');
    this.phpOptions = ['-d', 'memory_limit=256M', '-d', 'max_execution_time=60', '-d', 'upload_max_filesize=16M', '-d', 'post_max_size=16M', ...phpOptions];
  }

  async start() {
    mkdirSync(this.root);
    mkdirSync(this.mails);
    if (this.version === 'debian') {
      // Much of it is links to other packages' files.
      cpSync(DEBIAN.folder, this.root, { recursive: true, dereference: true });
      // Themes are packages of their own, another for each release.
      const theme = join(this.root, 'wp-content/themes/plain');
      mkdirSync(theme, { recursive: true });
      writeFileSync(join(theme, 'style.css'), '/*\nTheme Name: Plain\n*/\n');
      writeFileSync(join(theme, 'functions.php'), "<?php add_theme_support('title-tag');\n");
      writeFileSync(
        join(theme, 'index.php'),
        "<!DOCTYPE html><html><head><?php wp_head(); ?></head><body><?php while (have_posts()) { the_post(); the_content(); } wp_footer(); ?></body></html>\n",
      );
    } else {
      execFileSync('unzip', ['-q', join(BUILDS, `src/wordpress/wp-${this.version}.zip`), '-d', this.root]);
      // Scripts, styles and pictures are not in that file.
      cpSync(join(BUILDS, `public/wp-${this.version}`), this.root, { recursive: true, force: false });
    }
    // Both bring along a database in which WordPress is installed already.
    rmSync(join(this.root, 'wp-content/database'), { recursive: true, force: true });
    this.port = await freePort();
    this.backendPort = await freePort();
    this.origin = `http://localhost:${this.port}`;
    if (this.database === 'mariadb') await this.#startMariadb();
    else this.#copySqlite();
    this.#configure();
    mkdirSync(join(this.root, 'wp-content/mu-plugins'), { recursive: true });
    cpSync(join(here, 'mu-plugin.php'), join(this.root, 'wp-content/mu-plugins/nameplate-tests.php'));
    this.#install();
    if (this.server === 'fpm') await this.#startNginx();
    else await this.#startBuiltin();
    this.proxy = new Proxy();
    this.proxy.backend = this.backendPort;
    await this.proxy.start(this.port);
    this.house.onEnd(() => this.proxy.stop());
    return this;
  }

  #copySqlite() {
    const plugins = join(this.root, 'wp-content/mu-plugins');
    mkdirSync(plugins, { recursive: true });
    execFileSync('unzip', ['-q', '-o', join(BUILDS, 'src/sqlite-database-integration/sqlite-database-integration.zip'), '-d', plugins]);
    const folder = join(plugins, 'sqlite-database-integration-main');
    const dropIn = readFileSync(join(folder, 'db.copy'), 'utf8').replaceAll('{SQLITE_IMPLEMENTATION_FOLDER_PATH}', folder).replace(/^add_action\([\s\S]*$/m, '');
    writeFileSync(join(this.root, 'wp-content/db.php'), dropIn);
  }

  async #startMariadb() {
    const folder = join(this.folder, 'mariadb');
    const user = isRoot ? ['--user=root'] : [];
    execFileSync('mariadb-install-db', ['--no-defaults', `--datadir=${folder}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...user], { stdio: 'pipe' });
    this.databaseSocket = join(this.folder, 'm');
    const child = this.house.run('mariadb', 'mariadbd', [
      '--no-defaults', `--datadir=${folder}`, `--socket=${this.databaseSocket}`, '--skip-networking', `--pid-file=${folder}/pid`, '--innodb-buffer-pool-size=64M', ...user,
    ]);
    await this.house.listening(child, { path: this.databaseSocket });
    execFileSync('mariadb', ['--no-defaults', `--socket=${this.databaseSocket}`, '-u', 'root', '-e', 'CREATE DATABASE wordpress CHARACTER SET utf8mb4']);
  }

  #configure() {
    const constants = {
      DB_NAME: 'wordpress', DB_USER: 'root', DB_PASSWORD: '', DB_HOST: `localhost:${this.databaseSocket ?? ''}`, DB_CHARSET: 'utf8mb4', DB_COLLATE: '',
      AUTH_KEY: 'a', SECURE_AUTH_KEY: 'b', LOGGED_IN_KEY: 'c', NONCE_KEY: 'd', AUTH_SALT: 'e', SECURE_AUTH_SALT: 'f', LOGGED_IN_SALT: 'g', NONCE_SALT: 'h',
      FS_METHOD: 'direct', NAMEPLATE_TEST_MAILS: this.mails,
    };
    const lines = Object.entries(constants).map(([name, value]) => `define('${name}', ${php(value)});`);
    // No request to anywhere, no work besides, and every notice into a log that the tests read.
    const switches = ['WP_HTTP_BLOCK_EXTERNAL', 'DISABLE_WP_CRON', 'AUTOMATIC_UPDATER_DISABLED', 'WP_DEBUG'];
    lines.push(...switches.map((name) => `define('${name}', true);`), "define('WP_DEBUG_DISPLAY', false);", `define('WP_DEBUG_LOG', ${php(this.log)});`);
    if (this.version === 'debian') lines.push("define('WP_DEFAULT_THEME', 'plain');");
    if (!this.multisite) lines.push(`define('WP_HOME', ${php(this.origin)});`, `define('WP_SITEURL', ${php(this.origin)});`);
    lines.push("define('WP_ALLOW_MULTISITE', true);", '/* network */');
    this.config = join(this.root, 'wp-config.php');
    writeFileSync(this.config, `<?php\n${lines.join('\n')}\n$table_prefix = 'wp_';\nif (!defined('ABSPATH')) { define('ABSPATH', __DIR__ . '/'); }\nrequire_once ABSPATH . 'wp-settings.php';\n`);
  }

  #install() {
    this.php(
      `require_once ABSPATH . 'wp-admin/includes/upgrade.php';
       wp_install('Test site', 'admin', 'admin@shop.example', true, '', ${php(PASSWORD)});
       update_option('permalink_structure', '/%postname%/'); flush_rewrite_rules();`,
      { installing: true },
    );
    if (this.multisite) {
      const host = `localhost:${this.port}`;
      this.php(
        `require_once ABSPATH . 'wp-admin/includes/upgrade.php'; require_once ABSPATH . 'wp-admin/includes/network.php';
         update_option('siteurl', ${php(this.origin)}); update_option('home', ${php(this.origin)});
         foreach ($wpdb->tables('ms_global') as $table => $name) { $wpdb->$table = $name; }
         install_network();
         $done = populate_network(1, ${php(host)}, 'admin@shop.example', 'Network', '/', false);
         if (is_wp_error($done) && $done->get_error_code() !== 'no_wildcard_dns') { throw new Exception($done->get_error_message()); }`,
      );
      const network = `define('MULTISITE', true); define('SUBDOMAIN_INSTALL', false); define('DOMAIN_CURRENT_SITE', ${php(host)}); define('PATH_CURRENT_SITE', '/'); define('SITE_ID_CURRENT_SITE', 1); define('BLOG_ID_CURRENT_SITE', 1);`;
      writeFileSync(this.config, readFileSync(this.config, 'utf8').replace('/* network */', network));
    }
  }

  async #startBuiltin() {
    const router = join(this.folder, 'router.php');
    writeFileSync(
      router,
      `<?php
$root = ${php(this.root)};
$path = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$file = $root . $path;
if ($path !== '/' && is_file($file)) { return false; }
if (is_dir($file) && is_file(rtrim($file, '/') . '/index.php')) { $script = rtrim($path, '/') . '/index.php'; } else { $script = '/index.php'; }
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $script;
$_SERVER['SCRIPT_FILENAME'] = $root . $script;
chdir(dirname($root . $script));
require $root . $script;
`,
    );
    const child = this.house.run('php', 'php', [...this.phpOptions, '-S', `127.0.0.1:${this.backendPort}`, '-t', this.root, router], {
      env: { ...process.env, PHP_CLI_SERVER_WORKERS: '4', ...this.environment },
    });
    await this.house.listening(child, { port: this.backendPort, host: '127.0.0.1' });
  }

  async #startNginx() {
    const fpm = readdirSync('/usr/sbin').filter((name) => /^php-fpm[\d.]+$/.test(name)).sort().at(-1);
    const socket = join(this.folder, 'f');
    const options = [];
    for (let i = 1; i < this.phpOptions.length; i += 2) options.push(`php_admin_value[${this.phpOptions[i].replace('=', '] = ')}`);
    const environment = Object.entries(this.environment).map(([name, value]) => `env[${name}] = ${value}`);
    writeFileSync(
      join(this.folder, 'fpm.conf'),
      `[global]\nerror_log = ${this.folder}/fpm.log\ndaemonize = no\n[www]\n${isRoot ? 'user = root\ngroup = root\n' : ''}listen = ${socket}\npm = static\npm.max_children = 4\ncatch_workers_output = yes\n${options.join('\n')}\n${environment.join('\n')}\n`,
    );
    const manager = this.house.run('fpm', `/usr/sbin/${fpm}`, ['--nodaemonize', '--fpm-config', join(this.folder, 'fpm.conf'), ...(isRoot ? ['--allow-to-run-as-root'] : [])]);
    await this.house.listening(manager, { path: socket });
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${this.folder}/nginx-${name};`);
    // A network's sites in folders have WordPress's own files below their names.
    const network = this.multisite ? 'if (!-e $request_filename) { rewrite ^/[_0-9a-zA-Z-]+(/wp-.*) $1 last; rewrite ^/[_0-9a-zA-Z-]+(/.*\\.php)$ $1 last; }' : '';
    // Newer packages of nginx hand on the host without its port; a site on another port would redirect to itself for ever.
    writeFileSync(
      join(this.folder, 'nginx.conf'),
      `${isRoot ? 'user root;' : ''} worker_processes 1; daemon off; pid ${this.folder}/nginx.pid; error_log ${this.folder}/nginx.log;
events { worker_connections 256; }
http {
  include /etc/nginx/mime.types; access_log off; client_max_body_size 16m; ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${this.backendPort}; root ${this.root}; index index.php; ${network}
    location / { try_files $uri $uri/ /index.php?$args; }
    location ~ \\.php$ { include /etc/nginx/fastcgi_params; fastcgi_param HTTP_HOST $http_host; fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; fastcgi_pass unix:${socket}; }
  }
}`,
    );
    const child = this.house.run('nginx', '/usr/sbin/nginx', ['-c', join(this.folder, 'nginx.conf')]);
    await this.house.listening(child, { port: this.backendPort, host: '127.0.0.1' });
  }

  /** Runs PHP within WordPress; what it prints, as JSON where it is such. */
  php(code, { installing = false, before = '' } = {}) {
    const file = join(this.folder, `code-${Math.random().toString(16).slice(2)}.php`);
    writeFileSync(
      file,
      `<?php $_SERVER['HTTP_HOST'] = 'localhost:${this.port}'; $_SERVER['REQUEST_URI'] = '/'; $_SERVER['REQUEST_METHOD'] = 'GET'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
${installing ? "define('WP_INSTALLING', true);" : ''} ${before}
require ${php(join(this.root, 'wp-load.php'))}; ${code}`,
    );
    const said = execFileSync('php', [...this.phpOptions, file], { encoding: 'utf8', env: { ...process.env, ...this.environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    rmSync(file);
    try {
      return JSON.parse(said);
    } catch {
      return said;
    }
  }

  /** Installs the plugin without a browser: as WordPress's upgrader would, the zip's files in the plugins' folder. */
  addPlugin({ activate = true, settings = {} } = {}) {
    execFileSync('unzip', ['-q', '-o', zipFile(), '-d', join(this.root, 'wp-content/plugins')]);
    const options = { proxies: '127.0.0.1', skip_editors: true, ...settings };
    this.php(
      `require_once ABSPATH . 'wp-admin/includes/plugin.php';
       ${activate ? "$error = activate_plugin('nameplate/nameplate.php'); if (is_wp_error($error)) { throw new Exception($error->get_error_message()); }" : ''}
       update_option('nameplate_settings', json_decode(${php(JSON.stringify(options))}, true));`,
    );
  }

  set(settings) {
    this.php(`update_option('nameplate_settings', array_merge(get_option('nameplate_settings', []), json_decode(${php(JSON.stringify(settings))}, true)));`);
  }

  addUser(name, role) {
    this.php(
      `$id = wp_insert_user(['user_login' => '${name}', 'user_pass' => ${php(PASSWORD)}, 'user_email' => '${name}@shop.example', 'role' => '${role}']);
       if (is_wp_error($id)) { throw new Exception($id->get_error_message()); }`,
    );
  }

  /** A site of a network in a folder, whose administrator a user becomes; its number. */
  addSite(path, user) {
    // WordPress takes the port's colon out of the host, so it is put back.
    return this.php(
      `$id = wp_insert_site(['domain' => 'localhost', 'path' => ${php(path)}, 'network_id' => 1, 'title' => ${php(path)}, 'user_id' => get_user_by('login', ${php(user)})->ID]);
       if (is_wp_error($id)) { throw new Exception($id->get_error_message()); }
       $wpdb->update($wpdb->blogs, ['domain' => 'localhost:${this.port}'], ['blog_id' => $id]);
       clean_blog_cache($id);
       foreach (['home', 'siteurl'] as $name) { update_blog_option($id, $name, ${php(this.origin + path.replace(/\/$/, ''))}); }
       echo $id;`,
    );
  }

  /** A page with a content; its address. */
  addPage(title, content, template = '') {
    const id = this.php(
      `kses_remove_filters(); echo wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_title' => ${php(title)}, 'post_content' => wp_slash(${php(content)}), 'post_name' => sanitize_title(${php(title)})]);`,
    );
    return `${this.origin}/${this.php(`echo get_post_field('post_name', ${id});`)}/`;
  }

  /** Every trace of the plugin: options, capabilities, notes, its files. */
  traces() {
    return this.php(
      `$found = [];
       $sites = is_multisite() ? get_sites(['fields' => 'ids']) : [get_current_blog_id()];
       foreach ($sites as $site) {
         if (is_multisite()) { switch_to_blog($site); }
         foreach ($wpdb->get_col("SELECT option_name FROM $wpdb->options WHERE option_name LIKE '%nameplate%' OR (option_value LIKE '%nameplate%' AND option_name NOT LIKE '%transient%' AND option_name <> 'recently_activated')") as $name) { $found[] = "$site option $name"; }
         foreach ($wpdb->get_col("SELECT meta_key FROM $wpdb->postmeta WHERE meta_key LIKE '%nameplate%'") as $name) { $found[] = "$site postmeta $name"; }
         if (is_multisite()) { restore_current_blog(); }
       }
       foreach ($wpdb->get_col("SELECT meta_key FROM $wpdb->usermeta WHERE meta_key LIKE '%nameplate%' OR meta_value LIKE '%nameplate%'") as $name) { $found[] = "usermeta $name"; }
       if (is_multisite()) { foreach ($wpdb->get_col("SELECT meta_key FROM $wpdb->sitemeta WHERE meta_key LIKE '%nameplate%' OR (meta_value LIKE '%nameplate%' AND meta_key NOT LIKE '%transient%' AND meta_key <> 'recently_activated')") as $name) { $found[] = "sitemeta $name"; } }
       if (file_exists(WP_PLUGIN_DIR . '/nameplate')) { $found[] = 'plugin'; }
       echo json_encode($found);`,
    );
  }

  /** What PHP complained of, of the plugin. */
  complaints() {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').filter((line) => /nameplate/i.test(line) && !/nameplate-wordpress-[^/]*\/wp-[^/]*\/htdocs\/(?!wp-content\/plugins)/.test(line)) : [];
  }

  mail() {
    return readdirSync(this.mails).sort().map((name) => JSON.parse(readFileSync(join(this.mails, name), 'utf8')));
  }

  /** A request without a browser: {status, headers, text}. */
  fetch(path, { method = 'GET', headers = {}, body, cookies = '' } = {}) {
    const url = new URL(path, this.origin);
    return new Promise((done, failed) => {
      const request = http.request(
        { host: '127.0.0.1', port: this.port, path: url.pathname + url.search, method, headers: { host: url.host, ...(cookies && { cookie: cookies }), ...headers } },
        (reply) => {
          let text = '';
          reply.setEncoding('utf8').on('data', (part) => (text += part));
          reply.on('end', () => done({ status: reply.statusCode, headers: reply.headers, text }));
        },
      );
      request.on('error', failed);
      request.end(body);
    });
  }

  /** Tells of a visit as n.js does. */
  visit(visit = {}, headers = {}) {
    return this.fetch('/wp-json/nameplate/v1/visits', {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof visit === 'string' ? visit : JSON.stringify(visit),
    });
  }

  /** Signs in; the cookies. */
  async signIn(user) {
    const form = new URLSearchParams({ log: user, pwd: PASSWORD, 'wp-submit': 'Log In', testcookie: '1' });
    const reply = await this.fetch('/wp-login.php', {
      method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, cookies: 'wordpress_test_cookie=WP%20Cookie%20check', body: form.toString(),
    });
    const cookies = (reply.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]);
    if (!cookies.some((cookie) => cookie.startsWith('wordpress_logged_in'))) throw new Error(`${user} can't sign in: ${reply.status}`);
    return cookies.join('; ');
  }
}

export async function openBrowser(house) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost', ...(isRoot ? ['--no-sandbox'] : [])],
  });
  house.onEnd(() => browser.close());
  return browser;
}

/** A new visitor, or somebody who signs in. */
export async function newPage(browser, { wordpress, user, headers } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, extraHTTPHeaders: headers ?? {}, userAgent: USER_AGENT });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.troubles = [];
  page.on('pageerror', (error) => page.troubles.push(String(error)));
  if (user) {
    await page.goto(`${wordpress.origin}/wp-login.php`);
    await page.fill('#user_login', user);
    await page.fill('#user_pass', PASSWORD);
    await Promise.all([page.waitForURL(/wp-admin/), page.click('#wp-submit')]);
  }
  return page;
}
