'use strict';

const net = require('node:net');
const address = require('./address.js');
const { Answer } = require('./answer.js');
const { NameplateError } = require('./errors.js');
const { mapsReader, networksReader, readDone, readFacts, readMap, readMetadata, readPacked } = require('./replies.js');
const { FactsCache, PENDING, Reader } = require('./resp.js');

/** Milliseconds for one call, connecting included. */
const TIMEOUT = 5000;
/** Addresses in one MLOOKUP; the daemon takes 65,536 arguments and a MiB. */
const MANY = 1000;
/** Bytes of packed addresses in one LOOKUPPACKED. */
const PACKED = 1 << 19;
/** How often packed addresses are asked for anew, where the file is reloaded in between. */
const GENERATIONS = 3;
/** Answers whose facts are kept by id, each some hundred bytes. */
const CACHE = 65536;

/** What was sent and is not answered. `read` takes what has come of the reply from a Reader, or says PENDING. */
class Request {
  constructor(text, read, repeatable, deadline, resolve, reject) {
    this.text = text;
    this.read = read;
    /** Whether it may be sent a second time when the connection ends before the reply. */
    this.repeatable = repeatable;
    this.deadline = deadline;
    this.resolve = resolve;
    this.reject = reject;
    this.tries = 0;
  }
}

/**
 * A client of the daemon's socket. Requests are pipelined on one connection, made when it is needed and anew when it has ended.
 */
class Client {
  #path;
  #timeout;
  #socket;
  #connected = false;
  #facts = new FactsCache();
  #reader;
  /** Requests in the order of their replies. */
  #pending = [];
  /** The first of #pending that is not answered. */
  #head = 0;
  /** What is to be sent at the end of this turn of the event loop. */
  #out = '';
  #flushing = () => this.#flush();
  #timer;
  #closed = false;
  /** Of the ids that lookupPacked gave last. */
  #generation = 0;
  /** Facts by answer id, of generation #byIdOf. */
  #byId = new Map();
  #byIdOf = 0;

  constructor(path, options = {}) {
    if (typeof path !== 'string' || path === '') throw new TypeError("pass the path of nameplate's socket, a string");
    if (path.includes('\0')) throw new RangeError('the path has a NUL in it');
    // What the kernel would cut off.
    if (Buffer.byteLength(path) > 107) throw new RangeError("a socket's path has 107 bytes at most: use a shorter one");
    if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
    const { timeout = TIMEOUT, ...others } = options;
    if (Object.keys(others).length > 0) throw new TypeError('there is no such option; there is timeout');
    if (!(typeof timeout === 'number' && timeout > 0 && timeout <= 0x7fffffff)) throw new TypeError('the option timeout must be milliseconds, more than 0');
    this.#path = path;
    this.#timeout = timeout;
  }

  lookup(ip) {
    return attempt(() => this.#send(`*2\r\n$6\r\nLOOKUP\r\n${bulk(textOf(ip))}`, readMap));
  }

  lookupMany(ips, options = {}) {
    return attempt(() => {
      const list = address.list(ips);
      const texts = new Array(list.length);
      for (let index = 0; index < list.length; index++) texts[index] = textOf(list[index], index);
      const { network = true } = options ?? {};
      if (typeof network !== 'boolean') throw new TypeError('the option network must be true or false');
      return network ? this.#maps(texts) : this.#withoutNetworks(texts, GENERATIONS);
    });
  }

  /** Answers with networks, of MLOOKUP. `places` says where in the caller's list each text is, if not in order. */
  async #maps(texts, places) {
    const parts = [];
    for (let start = 0; start < texts.length; start += MANY) {
      const part = texts.slice(start, start + MANY);
      const text = `*${part.length + 1}\r\n$7\r\nMLOOKUP\r\n${part.map(bulk).join('')}`;
      parts.push(this.#send(text, mapsReader(part.length, start, places)));
    }
    const answers = await Promise.all(parts);
    return answers.length === 1 ? answers[0] : answers.flat();
  }

  /**
   * Packed, the daemon gives a number for each address, and what a number says is asked for once: a tenth of the work. Only IPv4
   * is packed here; to read the other forms is the engine's business.
   */
  async #withoutNetworks(texts, tries) {
    const numbers = new Uint32Array(texts.length);
    const places = [];
    for (let index = 0; index < texts.length; index++) {
      const bits = address.readV4(texts[index]);
      if (bits >= 0) numbers[index] = bits;
      else places.push(index);
    }
    const others = this.#maps(places.map((place) => texts[place]), places);
    const packed = this.#packed(packedBytes(numbers), 4, numbers.length, GENERATIONS);
    const [ids, maps] = await Promise.all([packed, others]);
    const facts = await this.#factsOf(ids);
    if (facts === undefined) {
      if (tries > 1) return this.#withoutNetworks(texts, tries - 1);
      throw reloadedAgain();
    }
    const answers = new Array(texts.length);
    for (let index = 0; index < ids.length; index++) answers[index] = new Answer(facts.get(ids[index]), undefined, undefined);
    for (const [index, place] of places.entries()) answers[place] = maps[index].withoutNetwork();
    return answers;
  }

  /** The facts of answer ids of the newest generation that is known, by id; undefined where the daemon has another by now. */
  async #factsOf(ids) {
    const generation = this.#generation;
    if (this.#byIdOf !== generation || this.#byId.size > CACHE) {
      this.#byId = new Map();
      this.#byIdOf = generation;
    }
    const facts = this.#byId;
    const missing = new Set();
    for (let index = 0; index < ids.length; index++) {
      if (!facts.has(ids[index])) missing.add(ids[index]);
    }
    if (missing.size === 0) return facts;
    const asked = Array.from(missing, async (id) => [id, await this.#sendAnswer(id, readFacts)]);
    // Behind them, on the same connection, which generation it was.
    const [after, ...found] = await Promise.allSettled([this.#sendPacked(4, ''), ...asked]);
    if (after.status === 'rejected') throw after.reason;
    if (after.value.generation !== generation) return undefined;
    for (const { status, value, reason } of found) {
      if (status === 'rejected') throw reason;
      facts.set(...value);
    }
    return facts;
  }

  #sendAnswer(id, read) {
    return this.#send(`*2\r\n$6\r\nANSWER\r\n${bulk(String(id))}`, read);
  }

  lookupPacked(addresses) {
    return attempt(() => {
      const { data, width, count } = address.packed(addresses);
      return this.#packed(width === 4 ? packedBytes(data) : Buffer.from(data), width, count, GENERATIONS);
    });
  }

  async #packed(bytes, width, count, tries) {
    const parts = [];
    for (let start = 0; start < bytes.length || start === 0; start += PACKED) {
      parts.push(this.#sendPacked(width, bytes.latin1Slice(start, Math.min(bytes.length, start + PACKED))));
    }
    const replies = await Promise.all(parts);
    const generation = replies[0].generation;
    if (replies.some((reply) => reply.generation !== generation)) {
      if (tries > 1) return this.#packed(bytes, width, count, tries - 1);
      throw reloadedAgain();
    }
    this.#generation = generation;
    const found = replies.length === 1 ? replies[0].ids : Buffer.concat(replies.map((reply) => reply.ids));
    if (found.length !== 4 * count) throw new NameplateError('the daemon gave another number of ids', 'NAMEPLATE_PROTOCOL');
    // A fresh copy, aligned, in this machine's order.
    const view = new DataView(found.buffer, found.byteOffset, found.length);
    const ids = new Uint32Array(count);
    for (let index = 0; index < count; index++) ids[index] = view.getUint32(4 * index, true);
    return ids;
  }

  #sendPacked(width, text) {
    return this.#send(`*3\r\n$12\r\nLOOKUPPACKED\r\n${bulk(String(width))}$${text.length}\r\n${text}\r\n`, readPacked);
  }

  answer(id) {
    return attempt(async () => {
      address.answerId(id);
      const generation = this.#generation;
      // Behind it, on the same connection, which generation it was.
      const [found, after] = await Promise.allSettled([
        this.#sendAnswer(id, readMap),
        this.#sendPacked(4, ''),
      ]);
      if (after.status === 'rejected') throw after.reason;
      if (generation !== 0 && after.value.generation !== generation) {
        throw new NameplateError(
          'the file was reloaded since lookupPacked(): its ids hold no longer, so ask it again', 'NAMEPLATE_RELOADED',
        );
      }
      if (found.status === 'rejected') throw found.reason;
      return found.value;
    });
  }

  networks(id) {
    return attempt(() => {
      const text = Buffer.from(address.companyId(id)).latin1Slice();
      return this.#send(`*2\r\n$8\r\nNETWORKS\r\n${bulk(text)}`, networksReader());
    });
  }

  metadata() {
    return attempt(() => this.#send('*1\r\n$4\r\nINFO\r\n', readMetadata));
  }

  reload() {
    return attempt(() => this.#send('*1\r\n$6\r\nRELOAD\r\n', readDone, false));
  }

  close() {
    this.#closed = true;
    this.#fail(closedError());
  }

  get closed() {
    return this.#closed;
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.close();
  }

  #send(text, read, repeatable = true) {
    if (this.#closed) throw closedError();
    return new Promise((resolve, reject) => {
      const request = new Request(text, read, repeatable, performance.now() + this.#timeout, resolve, reject);
      if (this.#head === this.#pending.length) this.#wake();
      this.#pending.push(request);
      this.#queue(request);
    });
  }

  /** Sent at the end of this turn: what is asked for at once goes out in one write. */
  #queue(request) {
    request.tries++;
    if (this.#socket === undefined) this.#connect();
    if (!this.#connected) return;
    if (this.#out === '') process.nextTick(this.#flushing);
    this.#out += request.text;
  }

  #flush() {
    const out = this.#out;
    this.#out = '';
    if (out !== '' && this.#connected) this.#socket.write(out, 'latin1');
  }

  #connect() {
    const socket = net.connect({ path: this.#path });
    let failure;
    this.#socket = socket;
    this.#connected = false;
    this.#reader = new Reader(this.#facts);
    socket.once('connect', () => {
      if (this.#socket !== socket) return;
      this.#connected = true;
      // All that waits.
      for (let index = this.#head; index < this.#pending.length; index++) this.#out += this.#pending[index].text;
      this.#flush();
    });
    socket.on('data', (chunk) => {
      if (this.#socket === socket) this.#hear(chunk);
    });
    socket.once('error', (error) => (failure = error));
    socket.once('close', () => {
      if (this.#socket === socket) this.#ended(failure);
    });
  }

  #hear(chunk) {
    this.#reader.feed(chunk);
    try {
      while (this.#head < this.#pending.length) {
        const request = this.#pending[this.#head];
        const value = request.read(this.#reader);
        if (value === PENDING) return;
        this.#pending[this.#head++] = undefined;
        if (value instanceof Error) request.reject(value);
        else request.resolve(value);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#pending.length = 0;
    this.#head = 0;
    if (this.#reader.rest) {
      // Of a reply that nobody has asked for: what follows can't be told apart.
      this.#drop();
      return;
    }
    this.#rest();
  }

  /** The connection has ended. What may be sent again is, once: the daemon may have been replaced. */
  #ended(failure) {
    const wasConnected = this.#connected;
    this.#drop();
    const waiting = this.#take();
    if (!wasConnected) {
      reject(waiting, connectError(failure));
      return;
    }
    const again = waiting.filter((request) => request.repeatable && request.tries < 2);
    reject(
      waiting.filter((request) => !again.includes(request)),
      new NameplateError(
        'the daemon has closed the connection before it answered: see its log, and try again', 'NAMEPLATE_DISCONNECTED',
        { cause: failure },
      ),
    );
    if (again.length === 0) return;
    this.#wake();
    for (const request of again) {
      request.read = request.read.again?.() ?? request.read;
      this.#pending.push(request);
      this.#queue(request);
    }
  }

  #take() {
    const waiting = this.#pending.slice(this.#head);
    this.#pending = [];
    this.#head = 0;
    this.#rest();
    return waiting;
  }

  /** Ends the connection, and everything that waits, with an error. */
  #fail(error) {
    this.#drop();
    reject(this.#take(), error);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#connected = false;
    this.#out = '';
    if (socket !== undefined) {
      socket.on('error', () => {});
      socket.destroy();
    }
  }

  /** Something waits: the process stays, and a clock runs. */
  #wake() {
    this.#socket?.ref();
    if (this.#timer === undefined) this.#watch(this.#timeout);
  }

  /** Nothing waits: an idle connection keeps no process alive. The clock runs out by itself. */
  #rest() {
    this.#socket?.unref();
    this.#timer?.unref();
  }

  #watch(milliseconds) {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const first = this.#pending[this.#head];
      if (first === undefined) return;
      const left = first.deadline - performance.now();
      if (left > 0) {
        this.#watch(Math.ceil(left));
        return;
      }
      this.#fail(new NameplateError(
        `no answer within ${this.#timeout} ms: see whether the daemon is overloaded, or raise the option timeout`, 'NAMEPLATE_TIMEOUT',
      ));
    }, milliseconds);
    this.#timer.unref();
  }
}

/** Runs what gives a promise; what it throws is a rejection. */
function attempt(run) {
  try {
    return run();
  } catch (error) {
    return Promise.reject(error);
  }
}

function reject(requests, error) {
  for (const request of requests) request.reject(error);
}

function reloadedAgain() {
  return new NameplateError(
    'the file was reloaded again and again meanwhile: try again, or pass fewer addresses', 'NAMEPLATE_RELOADED',
  );
}

/** A copy of IPv4 addresses in network order: what is asked for may be asked for anew, and the caller's array may change. */
function packedBytes(numbers) {
  const bytes = Buffer.allocUnsafe(4 * numbers.length);
  for (let index = 0; index < numbers.length; index++) bytes.writeUInt32BE(numbers[index], 4 * index);
  return bytes;
}

function closedError() {
  return new NameplateError('the client is closed: make a new one', 'NAMEPLATE_CLOSED');
}

function connectError(cause) {
  const reasons = {
    ENOENT: ['NAMEPLATE_MISSING', 'there is no socket at the path: start the daemon with nameplate serve, or correct the path'],
    ECONNREFUSED: ['NAMEPLATE_REFUSED', 'nobody listens on the socket: start the daemon with nameplate serve'],
    EACCES: ['NAMEPLATE_ACCESS', "the socket may not be used: put this process's user into the socket's group"],
  };
  const [code, sentence] = reasons[cause?.code] ??
    ['NAMEPLATE_IO', `the socket can't be used, see whether the path is right: ${cause?.code ?? 'it was closed at once'}`];
  return new NameplateError(sentence, code, { cause });
}

/** A text that is at most as long as an address and ASCII; what it says is for the daemon to judge. */
function textOf(ip, index) {
  const text = address.textOf(ip, index);
  if (text.length > address.LONGEST) throw address.invalidAddress(index);
  for (let place = 0; place < text.length; place++) {
    if (text.charCodeAt(place) > 127) throw address.invalidAddress(index);
  }
  return text;
}

function bulk(text) {
  return `$${text.length}\r\n${text}\r\n`;
}

module.exports = { Client };
