'use strict';

// What each command's reply is to a caller. A reader of a reply takes from a Reader (resp.js) what has come, and says PENDING, an
// error that the call is rejected with, or the result; what it throws ends the connection, because nothing behind it can be
// told apart.

const address = require('./address.js');
const { Answer } = require('./answer.js');
const { NameplateError } = require('./errors.js');
const { PENDING, ReplyError } = require('./resp.js');

/** Keys of INFO, and what they are called in metadata. */
const METADATA = {
  format_version: 'version',
  build_number: 'build_number',
  generation: 'generation',
  created: 'created',
  file_bytes: 'bytes',
  ipv4_intervals: 'v4_intervals',
  ipv6_intervals: 'v6_intervals',
  answers: 'answers',
  companies: 'companies',
  operators: 'operators',
};

/** The error that a reply is. The daemon's sentences quote nothing. */
function errorOf({ message }, index) {
  if (message.startsWith('ERR invalid address')) return address.invalidAddress(index);
  if (message.startsWith('ERR no such answer')) return address.noAnswer();
  const [kind, ...rest] = message.split(' ');
  return new NameplateError(`the daemon refuses: ${rest.join(' ')}`, kind === 'ERR' ? 'NAMEPLATE_REPLY' : `NAMEPLATE_${kind}`);
}

function answerOf(found, index) {
  if (found instanceof ReplyError) return errorOf(found, index);
  return new Answer(found.facts, found.first, found.last);
}

function readMap(reader) {
  const found = reader.map();
  return found === PENDING ? PENDING : answerOf(found, undefined);
}

function readFacts(reader) {
  const found = reader.map();
  if (found === PENDING) return PENDING;
  return found instanceof ReplyError ? errorOf(found) : found.facts;
}

/** Of a MLOOKUP of `count` addresses, the first of which is number `start`. */
function mapsReader(count, start, places) {
  let length;
  let failure;
  const answers = [];
  const read = (reader) => {
    if (length === undefined) {
      const header = reader.array();
      if (header === PENDING) return PENDING;
      if (header instanceof ReplyError) return errorOf(header);
      if (header !== count) throw new NameplateError('the daemon gave another number of answers', 'NAMEPLATE_PROTOCOL');
      length = header;
    }
    while (answers.length < length) {
      const found = reader.map();
      if (found === PENDING) return PENDING;
      const index = start + answers.length;
      const answer = answerOf(found, places === undefined ? index : places[index]);
      if (answer instanceof Error) failure ??= answer;
      answers.push(answer);
    }
    return failure ?? answers;
  };
  read.again = () => mapsReader(count, start, places);
  return read;
}

function networksReader() {
  let length;
  const networks = [];
  const read = (reader) => {
    if (length === undefined) {
      const header = reader.array();
      if (header === PENDING) return PENDING;
      if (header instanceof ReplyError) return errorOf(header);
      length = header;
    }
    while (networks.length < length) {
      const pair = reader.value();
      if (pair === PENDING) return PENDING;
      if (!Array.isArray(pair) || pair.length !== 2) throw new NameplateError('the daemon gave no network', 'NAMEPLATE_PROTOCOL');
      networks.push(Object.freeze({ first: pair[0], last: pair[1] }));
    }
    return networks;
  };
  read.again = networksReader;
  return read;
}

function readPacked(reader) {
  const reply = reader.bytes();
  if (reply === PENDING) return PENDING;
  if (reply instanceof ReplyError) return errorOf(reply);
  if (!Array.isArray(reply) || typeof reply[0] !== 'number' || !Buffer.isBuffer(reply[1])) {
    return new NameplateError('the daemon gave no ids', 'NAMEPLATE_PROTOCOL');
  }
  return { generation: reply[0], ids: reply[1] };
}

function readMetadata(reader) {
  const reply = reader.value();
  if (reply === PENDING) return PENDING;
  if (reply instanceof ReplyError) return errorOf(reply);
  if (typeof reply !== 'string') return new NameplateError('the daemon gave no INFO', 'NAMEPLATE_PROTOCOL');
  const metadata = {};
  for (const line of reply.split('\r\n')) {
    const [key, value] = line.split(':');
    if (Object.hasOwn(METADATA, key)) metadata[METADATA[key]] = Number(value);
  }
  return Object.freeze(metadata);
}

function readDone(reader) {
  const reply = reader.value();
  if (reply === PENDING) return PENDING;
  return reply instanceof ReplyError ? errorOf(reply) : undefined;
}

module.exports = { mapsReader, networksReader, readDone, readFacts, readMap, readMetadata, readPacked };
