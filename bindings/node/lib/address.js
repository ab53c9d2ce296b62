'use strict';

// Addresses on their way in, to text, and networks on their way out. No error quotes what was given.

const { types } = require('node:util');

/** Of the longest text that is an address. */
const LONGEST = 45;

const NO_TEXT = 'an address must be a string, an IPv4 address as a number, or 4 or 16 bytes in a Uint8Array';
const NO_ADDRESS = 'not an IP address: pass one IPv4 or IPv6 address, without spaces, port, zone or prefix length';

/** The error for what is no address. `index` says which one of many. */
function invalidAddress(index) {
  if (index === undefined) return new RangeError(NO_ADDRESS);
  return Object.assign(new RangeError(`the entry at index ${index} is ${NO_ADDRESS}`), { index });
}

/** The text of an address that came as a number or as bytes. */
function textOf(address, index) {
  if (typeof address === 'string') return address;
  if (typeof address === 'number') {
    if (Number.isInteger(address) && address >= 0 && address <= 0xffffffff) return formatV4(address);
    throw new RangeError('a number that is an address must be whole, from 0 to 4294967295');
  }
  if (types.isUint8Array(address)) {
    const { buffer, byteOffset, length } = address;
    const view = new DataView(buffer, byteOffset, length);
    if (length === 4) return formatV4(view.getUint32(0));
    if (length === 16) return Array.from({ length: 8 }, (_, group) => view.getUint16(2 * group).toString(16)).join(':');
    throw new RangeError('the bytes of an address must be 4 for IPv4 or 16 for IPv6');
  }
  throw new TypeError(index === undefined ? NO_TEXT : `the entry at index ${index}: ${NO_TEXT}`);
}

/**
 * The number of an IPv4 address, or -1. Only what is plainly a dotted quad is taken: all else is for the engine to judge.
 */
function readV4(text) {
  const { length } = text;
  if (length > 15) return -1;
  let bits = 0;
  let at = 0;
  for (let dots = 0; dots < 4; dots++) {
    if (dots > 0 && text.charCodeAt(at++) !== 46) return -1;
    let octet = text.charCodeAt(at++) - 48;
    // What is behind the end is NaN, and no digit.
    if (!(octet >= 0 && octet <= 9)) return -1;
    if (at < length) {
      const second = text.charCodeAt(at) - 48;
      if (second >= 0 && second <= 9) {
        if (octet === 0) return -1;
        octet = octet * 10 + second;
        at++;
        if (at < length) {
          const third = text.charCodeAt(at) - 48;
          if (third >= 0 && third <= 9) {
            octet = octet * 10 + third;
            at++;
            if (octet > 255) return -1;
          }
        }
      }
    }
    bits = (bits << 8) | octet;
  }
  return at === length ? bits >>> 0 : -1;
}

/** An IPv4 address, signed or not, as a dotted quad. */
function formatV4(bits) {
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** Four 32-bit words, the highest first, as RFC 5952 writes them. */
function formatV6(words) {
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return `::ffff:${formatV4(words[3])}`;
  const groups = [];
  for (const word of words) groups.push((word >>> 16) & 0xffff, word & 0xffff);
  // The longest run of zeros, the first of equals, if it is of two groups at least.
  let start = -1;
  let longest = 1;
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > longest) {
      start = from;
      longest = to - from;
    }
    from = Math.max(from, to - 1);
  }
  const join = (part) => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? join(groups) : `${join(groups.slice(0, start))}::${join(groups.slice(start + longest))}`;
}

/** What is given is an array or an iterable of addresses; gives an array. */
function list(addresses) {
  if (Array.isArray(addresses)) return addresses;
  if (typeof addresses !== 'string' && typeof addresses?.[Symbol.iterator] === 'function') return Array.from(addresses);
  throw new TypeError('pass an array of addresses; one address is for lookup()');
}

/** Packed addresses of either kind as `{ data, width, count }`, or a TypeError or RangeError. */
function packed(addresses) {
  if (types.isUint32Array(addresses)) return { data: addresses, width: 4, count: addresses.length };
  if (!types.isUint8Array(addresses)) {
    throw new TypeError('pass a Uint32Array of IPv4 addresses, or a Buffer or Uint8Array of 16 bytes for each IPv6 address');
  }
  if (addresses.length % 16 !== 0) {
    throw new RangeError('the bytes must be 16 for each address, in network order; IPv4 goes in a Uint32Array or as ::ffff:a.b.c.d');
  }
  return { data: addresses, width: 16, count: addresses.length / 16 };
}

/** A company's id, or a TypeError. */
function companyId(id) {
  if (typeof id === 'string') return id;
  throw new TypeError("a company's id must be a string, as in answer.company.id");
}

/** An answer's id, or a TypeError or RangeError. */
function answerId(id) {
  if (typeof id !== 'number') throw new TypeError("an answer's id must be a number, as in what lookupPacked() gives");
  if (!Number.isInteger(id) || id < 0 || id > 0xffffffff) throw noAnswer();
  return id;
}

function noAnswer() {
  return new RangeError('there is no answer with this id: ids hold until the file is reloaded');
}

module.exports = { LONGEST, answerId, companyId, formatV4, formatV6, invalidAddress, list, noAnswer, packed, readV4, textOf };
