'use strict';

/**
 * The address's answer from a Database, or a promise of it from a Client; undefined where there is no address, or none that
 * can be looked up: a request is not to fail by it. Other errors are not held back.
 */
function ask(source, ip) {
  if (typeof ip !== 'string') return undefined;
  try {
    const answer = source.lookup(ip);
    return typeof answer?.then === 'function' ? answer.catch(undefinedIfNoAddress) : answer;
  } catch (error) {
    return undefinedIfNoAddress(error);
  }
}

function undefinedIfNoAddress(error) {
  if (error instanceof RangeError) return undefined;
  throw error;
}

/** Defines `request.nameplate`, which asks when it is read first, and once. `address` gives the visitor's address or undefined. */
function define(request, source, address) {
  Object.defineProperty(request, 'nameplate', {
    configurable: true,
    enumerable: false,
    get() {
      const value = ask(source, address());
      Object.defineProperty(request, 'nameplate', { configurable: true, enumerable: false, writable: true, value });
      return value;
    },
  });
}

function checkSource(source) {
  if (typeof source?.lookup !== 'function') throw new TypeError('pass what open() gave, or a Client');
}

module.exports = { ask, checkSource, define };
