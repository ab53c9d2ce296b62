// The page script: tells the site's own host of page views, as far as the visitor allows. docs/SCRIPT.md is its manual.
//
//   consent tools --> consent() --+
//   data-basis, data-level -------+--> level --> flush() --> POST of a visit's JSON
//   privacy control, objection ---+          \-> cookies, at level `sessions` alone
//
// What it relies on: the server's gate decides in the end, by the same rules. This script only must never send more, nor
// keep anything. So: what is not known is no consent, what fails is a refusal, and of several answers the lowest counts.
// n.min.js is made of this file by `make script`.
((window, document, location) => {
  const given = window.nameplate;
  // A second script tag, a file or an application's page, a page within a page: none of them is a page view.
  if ((given && given.runs) || !/^https?:$/.test(location.protocol) || window.top !== window) return;

  const OFF = 0;
  const COUNT = 1;
  const COMPANY = 2;
  const SESSIONS = 3;
  const LEVELS = ['off', 'count', 'company', 'sessions'];

  const VISITOR = 'np_visitor';
  const SESSION = 'np_session';
  const OBJECTION = 'np_objection';
  // Seconds: 13 months from the first visit on, 30 minutes from the last page view on.
  const VISITOR_AGE = 395 * 86400;
  const SESSION_AGE = 1800;

  // A page that is there for less than this is a redirect, and its title may still be the one before.
  const SETTLED_MILLISECONDS = 100;
  // Consent tools come later than this script; after 10 seconds without an answer there is none.
  const ASK_MILLISECONDS = 500;
  const ASK_TIMES = 20;
  // Without an answer, a site's interest waits three seconds for a tool that remembers a refusal.
  const INTEREST_ASKS = 6;

  const settings = (document.currentScript || {}).dataset || {};
  const interest = settings.basis === 'legitimate-interest';
  // A misspelled level is -1, below `off`.
  const highest = LEVELS.indexOf(settings.level || 'company');
  const asked = settings.tools;

  // What tools said that call back, by tool.
  const said = {};
  // What each tool was last heard at: the function or list that we hang on.
  const heard = {};
  // The first page view brings where the visitor came from, unless that is this site.
  let referrer = (/^https?:\/\/[^/@]+/.exec(document.referrer) || [])[0];
  if (referrer === location.origin) referrer = undefined;
  let path = location.pathname;
  // A page view that was not sent yet, and when it will be.
  let pending = true;
  let timer;
  let asks = ASK_TIMES;
  // This page's visitor cookie. Gone by another's hand, it was withdrawn in another tab, or cleared.
  let visitor;
  let gone;
  // Beside its cookie, for browsers that keep none.
  let objected;

  const read = (name) => ('; ' + document.cookie).split('; ' + name + '=').slice(1).join('').split(';')[0];

  // Ids need TLS; an objection must hold on a site without it, too.
  const write = (name, value, age) => {
    const secure = name === OBJECTION && location.protocol === 'http:' ? '' : '; Secure';
    document.cookie = name + '=' + value + '; Max-Age=' + age + '; Path=/; SameSite=Lax' + secure;
  };

  // The id in a cookie, made if need be; undefined where the browser keeps no cookies: an id that changes from page
  // to page says nothing.
  const identify = (name, age, slides) => {
    const found = /^[0-9a-f]{32}$/.exec(read(name));
    const id = found
      ? found[0]
      : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    if (slides || !found) write(name, id, age);
    return read(name) === id ? id : undefined;
  };

  const forget = () => {
    visitor = undefined;
    for (const name of [VISITOR, SESSION]) if (read(name)) write(name, '', 0);
  };

  // A word as a level: what is no level may be a refusal in other words.
  const toLevel = (word) => (word == null ? undefined : Math.max(LEVELS.indexOf(word), OFF));

  // Where everybody has agreed who has not refused, a yes is nobody's answer.
  const optIn = (type, yes, level) => (!yes ? OFF : /optin/.test(type) ? level : undefined);

  // Each tool's answer: a level, or undefined while there is none.
  const tools = {
    own: () => (nameplate.consent ? toLevel(nameplate.consent()) : undefined),
    said: () => said.own,
    tcf: () => said.tcf,
    google: () => said.google,
    cookiebot: () => {
      const tool = window.Cookiebot;
      if (!tool || !tool.hasResponse) return undefined;
      return optIn(tool.consent.method === 'explicit' && 'optin', tool.consent.statistics, SESSIONS);
    },
    complianz: () =>
      window.cmplz_has_consent
        ? optIn(window.complianz.consenttype, window.cmplz_has_consent('statistics'), SESSIONS)
        : undefined,
    // Without a tool that sets the type, this API says yes to everything.
    wp: () => {
      const type = window.wp_consent_type;
      const has = window.wp_has_consent;
      if (!type || !has) return undefined;
      if (has('statistics')) return optIn(type, true, SESSIONS);
      return /optin/.test(type) && has('statistics-anonymous') ? COUNT : OFF;
    },
  };

  // The site's own words always count: its function, and what it calls us with.
  const isAsked = (tool) => !asked || tool === 'own' || tool === 'said' || asked.split(/[\s,]+/).includes(tool);

  // The lowest of what is known; undefined if nothing is.
  const consent = () => {
    let lowest;
    for (const tool in tools) {
      if (!isAsked(tool)) continue;
      let answer;
      try {
        answer = tools[tool]();
      } catch (error) {
        answer = OFF;
      }
      if (answer !== undefined && !(answer >= lowest)) lowest = answer;
    }
    if (visitor && read(VISITOR) !== visitor) gone = true;
    return gone ? OFF : lowest;
  };

  // IAB TCF: 8 measures content, 9 understands audiences by joining data, 1 stores on the device.
  // The publisher's own answers count where the tool has them, else those for vendors.
  const readTcf = (data, success) => {
    if (!success || data.cmpStatus === 'error') return OFF;
    if (data.gdprApplies === false) return undefined;
    // While the dialogue is open, what was said before holds.
    if (!/^(tcloaded|useractioncomplete)$/.test(data.eventStatus)) return said.tcf;
    const own = data.publisher || {};
    const from = Object.keys({ ...own.consents, ...own.legitimateInterests }).length ? own : data.purpose;
    const grants = (purpose) => from.consents[purpose] === true;
    const allows = (purpose) => grants(purpose) || (interest && from.legitimateInterests[purpose] === true);
    if (!allows(8)) return OFF;
    if (!allows(9)) return COUNT;
    // Not objecting is no consent: then the site's basis decides.
    if (!grants(8) || !grants(9)) return undefined;
    return grants(1) ? SESSIONS : COMPANY;
  };

  // Google Consent Mode: only an update is somebody's answer; a default is the site's.
  const readGoogle = (entry) => {
    const storage = entry && entry[0] === 'consent' && entry[1] === 'update' && entry[2] && entry[2].analytics_storage;
    if (!storage) return;
    said.google = storage === 'granted' ? SESSIONS : OFF;
    hear();
  };

  // Hangs on the tools that call back, as soon as they are there.
  const listen = () => {
    const api = window.__tcfapi;
    if (api && heard.tcf !== api && isAsked('tcf')) {
      heard.tcf = api;
      const answer = (data, success) => {
        try {
          said.tcf = readTcf(data, success);
        } catch (error) {
          said.tcf = OFF;
        }
        hear();
      };
      try {
        api('addEventListener', 2, answer);
      } catch (error) {
        said.tcf = OFF;
      }
    }
    const layer = window.dataLayer;
    if (layer && layer.push && heard.google !== layer && isAsked('google')) {
      heard.google = layer;
      const push = layer.push;
      layer.push = function (...entries) {
        const result = push.apply(this, entries);
        entries.forEach(readGoogle);
        return result;
      };
      [].forEach.call(layer, readGoogle);
    }
  };

  const isPrivate = () => Boolean(navigator.globalPrivacyControl);

  // The most that may be done, whatever is consented to.
  const ceiling = () => (objected || read(OBJECTION) ? OFF : Math.min(highest, isPrivate() ? COUNT : SESSIONS));

  const unasked = () => (interest && asks <= ASK_TIMES - INTEREST_ASKS ? COMPANY : OFF);

  const levelOf = (known) => Math.min(ceiling(), known === undefined ? unasked() : known);

  // What looks like an e-mail address is left out, in addresses of pages as in titles.
  const withhold = (text) =>
    text
      .split(/([\s/?&=]+)/)
      .map((word) => (/@|%(25)*40/.test(word) ? '[withheld]' : word))
      .join('');

  const address = () => {
    const campaign = location.search
      .slice(1)
      .split('&')
      .filter((pair) => /^utm_\w+=/.test(pair))
      .join('&');
    return (location.origin + withhold(location.pathname + (campaign && '?' + campaign))).slice(0, 2000);
  };

  const post = (level, known, domain) => {
    const visit = { site: settings.site || location.hostname };
    if (known !== undefined) visit.consent = LEVELS[Math.min(known, highest)];
    if (isPrivate()) visit.gpc = true;
    if (level >= COMPANY) {
      visit.url = address();
      visit.title = withhold(document.title).slice(0, 200);
      visit.referrer = referrer;
      visit.form_domain = domain;
      referrer = undefined;
    }
    if (level === SESSIONS) {
      visit.visitor = visitor = identify(VISITOR, VISITOR_AGE);
      visit.session = identify(SESSION, SESSION_AGE, true);
    }
    // To the site's own host: of an address elsewhere, only the path is taken.
    const route = new URL(settings.to || '/nameplate/v1/visits', location.origin);
    const to = location.origin + route.pathname + route.search;
    const body = new Blob([JSON.stringify(visit)], { type: 'application/json' });
    if (!navigator.sendBeacon || !navigator.sendBeacon(to, body)) {
      fetch(to, { method: 'POST', body, keepalive: true }).catch(() => {});
    }
  };

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const known = consent();
    const level = levelOf(known);
    if (pending && level > OFF && !document.prerendering) {
      pending = false;
      post(level, known);
    }
  };

  // Forgets at once, sends in a moment: tools tell their categories one after the other.
  const update = () => {
    listen();
    const known = consent();
    if ((known === undefined && !asks) || Math.min(ceiling(), known === undefined ? SESSIONS : known) < SESSIONS) forget();
    if (pending && !timer && levelOf(known) > OFF) timer = setTimeout(flush, SETTLED_MILLISECONDS);
  };

  // A tool said something in this page, which is newer than what another tab did.
  const hear = () => {
    gone = false;
    update();
  };

  const view = () => {
    clearTimeout(timer);
    timer = undefined;
    pending = true;
    update();
  };

  // The path is what is kept of an address; another query or fragment is the same page.
  const moved = () => {
    if (location.pathname === path) return;
    path = location.pathname;
    view();
  };

  // Of an e-mail address, what is behind the last @; of a text without @, the text, if it is a domain.
  const sendDomain = (text) => {
    const domain = String(text).trim().split('@').pop().toLowerCase();
    const known = consent();
    // Only with consent: a site's interest is not enough.
    if (known >= COMPANY && levelOf(known) >= COMPANY && /^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$/u.test(domain)) {
      pending = false;
      post(levelOf(known), known, domain);
    }
  };

  // `data-form-domain` names the field; without a name it is the first e-mail field.
  const submitted = (event) => {
    const form = event.target;
    const name = form.getAttribute('data-form-domain');
    if (name === null) return;
    const field = name ? form.elements[name] : form.querySelector('[type=email]');
    // Whoever typed no @ typed no e-mail address: it may be a name.
    if (field && /@/.test(field.value)) sendDomain(field.value);
  };

  const nameplate = (verb, value) => {
    if (verb === 'consent') {
      said.own = toLevel(value);
      hear();
    } else if (verb === 'object') {
      objected = value !== false;
      write(OBJECTION, 1, objected ? VISITOR_AGE : 0);
      update();
    } else if (verb === 'domain') {
      sendDomain(value);
    } else if (verb === 'view') {
      view();
    }
  };
  nameplate.runs = true;
  nameplate.consent = given && given.consent;
  window.nameplate = nameplate;
  // What the page said before this script was there.
  for (const call of (given && given.q) || []) nameplate(...call);

  // Caught on the way down from the window, wherever in the document they are sent to.
  for (const event of [
    'CookiebotOnConsentReady',
    'CookiebotOnAccept',
    'CookiebotOnDecline',
    'cmplz_fire_categories',
    'cmplz_status_change',
    'cmplz_revoke',
    'wp_consent_type_defined',
    'wp_listen_for_consent_change',
  ]) {
    window.addEventListener(event, hear, true);
  }

  const navigation = window.navigation;
  if (navigation && navigation.addEventListener) {
    navigation.addEventListener('currententrychange', moved);
  } else {
    for (const name of ['pushState', 'replaceState']) {
      const original = history[name];
      history[name] = function (...state) {
        original.apply(this, state);
        moved();
      };
    }
    window.addEventListener('popstate', moved);
  }
  document.addEventListener('prerenderingchange', update);
  document.addEventListener('submit', submitted, true);
  window.addEventListener('pagehide', flush);
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) view();
  });

  const clock = setInterval(() => {
    if (!--asks) clearInterval(clock);
    update();
  }, ASK_MILLISECONDS);
  update();
})(window, document, location);
