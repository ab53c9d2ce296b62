// Consent tools, imitated: page scripts that follow each tool's published interface, as far as the page script asks it. The
// tools themselves are services of others, or WordPress plugins. What they do to a visitor's choice is done by
// `test.choose(...)`; `test.withdraw()` takes it back.

// IAB TCF v2.2, "CMP API v2": a listener is called at once, and again with each change. Until the tool is there, the
// stub that the specification demands queues the calls; `test.load()` brings the tool.
export const tcf = `
  window.__tcfapi = (...call) => { (__tcfapi.queue = __tcfapi.queue || []).push(call); };
  window.test = {
    listeners: [],
    data: { gdprApplies: true, cmpStatus: 'loaded', eventStatus: 'cmpuishown', tcfPolicyVersion: 4,
      purpose: { consents: {}, legitimateInterests: {} }, vendor: { consents: {}, legitimateInterests: {} },
      publisher: { consents: {}, legitimateInterests: {}, customPurpose: {}, restrictions: {} } },
    load() {
      const queue = __tcfapi.queue || [];
      window.__tcfapi = (command, version, callback) => {
        if (command !== 'addEventListener' || version !== 2) return callback(null, false);
        test.listeners.push(callback);
        callback({ ...test.data, listenerId: test.listeners.length }, true);
      };
      for (const call of queue) __tcfapi(...call);
    },
    tell(data) {
      Object.assign(test.data, data);
      test.listeners.forEach((callback, index) => callback({ ...test.data, listenerId: index + 1 }, true));
    },
    choose(consents, legitimateInterests = []) {
      const set = (purposes) => Object.fromEntries(purposes.map((purpose) => [purpose, true]));
      test.tell({ eventStatus: 'useractioncomplete',
        purpose: { consents: set(consents), legitimateInterests: set(legitimateInterests) } });
    },
    grant() { test.choose([1, 8, 9]); },
    withdraw() { test.choose([]); },
  };
  test.load();`;

// Google Consent Mode, as the developer guide has it: \`arguments\` objects on a list.
export const google = `
  window.dataLayer = window.dataLayer || [];
  window.gtag = function () { dataLayer.push(arguments); };
  gtag('consent', 'default', { ad_storage: 'denied', analytics_storage: 'denied', wait_for_update: 500 });
  window.test = {
    grant() { gtag('consent', 'update', { analytics_storage: 'granted' }); },
    withdraw() { gtag('consent', 'update', { analytics_storage: 'denied' }); },
  };`;

// Cookiebot, as its developer page has it: an object, and events of the window. It comes late, and \`test.load()\` brings it.
export const cookiebot = `
  window.test = {
    load() {
      window.Cookiebot = { hasResponse: false, consented: false, declined: false,
        consent: { necessary: true, preferences: false, statistics: false, marketing: false, method: null } };
    },
    choose(statistics, method = 'explicit') {
      Object.assign(Cookiebot, { hasResponse: true, consented: statistics, declined: !statistics });
      Object.assign(Cookiebot.consent, { statistics, method });
      dispatchEvent(new Event('CookiebotOnConsentReady'));
      dispatchEvent(new Event(statistics ? 'CookiebotOnAccept' : 'CookiebotOnDecline'));
    },
    grant() { test.choose(true); },
    withdraw() { test.choose(false); },
  };
  test.load();`;

// Complianz: a cookie for each category, a function that reads it, events of the document for each category.
export const complianz = `
  window.complianz = { consenttype: 'optin' };
  window.cmplz_has_consent = (category) => {
    const value = (document.cookie.match('cmplz_' + category + '=([a-z]*)') || ['', ''])[1];
    return category === 'functional' || value === 'allow' || (complianz.consenttype === 'optout' && value === '');
  };
  window.test = {
    choose(value) {
      for (const category of ['preferences', 'statistics', 'marketing']) {
        document.cookie = 'cmplz_' + category + '=' + value + '; path=/';
        document.dispatchEvent(new CustomEvent('cmplz_status_change', { detail: { category, value } }));
      }
      document.dispatchEvent(new CustomEvent('cmplz_fire_categories', { detail: {} }));
    },
    grant() { test.choose('allow'); },
    withdraw() { test.choose('deny'); document.dispatchEvent(new CustomEvent('cmplz_revoke', { detail: false })); },
  };`;

// The WP Consent API. Without a tool that sets \`wp_consent_type\` it says yes to everything.
export const wp = `
  window.wp_consent_type = 'optin';
  window.wp_has_consent = (category) => {
    const value = (document.cookie.match('wp_consent_' + category + '=([a-z]*)') || ['', ''])[1];
    const type = window.wp_consent_type;
    return !type || (type.includes('optout') && value === '') || value === 'allow';
  };
  window.wp_set_consent = (category, value) => {
    document.cookie = 'wp_consent_' + category + '=' + value + '; path=/';
    const detail = [];
    detail[category] = value;
    document.dispatchEvent(new CustomEvent('wp_listen_for_consent_change', { detail }));
  };
  window.test = {
    choose(value) {
      for (const category of ['functional', 'preferences', 'statistics-anonymous', 'statistics', 'marketing']) {
        wp_set_consent(category, value);
      }
    },
    grant() { test.choose('allow'); },
    withdraw() { test.choose('deny'); },
  };`;

// A tool of the site's own, asked by a function.
export const own = `
  window.nameplate = { consent: () => window.answer };
  window.test = {
    choose(level) { window.answer = level; nameplate('consent'); },
    grant() { test.choose('sessions'); },
    withdraw() { test.choose('off'); },
  };`;

export const ALL = { tcf, google, cookiebot, complianz, wp, own };
