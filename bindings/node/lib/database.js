'use strict';

const address = require('./address.js');
const { Answer, Facts } = require('./answer.js');
const { NameplateError, ofStatus } = require('./errors.js');
const desk = require('./desk.js');

const { native, words, bytes, numbers } = desk;
const { WORD_SLOT, WORD_LENGTH, WORD_STATUS, WORD_RESULT, WORD_FACTS, WORD_RESULTS, RESULT_WORDS, NO_ADDRESS } = desk;
const { BYTE_TEXT, BYTE_LENGTHS, BYTE_TEXTS, BATCH, STRIDE } = desk;

const STATUSES = ['unknown', 'company', 'operator', 'reserved'];
const STATUS_ADDRESS = 4;
const STATUS_NOT_FOUND = 6;
const FLAGS = { copy: 1, prefault: 2, verify: 4, allowOlder: 8 };
const TEXTS = ['suppression', 'publicKey'];
/** Answers whose facts are kept as objects, each some hundred bytes. */
const CACHE = 131072;
/** In place of a database's slot when it is closed. */
const CLOSED = -1;
/** What native.text gives by number, behind `block`. */
const COMPANY_KEYS = ['id', 'name', 'kind', 'country', 'domain', 'legal_form', 'industry', 'register', 'register_id'];
const TEXT_OPERATOR_NAME = 10;
const TEXT_OPERATOR_KIND = 11;

/**
 * Writes an address's text on the desk, at `place`; gives its length, or -1 where it can't be one. Only ASCII fits a byte:
 * any other character would look like the one that its lowest eight bits are.
 */
function writeText(text, place) {
  const { length } = text;
  if (length > address.LONGEST) return -1;
  let seen = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    seen |= code;
    bytes[place + index] = code;
  }
  return seen < 128 ? length : -1;
}

/** The answer that lies on the desk from word `at`. */
function read(facts, at) {
  const family = words[at + 1];
  if (family === 4) return new Answer(facts, words[at + 2], words[at + 6]);
  if (family === 6) return new Answer(facts, wordsFrom(at + 2), wordsFrom(at + 6));
  return new Answer(facts, undefined, undefined);
}

function wordsFrom(at) {
  return [words[at], words[at + 1], words[at + 2], words[at + 3]];
}

/** An open range file. */
class Database {
  /** Keeps the native part open until it is collected. */
  #handle;
  #slot;
  /** Facts that were read, of this generation: those of answer `id` at `id & #mask`, until others need the place. */
  #facts = [];
  #mask = 0;
  #places;
  /** Sources by the bits that stand for them. */
  #sources = new Map();
  #sourceNames = [];
  #generation = 0;

  constructor(handle, slot, places) {
    this.#handle = handle;
    this.#slot = slot;
    this.#places = places;
    this.#renew();
  }

  lookup(ip) {
    const text = typeof ip === 'string' ? ip : address.textOf(ip);
    words[WORD_SLOT] = this.#slot;
    const bits = address.readV4(text);
    if (bits >= 0) {
      // Cheaper than its text would be.
      words[WORD_LENGTH] = bits;
      native.lookupV4();
    } else {
      const length = writeText(text, BYTE_TEXT);
      if (length < 0) throw address.invalidAddress();
      words[WORD_LENGTH] = length;
      native.lookup();
    }
    if (words[WORD_STATUS] !== 0) throw this.#error(undefined);
    return read(this.#factsOf(words[WORD_RESULT]), WORD_RESULT);
  }

  lookupMany(ips) {
    const list = address.list(ips);
    const answers = new Array(list.length);
    const texts = new Array(Math.min(BATCH, list.length));
    this.#use();
    for (let start = 0; start < list.length; start += BATCH) {
      const count = Math.min(BATCH, list.length - start);
      // All are read before the desk is written: a getter of the array might look something up itself.
      for (let index = 0; index < count; index++) {
        const entry = list[start + index];
        texts[index] = typeof entry === 'string' ? entry : address.textOf(entry, start + index);
      }
      for (let index = 0; index < count; index++) {
        const length = writeText(texts[index], BYTE_TEXTS + index * STRIDE);
        if (length < 0) throw address.invalidAddress(start + index);
        bytes[BYTE_LENGTHS + index] = length;
      }
      words[WORD_SLOT] = this.#slot;
      words[WORD_LENGTH] = count;
      native.lookupBatch();
      if (words[WORD_STATUS] !== 0) throw this.#error(undefined);
      for (let index = 0, at = WORD_RESULTS; index < count; index++, at += RESULT_WORDS) {
        const id = words[at];
        if (id === NO_ADDRESS) throw address.invalidAddress(start + index);
        answers[start + index] = read(this.#factsOf(id), at);
      }
    }
    return answers;
  }

  lookupPacked(addresses) {
    const { data, count } = address.packed(addresses);
    const ids = new Uint32Array(count);
    this.#use();
    // Memory that other threads write to is copied first.
    native.packed(data.buffer instanceof SharedArrayBuffer ? data.slice() : data, ids);
    this.#check(undefined);
    return ids;
  }

  answer(id) {
    address.answerId(id);
    this.#use();
    return new Answer(this.#factsOf(id), undefined, undefined);
  }

  networks(id) {
    address.companyId(id);
    this.#use();
    const found = native.networks(id);
    if (words[WORD_STATUS] === STATUS_NOT_FOUND) return [];
    this.#check(undefined);
    const ranges = new Int32Array(found);
    const networks = [];
    for (let at = 0; at < ranges.length; at += 9) {
      const end = ranges[at] === 4
        ? (place) => address.formatV4(ranges[place])
        : (place) => address.formatV6(ranges.subarray(place, place + 4));
      networks.push(Object.freeze({ first: end(at + 1), last: end(at + 5) }));
    }
    return networks;
  }

  get metadata() {
    this.#use();
    native.metadata();
    this.#check(undefined);
    const [version, build_number, generation, created, file_bytes, v4, v6, answers, companies, operators, count] = numbers;
    const sources = Array.from({ length: count }, (_, index) => this.#source(index));
    return Object.freeze({
      version, build_number, generation, created, bytes: file_bytes, v4_intervals: v4, v6_intervals: v6, answers, companies,
      operators, sources: Object.freeze(sources),
    });
  }

  get generation() {
    this.#use();
    return this.#generation;
  }

  reload() {
    return this.#reload(undefined);
  }

  suppress(list) {
    if (typeof list !== 'string' || list === '') throw new TypeError("pass the path of a suppression list's file");
    checkPath(list, 'the path of a suppression list');
    return this.#reload(list);
  }

  close() {
    if (this.#slot === CLOSED) return;
    this.#use();
    native.close();
    this.#slot = CLOSED;
    this.#handle = undefined;
    this.#facts = [];
  }

  get closed() {
    return this.#slot === CLOSED;
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.close();
  }

  #use() {
    if (this.#slot === CLOSED) throw this.#error(undefined);
    words[WORD_SLOT] = this.#slot;
  }

  #check(sentence) {
    if (words[WORD_STATUS] !== 0) throw this.#error(sentence);
  }

  /** The error for the status on the desk, or of a database that is closed, whose slot no call accepts. */
  #error(sentence) {
    if (this.#slot === CLOSED) {
      return new NameplateError('the database is closed: open it again with open()', 'NAMEPLATE_CLOSED');
    }
    const status = words[WORD_STATUS];
    return status === STATUS_ADDRESS ? address.invalidAddress() : ofStatus(status, sentence ?? 'a defect of nameplate: report it');
  }

  #reload(list) {
    this.#use();
    this.#check(native.reload(list));
    this.#renew();
    return this.#generation;
  }

  /** Forgets what was read of the file before. */
  #renew() {
    this.#use();
    native.metadata();
    this.#check(undefined);
    this.#generation = numbers[2];
    const answers = numbers[7];
    const sources = numbers[10];
    this.#sourceNames = Array.from({ length: sources }, (_, index) => this.#source(index).name);
    this.#sources = new Map();
    // As many places as there are answers, or as may be, rounded to a power of two.
    const places = 2 ** Math.ceil(Math.log2(Math.max(1, Math.min(answers, this.#places))));
    this.#facts = new Array(places);
    this.#mask = places - 1;
  }

  #factsOf(id) {
    const facts = this.#facts[id & this.#mask];
    return facts !== undefined && facts.id === id ? facts : this.#readFacts(id);
  }

  #readFacts(id) {
    words[WORD_SLOT] = this.#slot;
    const result = words.slice(WORD_RESULT, WORD_RESULT + RESULT_WORDS);
    words[WORD_LENGTH] = id;
    native.answer();
    if (words[WORD_STATUS] === STATUS_NOT_FOUND) throw address.noAnswer();
    this.#check(undefined);
    words.set(result, WORD_RESULT);
    const kind = words[WORD_FACTS];
    const confidence = words[WORD_FACTS + 1];
    const texts = words[WORD_FACTS + 5];
    const text = (index) => (texts & (1 << index) ? native.text(index) : undefined);
    const facts = new Facts(
      id, STATUSES[kind], text(0), kind === 1 ? company(text) : undefined, words[WORD_FACTS + 4] === 1 ? operator(text) : undefined,
      confidence === 0 ? undefined : confidence, this.#sourcesOf(words[WORD_FACTS + 2]),
    );
    this.#facts[id & this.#mask] = facts;
    return facts;
  }

  #sourcesOf(bits) {
    if (bits === 0) return undefined;
    let sources = this.#sources.get(bits);
    if (sources === undefined) {
      sources = Object.freeze(this.#sourceNames.filter((_, index) => bits & (1 << index)));
      this.#sources.set(bits, sources);
    }
    return sources;
  }

  #source(index) {
    words[WORD_SLOT] = this.#slot;
    words[WORD_LENGTH] = index;
    native.source();
    this.#check(undefined);
    const source = { rows: numbers[0] };
    for (const [place, key] of ['name', 'title', 'licence', 'attribution', 'url', 'date'].entries()) {
      const text = native.text(place);
      if (text !== undefined) source[key] = text;
    }
    return Object.freeze(source);
  }
}

function company(text) {
  const company = {};
  for (const [index, key] of COMPANY_KEYS.entries()) {
    const value = text(1 + index);
    if (value !== undefined) company[key] = value;
  }
  return Object.freeze(company);
}

function operator(text) {
  const operator = { asn: words[WORD_FACTS + 3] >>> 0 };
  const name = text(TEXT_OPERATOR_NAME);
  const kind = text(TEXT_OPERATOR_KIND);
  if (name !== undefined) operator.name = name;
  if (kind !== undefined) operator.kind = kind;
  return Object.freeze(operator);
}

function checkPath(path, what) {
  if (path.includes('\0')) throw new RangeError(`${what} has a NUL in it`);
}

/** Opens a range file. */
function open(path, options = {}) {
  if (path instanceof URL) path = require('node:url').fileURLToPath(path);
  if (typeof path !== 'string' || path === '') throw new TypeError('pass the path of a range file, a string or a file: URL');
  checkPath(path, 'the path');
  if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
  let flags = 0;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (name in FLAGS) {
      if (typeof value !== 'boolean') throw new TypeError(`the option ${name} must be true or false`);
      if (value) flags |= FLAGS[name];
    } else if (TEXTS.includes(name)) {
      if (typeof value !== 'string' || value === '') throw new TypeError(`the option ${name} must be a string`);
      checkPath(value, `the option ${name}`);
    } else if (name !== 'cache') {
      throw new TypeError(`there is no such option; there are ${[...Object.keys(FLAGS), ...TEXTS, 'cache'].join(', ')}`);
    }
  }
  const { suppression, publicKey, cache = CACHE } = options;
  if (!Number.isInteger(cache) || cache < 0) throw new TypeError('the option cache must be a number of answers, 0 or more');
  const result = native.open(path, flags, suppression, publicKey);
  const status = words[WORD_STATUS];
  if (status !== 0) throw ofStatus(status, result);
  return new Database(result, words[WORD_SLOT], cache);
}

module.exports = { Database, open };
