'use strict';

// A reader of RESP2 replies. What has come is kept as text with a character for each byte: V8 walks through that faster than
// through a Buffer, and a piece of it is a string without a copy. A read that finds too little says PENDING and begins anew
// with the next chunk, so readers of long arrays keep what they have (client.js).

const { isAscii } = require('node:buffer');
const { Facts } = require('./answer.js');
const { NameplateError } = require('./errors.js');

/** Not all of it is here yet. */
const PENDING = Symbol('pending');

/** No reply of the daemon has a line longer than this, a bulk string larger, or an array with more. */
const LONGEST_LINE = 4096;
const LONGEST_BULK = 1 << 29;
const LONGEST_ARRAY = 1 << 24;

const NOT_ASCII = /[^\0-\x7f]/;

class ProtocolError extends NameplateError {
  constructor() {
    super("what answers on the socket does not speak as nameplate does: see whether the path is that of nameplate's socket", 'NAMEPLATE_PROTOCOL');
  }
}

/** A reply that is an error; an element of an array may be one. */
class ReplyError {
  constructor(message) {
    this.message = message;
  }
}

/** What a map says, flat: the facts, and the network's ends as text. */
class Found {
  constructor(facts, first, last) {
    this.facts = facts;
    this.first = first;
    this.last = last;
  }
}

class Reader {
  #text = '';
  #at = 0;
  #ascii = true;
  /** Characters that there must be before it is worth to look again. */
  #needs = 0;

  feed(chunk) {
    if (this.#at === this.#text.length) {
      this.#text = chunk.latin1Slice(0, chunk.length);
      this.#ascii = isAscii(chunk);
      this.#needs = 0;
    } else {
      const rest = this.#at === 0 ? this.#text : this.#text.slice(this.#at);
      this.#text = rest + chunk.latin1Slice(0, chunk.length);
      this.#ascii = this.#ascii && isAscii(chunk);
      this.#needs = Math.max(0, this.#needs - this.#at);
    }
    this.#at = 0;
  }

  /** Whether bytes are there that nobody has read. */
  get rest() {
    return this.#at < this.#text.length;
  }

  /** The number behind the type's character, which is at the place; behind it afterwards. -2 where it is not whole. */
  #number() {
    const text = this.#text;
    let index = this.#at + 1;
    let code = text.charCodeAt(index);
    // "-1" is RESP2's null.
    const negative = code === 45;
    if (negative) code = text.charCodeAt(++index);
    let value = 0;
    const start = index;
    while (code >= 48 && code <= 57) {
      value = value * 10 + (code - 48);
      code = text.charCodeAt(++index);
    }
    if (index + 1 >= text.length && index - start < 20) return -2;
    if (code !== 13 || text.charCodeAt(index + 1) !== 10 || index === start || index - start > 16) throw new ProtocolError();
    this.#at = index + 2;
    if (negative) return value === 1 ? -1 : -value;
    return value;
  }

  /** Length of a bulk string or array whose type is at the place; -2 where it is not whole. */
  #length(type, longest) {
    if (this.#at >= this.#text.length) return -2;
    if (this.#text.charCodeAt(this.#at) !== type) throw new ProtocolError();
    const length = this.#number();
    if (length > longest || length === -1 || length < -2) throw new ProtocolError();
    return length;
  }

  /** Steps over a bulk string; gives where it begins, and -1 where it is not whole. It ends two before the place. */
  #bulk() {
    const length = this.#length(36, LONGEST_BULK);
    if (length === -2) return -1;
    const start = this.#at;
    const end = start + length + 2;
    if (end > this.#text.length) {
      this.#needs = end;
      return -1;
    }
    if (this.#text.charCodeAt(end - 2) !== 13) throw new ProtocolError();
    this.#at = end;
    return start;
  }

  #piece(start, end) {
    const piece = this.#text.substring(start, end);
    return this.#ascii || !NOT_ASCII.test(piece) ? piece : Buffer.from(piece, 'latin1').utf8Slice();
  }

  /** A line behind a type's character, for errors and simple strings; PENDING where it is not whole. */
  #line() {
    const end = this.#text.indexOf('\r\n', this.#at);
    if (end < 0 && this.#text.length - this.#at > LONGEST_LINE) throw new ProtocolError();
    if (end < 0) return PENDING;
    const line = this.#piece(this.#at + 1, end);
    this.#at = end + 2;
    return line;
  }

  /** One reply of any kind, bulk strings as text of bytes; begins anew where it is not whole. */
  value() {
    if (this.#text.length < this.#needs) return PENDING;
    const start = this.#at;
    const value = this.#value(0);
    if (value === PENDING) this.#at = start;
    return value;
  }

  #value(depth) {
    if (this.#at >= this.#text.length) return PENDING;
    switch (this.#text.charCodeAt(this.#at)) {
      case 36: {
        const start = this.#bulk();
        return start < 0 ? PENDING : this.#text.substring(start, this.#at - 2);
      }
      case 42: {
        const length = this.#length(42, LONGEST_ARRAY);
        if (length === -2) return PENDING;
        if (depth > 4) throw new ProtocolError();
        const values = [];
        while (values.length < length) {
          const value = this.#value(depth + 1);
          if (value === PENDING) return PENDING;
          values.push(value);
        }
        return values;
      }
      case 58: {
        const number = this.#number();
        return number === -2 ? PENDING : number;
      }
      case 43:
        return this.#line();
      case 45: {
        const line = this.#line();
        return line === PENDING ? PENDING : new ReplyError(line);
      }
      default:
        throw new ProtocolError();
    }
  }

  /** An array's length; PENDING where it is not whole; or the error that came instead. */
  array() {
    if (this.#text.charCodeAt(this.#at) === 45) return this.value();
    const start = this.#at;
    const length = this.#length(42, LONGEST_ARRAY);
    if (length !== -2) return length;
    this.#at = start;
    return PENDING;
  }

  /** The map of an answer as Found; or the error that came instead. */
  map() {
    if (this.#text.length < this.#needs) return PENDING;
    if (this.#text.charCodeAt(this.#at) === 45) return this.value();
    const start = this.#at;
    const found = this.#map();
    if (found === PENDING) this.#at = start;
    return found;
  }

  #map() {
    const count = this.#length(42, LONGEST_ARRAY);
    if (count === -2) return PENDING;
    if (count % 2 !== 0) throw new ProtocolError();
    let status;
    let block;
    let company;
    let operator;
    let confidence;
    let sources;
    let first;
    let last;
    for (let pair = 0; pair < count; pair += 2) {
      const key = this.#bulk();
      if (key < 0) return PENDING;
      const length = this.#at - 2 - key;
      const start = this.#bulk();
      if (start < 0) return PENDING;
      const end = this.#at - 2;
      // The first character and the length tell nearly all keys apart.
      switch (this.#text.charCodeAt(key)) {
        case 99: // company.… and confidence
          if (length === 10 && this.#text.charCodeAt(key + 3) === 102) {
            confidence = Number(this.#text.substring(start, end));
          } else {
            company ??= {};
            company[this.#piece(key + 8, key + length)] = this.#piece(start, end);
          }
          break;
        case 111: // operator.…
          operator ??= {};
          if (length === 12) operator.asn = Number(this.#text.substring(start, end));
          else if (this.#text.charCodeAt(key + 9) === 110) operator.name = this.#piece(start, end);
          else operator.kind = this.#piece(start, end);
          break;
        case 110: // network.first and network.last
          if (length === 13) first = this.#text.substring(start, end);
          else last = this.#text.substring(start, end);
          break;
        case 115: // status and sources
          if (length === 6) status = this.#piece(start, end);
          else sources = this.#piece(start, end).split(',');
          break;
        case 98: // block
          block = this.#piece(start, end);
          break;
        default: // of a newer daemon
      }
    }
    if (status === undefined) throw new ProtocolError();
    return new Found(Facts.of(status, block, company, operator, confidence, sources), first, last);
  }
}

module.exports = { PENDING, ProtocolError, Reader, ReplyError };
