// Pictures of the pages for docs/images, of companies that there are not: make screenshots.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Owner } from './daemon.mjs';
import { leaveRequest } from './pages.mjs';
import { launch, ROOT } from './support.mjs';

const FOLDER = join(ROOT, 'docs/images');
const [browser, owner] = await Promise.all([launch(), Owner.start({ config: '[web.objection]\nresolver = "127.0.0.1:9"\n' })]);
try {
  mkdirSync(FOLDER, { recursive: true });
  owner.user('anna', 'administrator');
  const segment = await owner.fill();
  const context = await owner.context(browser, { viewport: { width: 1280, height: 800 }, colorScheme: 'light', locale: 'en' });
  const page = await context.newPage();
  await leaveRequest(page, owner, 'Erfundene Werke GmbH', 'Please block us. We can be reached by telephone.');
  const take = async (name, path, target = page) => {
    await target.goto(path.startsWith('https:') ? path : owner.dashboard + path);
    // The folder has another name each time; where a package puts it says more.
    await target.evaluate((folder) => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, '/var/lib/nameplate');
    }, owner.folder);
    const height = await target.evaluate(() => document.documentElement.scrollHeight);
    const { width } = target.viewportSize();
    // As much as there is, and no more than a look.
    const clip = { x: 0, y: 0, width, height: Math.min(height, Math.max(width, 1000)) };
    await target.screenshot({ path: join(FOLDER, `${name}.png`), clip, fullPage: true, animations: 'disabled', caret: 'hide' });
  };
  await take('objection', `${owner.site}/nameplate/objection`);
  await take('sign-in', '/sign-in');
  await owner.signIn(page, 'anna');
  const company = `/companies/${encodeURIComponent(owner.companies[0].company.id)}`;
  for (const [name, path] of [
    ['companies', '/'],
    ['company', company],
    ['overview', '/overview'],
    ['live', '/live'],
    ['filtered', '/filtered'],
    ['segments', '/segments'],
    ['segment', `/segments/edit?name=${encodeURIComponent(segment)}`],
    ['corrections', '/corrections'],
    ['objections', '/objections'],
    ['data', '/data'],
    ['audit', '/audit'],
    ['settings', '/settings'],
    ['account', '/account'],
  ]) {
    await take(name, path);
  }
  const state = await context.storageState();
  const phone = await owner.context(browser, { viewport: { width: 360, height: 720 }, colorScheme: 'dark', locale: 'en', storageState: state });
  const small = await phone.newPage();
  await take('companies-phone', '/', small);
  await take('company-phone', company, small);
} finally {
  await browser.close();
  await owner.stop();
}
