'use strict';

const { inspect } = require('node:util');
const { formatV4, formatV6 } = require('./address.js');

/** In place of an answer's id, where it does not matter. */
const NONE = -1;

/** What addresses with the same answer have in common: all of the JSON but the network. */
class Facts {
  constructor(id, status, block, company, operator, confidence, sources) {
    this.id = id;
    this.name = company?.name ?? operator?.name ?? block;
    this.status = status;
    this.block = block;
    this.company = company;
    this.operator = operator;
    this.confidence = confidence;
    this.sources = sources;
  }

  /** Of what the daemon says, which has no number. */
  static of(status, block, company, operator, confidence, sources) {
    freeze(company);
    freeze(operator);
    freeze(sources);
    return new Facts(NONE, status, block, company, operator, confidence, sources);
  }
}

function freeze(value) {
  if (value !== undefined) Object.freeze(value);
}

/** One end of a network as text: it came as the number of an IPv4 address, as the four words of an IPv6 address, or as text. */
function format(end) {
  if (typeof end === 'number') return formatV4(end);
  return typeof end === 'string' ? end : formatV6(end);
}

/**
 * What is known of an address. It is made at each lookup, so it is small: the facts are shared with all addresses that have
 * them, and the network's text is made when it is asked for. It holds nothing of the database, and not the address.
 */
class Answer {
  #facts;
  #first;
  #last;

  constructor(facts, first, last) {
    this.#facts = facts;
    this.#first = first;
    this.#last = last;
  }

  get status() {
    return this.#facts.status;
  }

  get name() {
    return this.#facts.name;
  }

  get company() {
    return this.#facts.company;
  }

  get operator() {
    return this.#facts.operator;
  }

  get network() {
    if (this.#first === undefined) return undefined;
    return Object.freeze({ first: format(this.#first), last: format(this.#last) });
  }

  get confidence() {
    return this.#facts.confidence;
  }

  get sources() {
    return this.#facts.sources;
  }

  get block() {
    return this.#facts.block;
  }

  /** For Client. */
  withoutNetwork() {
    return new Answer(this.#facts, undefined, undefined);
  }

  /** The same as a plain object: what is not known is not in it. Keys stand in the order of `nameplate lookup --json`. */
  toJSON() {
    const json = { status: this.status };
    for (const key of ['block', 'company', 'operator', 'network', 'confidence', 'sources']) {
      const value = this[key];
      if (value !== undefined) json[key] = value;
    }
    return json;
  }

  [inspect.custom](_depth, options) {
    return `Answer ${inspect(this.toJSON(), options)}`;
  }
}

module.exports = { Answer, Facts };
