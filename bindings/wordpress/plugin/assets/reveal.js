// Shows what a page has for visitors from some companies, and the facts of shortcodes. It asks the site once, and only
// where there is something to show and the visitor allows it; the server decides by the same rules once more.
//
// The page is the same for everybody, so that it can be cached: what is for some is in <template> elements until then.
((window, document) => {
  'use strict';

  const settings = window.nameplateReveal || {};
  const LEVELS = ['off', 'count', 'company', 'sessions'];
  const COMPANY = 2;
  let asked = false;

  const cookie = (name) => ('; ' + document.cookie).includes('; ' + name + '=');

  // A level's number; undefined where nobody said anything. No signal is no consent. The WP Consent API says yes where no tool is there,
  // so it is only heard where a tool has set a type by which visitors opt in.
  const consent = () => {
    const given = window.nameplate;
    const answers = [];
    try {
      if (given && given.consent) {
        const word = given.consent();
        if (word !== undefined && word !== null) answers.push(Math.max(LEVELS.indexOf(word), 0));
      }
      const type = window.wp_consent_type;
      if (type && window.wp_has_consent) {
        if (!window.wp_has_consent('statistics')) answers.push(0);
        else if (String(type).includes('optin')) answers.push(3);
      }
    } catch (error) {
      return 0;
    }
    return answers.length ? Math.min(...answers) : undefined;
  };

  const allowed = (known) =>
    !navigator.globalPrivacyControl &&
    !cookie('np_objection') &&
    LEVELS.indexOf(settings.level) >= COMPANY &&
    (known === undefined ? settings.basis === 'legitimate-interest' : known >= COMPANY);

  const fits = (conditions, company) => {
    const one = (list, value) => !list.length || (value && list.includes(String(value).toLowerCase()));
    const all =
      Boolean(company) &&
      one(conditions.countries, company.country) &&
      one(conditions.kinds, company.kind) &&
      one(conditions.domains, company.domain);
    return all !== conditions.otherwise;
  };

  // For whom nothing is known, what is for all others is shown at once, and taken back when something is.
  const show = (company) => {
    document.querySelectorAll('template[data-nameplate-from]').forEach((template) => {
      let conditions;
      try {
        conditions = JSON.parse(template.dataset.nameplateFrom);
      } catch (error) {
        return;
      }
      const shown = template.nameplateShown || [];
      const fit = fits(conditions, company);
      if (fit && !shown.length) {
        const content = template.content.cloneNode(true);
        template.nameplateShown = [...content.childNodes];
        template.after(content);
      } else if (!fit) {
        shown.forEach((node) => node.remove());
        template.nameplateShown = [];
      }
    });
    if (!company) return;
    document.querySelectorAll('[data-nameplate-fact]').forEach((place) => {
      const fact = company[place.dataset.nameplateFact];
      // As text: whatever a register has in a name, it is not HTML.
      if (typeof fact === 'string' && fact) place.textContent = fact;
    });
  };

  const ask = () => {
    const known = consent();
    if (asked || !settings.to || !allowed(known)) return;
    if (!document.querySelector('template[data-nameplate-from], [data-nameplate-fact]')) return;
    asked = true;
    const body = known === undefined ? {} : { consent: LEVELS[known] };
    fetch(settings.to, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), credentials: 'same-origin' })
      .then((reply) => (reply.ok ? reply.json() : null))
      .then((reply) => show((reply && reply.company) || null))
      .catch(() => {});
  };

  const start = () => {
    show(null);
    ask();
    document.querySelectorAll('[data-nameplate-object]').forEach((button) => {
      button.addEventListener('click', () => {
        if (window.nameplate && window.nameplate.runs) {
          window.nameplate('object');
        } else {
          const secure = location.protocol === 'http:' ? '' : '; Secure';
          document.cookie = 'np_objection=1; Max-Age=' + 395 * 86400 + '; Path=/; SameSite=Lax' + secure;
          for (const name of ['np_visitor', 'np_session']) document.cookie = name + '=; Max-Age=0; Path=/';
        }
        show(null);
        button.nextElementSibling.textContent = button.dataset.nameplateObject;
        button.disabled = true;
      });
    });
  };

  for (const event of ['wp_consent_type_defined', 'wp_listen_for_consent_change']) document.addEventListener(event, ask);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})(window, document);
