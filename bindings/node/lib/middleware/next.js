'use strict';

const { checkSource, define } = require('./lazy.js');

/**
 * For Next's proxy.ts. Next knows no address of its own, and a header may be forged: only the one that is named in `header` is
 * read, which must be one that the proxy in front of Next sets on every request, whatever the visitor sent. Of a list, as in
 * x-forwarded-for, it is the entry that the outermost of `hops` trusted proxies wrote, counted from the end.
 */
function nameplate(source, options) {
  checkSource(source);
  const { header, hops = 1 } = options ?? {};
  if (typeof header !== 'string' || !/^[a-z0-9-]+$/i.test(header)) {
    throw new TypeError('the option header must name the header in which your proxy puts the address, as x-real-ip');
  }
  if (!Number.isInteger(hops) || hops < 1) throw new TypeError('the option hops must be how many proxies of yours add to the header');
  return function look(request) {
    define(request, source, () => {
      const entries = request.headers.get(header)?.split(',') ?? [];
      return entries.at(-hops)?.trim();
    });
    return request;
  };
}

module.exports = { nameplate };
