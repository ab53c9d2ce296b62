'use strict';

// A reader of RESP2 replies. It works on the bytes that have come: strings are made only of what a caller gets. A read that
// finds too little says PENDING and begins anew with the next chunk, so readers of long arrays keep what they have (client.js).

const { Facts } = require('./answer.js');
const { NameplateError } = require('./errors.js');

/** Not all of it is here yet. */
const PENDING = Symbol('pending');

/** No reply of the daemon has a longer line, a larger bulk string, or an array with more. */
const LONGEST_LINE = 4096;
const LONGEST_BULK = 1 << 29;
const LONGEST_ARRAY = 1 << 24;
const DEEPEST = 4;
/** Facts that are kept, each some hundred bytes. */
const CACHE = 65536;

const CR = 13;
const LF = 10;
const MINUS = 45;
const ARRAY = 42; // *
const BULK = 36; // $
const INTEGER = 58; // :
const SIMPLE = 43; // +
const DOT = 46;
const NETWORK_FIRST = Buffer.from('network.first');

class ProtocolError extends NameplateError {
  constructor() {
    super(
      "what answers on the socket does not speak as nameplate does: see whether the path is that of nameplate's socket",
      'NAMEPLATE_PROTOCOL',
    );
  }
}

/** A reply that is an error; an element of an array may be one. */
class ReplyError {
  constructor(message) {
    this.message = message;
  }
}

/** What a map says: the facts, and the network's ends as Answer takes them. */
class Found {
  constructor(facts, first, last) {
    this.facts = facts;
    this.first = first;
    this.last = last;
  }
}

/**
 * Facts by the bytes that say them, all of a map but the network: so those of an answer are made into objects once, and not for
 * each of its addresses. V8 would have to hash each byte of a string; here every third does, and all are compared.
 */
class FactsCache {
  #entries = new Map();

  /** The facts that `bytes` say from `start` to `headEnd` and from `tailStart` to `end`; undefined where they are not kept. */
  get(hash, bytes, start, headEnd, tailStart, end) {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return undefined;
    const { said, head, facts } = entry;
    if (head !== headEnd - start || said.length - head !== end - tailStart) return undefined;
    if (bytes.compare(said, 0, head, start, headEnd) !== 0) return undefined;
    for (let index = head, at = tailStart; at < end; index++, at++) if (said[index] !== bytes[at]) return undefined;
    return facts;
  }

  /** With a copy of the bytes: a piece of a chunk keeps all of it. */
  set(hash, bytes, start, headEnd, tailStart, end, facts) {
    if (this.#entries.size === CACHE) this.#entries.clear();
    const head = headEnd - start;
    const said = Buffer.allocUnsafe(head + end - tailStart);
    bytes.copy(said, 0, start, headEnd);
    bytes.copy(said, head, tailStart, end);
    this.#entries.set(hash, { said, head, facts });
  }

  static hash(bytes, start, headEnd, tailStart, end) {
    let hash = headEnd - start;
    for (let index = start; index < headEnd; index += 3) hash = (Math.imul(hash, 31) + bytes[index]) | 0;
    for (let index = tailStart; index < end; index += 3) hash = (Math.imul(hash, 31) + bytes[index]) | 0;
    return hash;
  }
}

class Reader {
  #bytes = Buffer.alloc(0);
  #at = 0;
  /** Bytes that there must be before it is worth to look again. */
  #needs = 0;
  #cache;

  constructor(cache) {
    this.#cache = cache;
  }

  feed(chunk) {
    const rest = this.#bytes.length - this.#at;
    this.#needs = Math.max(0, this.#needs - this.#at);
    this.#bytes = rest === 0 ? chunk : Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** Whether bytes are there that nobody has read. */
  get rest() {
    return this.#at < this.#bytes.length;
  }

  /** The number behind the type's character, which is at the place, and then behind both; PENDING where it is not whole. */
  #number() {
    const bytes = this.#bytes;
    let index = this.#at + 1;
    const negative = index < bytes.length && bytes[index] === MINUS;
    if (negative) index++;
    const start = index;
    let value = 0;
    for (; index < bytes.length; index++) {
      const digit = bytes[index] - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (index - start > 15) throw new ProtocolError();
    if (index + 1 >= bytes.length && (index === bytes.length || bytes[index] === CR)) return PENDING;
    if (bytes[index] !== CR || bytes[index + 1] !== LF || index === start) throw new ProtocolError();
    this.#at = index + 2;
    return negative ? -value : value;
  }

  /** Length of a bulk string or array, whose type must be at the place; PENDING where it is not whole. */
  #length(type, longest) {
    if (this.#at >= this.#bytes.length) return PENDING;
    if (this.#bytes[this.#at] !== type) throw new ProtocolError();
    const length = this.#number();
    if (length !== PENDING && (length < 0 || length > longest)) throw new ProtocolError();
    return length;
  }

  /** Steps over a bulk string; gives where it begins, and -1 where it is not whole. It ends two before the place. */
  #bulk() {
    const bytes = this.#bytes;
    let start = this.#at + 4;
    let end;
    // Nearly all lengths have one digit or two.
    const digit = start < bytes.length ? bytes[this.#at + 1] - 48 : -1;
    if (digit >= 0 && digit <= 9 && bytes[this.#at] === BULK && bytes[this.#at + 2] === CR && bytes[this.#at + 3] === LF) {
      end = start + digit;
    } else {
      const length = this.#length(BULK, LONGEST_BULK);
      if (length === PENDING) return -1;
      start = this.#at;
      end = start + length;
    }
    if (end + 2 > bytes.length) {
      this.#needs = end + 2;
      return -1;
    }
    if (bytes[end] !== CR || bytes[end + 1] !== LF) throw new ProtocolError();
    this.#at = end + 2;
    return start;
  }

  /** A line behind a type's character, for errors and simple strings; PENDING where it is not whole. */
  #line() {
    const end = this.#bytes.indexOf('\r\n', this.#at, 'latin1');
    if (end < 0 ? this.#bytes.length - this.#at > LONGEST_LINE : end - this.#at > LONGEST_LINE) throw new ProtocolError();
    if (end < 0) return PENDING;
    const line = this.#bytes.utf8Slice(this.#at + 1, end);
    this.#at = end + 2;
    return line;
  }

  /** One reply of any kind, bulk strings as text; PENDING where it is not whole. */
  value() {
    return this.#whole(() => this.#value(0, false));
  }

  /** The same with bulk strings as bytes. */
  bytes() {
    return this.#whole(() => this.#value(0, true));
  }

  /** Begins anew next time where it is not whole. */
  #whole(read) {
    if (this.#bytes.length < this.#needs) return PENDING;
    const start = this.#at;
    const value = read();
    if (value === PENDING) this.#at = start;
    return value;
  }

  #value(depth, asBytes) {
    if (this.#at >= this.#bytes.length) return PENDING;
    switch (this.#bytes[this.#at]) {
      case BULK: {
        const start = this.#bulk();
        if (start < 0) return PENDING;
        return asBytes ? this.#bytes.subarray(start, this.#at - 2) : this.#bytes.utf8Slice(start, this.#at - 2);
      }
      case ARRAY: {
        const length = this.#length(ARRAY, LONGEST_ARRAY);
        if (length === PENDING) return PENDING;
        if (depth === DEEPEST) throw new ProtocolError();
        const values = [];
        while (values.length < length) {
          const value = this.#value(depth + 1, asBytes);
          if (value === PENDING) return PENDING;
          values.push(value);
        }
        return values;
      }
      case INTEGER:
        return this.#number();
      case SIMPLE:
        return this.#line();
      case MINUS: {
        const line = this.#line();
        return line === PENDING ? PENDING : new ReplyError(line);
      }
      default:
        throw new ProtocolError();
    }
  }

  /** An array's length; PENDING where it is not whole; or the error that came instead. */
  array() {
    return this.#whole(() => (this.#bytes[this.#at] === MINUS ? this.#value(0, false) : this.#length(ARRAY, LONGEST_ARRAY)));
  }

  /** The map of an answer as Found; or the error that came instead. */
  map() {
    if (this.#bytes.length < this.#needs) return PENDING;
    const start = this.#at;
    const found = this.#bytes[start] === MINUS ? this.#value(0, false) : this.#map();
    if (found === PENDING) this.#at = start;
    return found;
  }

  #map() {
    const bytes = this.#bytes;
    const count = this.#length(ARRAY, LONGEST_ARRAY);
    if (count === PENDING) return PENDING;
    if (count % 2 !== 0) throw new ProtocolError();
    const start = this.#at;
    // Where the network begins and ends, and its texts.
    let networkStart = -1;
    let networkEnd = -1;
    let first = -1;
    let firstEnd = -1;
    let last = -1;
    let lastEnd = -1;
    for (let pair = 0; pair < count; pair += 2) {
      const keyStart = this.#at;
      const key = this.#bulk();
      if (key < 0) return PENDING;
      const isFirst = networkStart < 0 && this.#at - 2 - key === NETWORK_FIRST.length && bytes[key] === NETWORK_FIRST[0] &&
        NETWORK_FIRST.compare(bytes, key, key + NETWORK_FIRST.length) === 0;
      const value = this.#bulk();
      if (value < 0) return PENDING;
      if (isFirst) {
        networkStart = keyStart;
        first = value;
        firstEnd = this.#at - 2;
        // network.last comes next: its key's eleven letters are not looked at.
        const key = this.#bulk();
        last = key < 0 ? -1 : this.#bulk();
        if (last < 0) return PENDING;
        lastEnd = this.#at - 2;
        networkEnd = this.#at;
        pair += 2;
      }
    }
    if (networkStart < 0) networkStart = networkEnd = this.#at;
    const stop = this.#at;
    const hash = FactsCache.hash(bytes, start, networkStart, networkEnd, stop);
    let facts = this.#cache.get(hash, bytes, start, networkStart, networkEnd, stop);
    if (facts === undefined) {
      facts = factsOf([...pairs(bytes.subarray(start, networkStart)), ...pairs(bytes.subarray(networkEnd, stop))]);
      this.#cache.set(hash, bytes, start, networkStart, networkEnd, stop, facts);
    }
    if (first < 0) return new Found(facts, undefined, undefined);
    return new Found(facts, end(bytes, first, firstEnd), end(bytes, last, lastEnd));
  }
}

/** Names and values of a part of a map that is known to be whole. */
function* pairs(bytes) {
  const reader = new Reader();
  reader.feed(bytes);
  while (reader.rest) yield [reader.value(), reader.value()];
}

/** One end of a network as Answer takes it: an IPv4 address as a number, which costs less than text, an IPv6 one as text. */
function end(bytes, start, stop) {
  let bits = 0;
  let octet = 0;
  for (let index = start; index < stop; index++) {
    const byte = bytes[index];
    if (byte === DOT) {
      bits = (bits << 8) | octet;
      octet = 0;
    } else if (byte >= 48 && byte <= 57) {
      octet = octet * 10 + byte - 48;
    } else {
      return bytes.latin1Slice(start, stop);
    }
  }
  return (bits << 8) | octet;
}

/** Facts of names with dots and values: what LOOKUP and ANSWER give. */
function factsOf(fields) {
  const top = {};
  const within = { company: undefined, operator: undefined };
  for (const [name, value] of fields) {
    const [group, key] = name.split('.', 2);
    if (key === undefined) top[name] = value;
    else if (Object.hasOwn(within, group)) (within[group] ??= {})[key] = key === 'asn' ? Number(value) : value;
  }
  const { status, block, confidence, sources } = top;
  if (status === undefined) throw new ProtocolError();
  return Facts.of(
    status, block, within.company, within.operator, confidence === undefined ? undefined : Number(confidence), sources?.split(','),
  );
}

module.exports = { FactsCache, PENDING, ProtocolError, Reader, ReplyError };
