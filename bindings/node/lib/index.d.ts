/// <reference lib="esnext.disposable" />

/** An address: text; an IPv4 address as a number; or 4 or 16 bytes in network order. */
export type Address = string | number | Uint8Array;

/** The organisation that uses a network itself. What is not known is absent. */
export interface Company {
  /** Stable from build to build: `lei:…`, `asn:…`. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'business' | 'education' | 'government' | 'nonprofit';
  /** ISO 3166-1 alpha-2, in capitals. */
  readonly country?: string;
  readonly domain?: string;
  /** As written: `GmbH`. */
  readonly legal_form?: string;
  readonly industry?: string;
  readonly register?: string;
  readonly register_id?: string;
}

/** Who operates the network: the holder of its AS. */
export interface Operator {
  readonly asn: number;
  readonly name?: string;
  readonly kind?: 'access' | 'hosting' | 'mobile' | 'vpn' | 'transit' | 'exchange';
}

/** Addresses from `first` to `last`, both included. */
export interface Network {
  readonly first: string;
  readonly last: string;
}

export type Status = 'company' | 'operator' | 'unknown' | 'reserved';

/** What `JSON.stringify(answer)` writes: the line of `nameplate lookup --json`. */
export interface AnswerJson {
  status: Status;
  block?: string;
  company?: Company;
  operator?: Operator;
  network?: Network;
  confidence?: number;
  sources?: readonly string[];
}

/** What is known of an address. It is read-only, and holds neither the address nor the database. */
export class Answer {
  private constructor();
  readonly status: Status;
  /** The company's name, else the operator's, else that of the special-purpose block. */
  readonly name: string | undefined;
  readonly company: Company | undefined;
  /** Whenever the network's AS is known, also where the company runs its own. */
  readonly operator: Operator | undefined;
  /** The largest range around the address in which every address has this answer. */
  readonly network: Network | undefined;
  /** How sure it is that this company uses the network, 1 to 100. */
  readonly confidence: number | undefined;
  /** Names of the sources that say so. */
  readonly sources: readonly string[] | undefined;
  /** The registry's name for a special-purpose block. */
  readonly block: string | undefined;
  /** The same answer, as `answer(id)` gives it. */
  withoutNetwork(): Answer;
  /** A plain object, for `JSON.stringify`, `structuredClone` and messages to workers. */
  toJSON(): AnswerJson;
}

/** A source that a file was built from. */
export interface Source {
  readonly name: string;
  readonly title?: string;
  readonly licence?: string;
  /** Whom the licence wants named, wherever the data is shown. */
  readonly attribution?: string;
  readonly url?: string;
  /** Of the data: `2026-06-17`. */
  readonly date?: string;
  readonly rows: number;
}

/** What a range file says about itself. */
export interface Metadata {
  /** Of the file's format. */
  readonly version: number;
  readonly build_number: number;
  /** Which of the files that were opened, from 1. Answer ids hold within one. */
  readonly generation: number;
  /** Unix seconds of the newest data; 0 where no source has a date. */
  readonly created: number;
  readonly bytes: number;
  readonly v4_intervals: number;
  readonly v6_intervals: number;
  readonly answers: number;
  readonly companies: number;
  readonly operators: number;
}

export interface OpenOptions {
  /** Copies the file into memory instead of mapping it: then what happens to the file does not matter. */
  copy?: boolean;
  /** Reads the whole mapped file before the first lookup. */
  prefault?: boolean;
  /** Checks all of the file before it is used: some 60 ms for 20 MB. */
  verify?: boolean;
  /** Lets a reload go back to a file with a lower build number. */
  allowOlder?: boolean;
  /** Path of a suppression list: what it names is in no answer. */
  suppression?: string;
  /** Path of a public key, or the key itself: only files that it signed are taken. */
  publicKey?: string;
  /** How many answers' facts are kept as objects, each some hundred bytes: 131,072 if not said. Never addresses. */
  cache?: number;
}

/**
 * An open range file. It belongs to the thread that opened it; workers open the file themselves, and share its memory.
 * What is no address is a TypeError or RangeError, and everything else that fails a NameplateError.
 */
export interface Database extends Disposable {
  /** The answer for an address. */
  lookup(ip: Address): Answer;
  /** Answers in the order of the addresses. One that is none is a RangeError or TypeError with its `index`. */
  lookupMany(ips: Iterable<Address>): Answer[];
  /**
   * The answer ids of many addresses, for `answer`: IPv4 as numbers in a Uint32Array, or IPv6 as 16 bytes each, in network
   * order, in a Buffer or Uint8Array. 0 is unknown.
   */
  lookupPacked(addresses: Uint32Array | Uint8Array): Uint32Array;
  /** The answer with this id, which is without a network. Ids hold until the file is reloaded. */
  answer(id: number): Answer;
  /** All networks of a company, IPv4 first, ascending; none where there is no such company. */
  networks(companyId: string): Network[];
  readonly metadata: Metadata & { readonly sources: readonly Source[] };
  readonly generation: number;
  /** Opens the file anew, and its suppression list; gives the new generation. Where that fails, the old file is answered from. */
  reload(): number;
  /** The same with another suppression list, which is read at each reload from then on. */
  suppress(list: string): number;
  close(): void;
  readonly closed: boolean;
}

/** Opens a range file. */
export function open(path: string | URL, options?: OpenOptions): Database;

export interface ClientOptions {
  /** Milliseconds for one call, connecting included: 5,000 if not said. */
  timeout?: number;
}

/**
 * A client of the daemon's socket, with the methods of Database as promises. Calls that are made at once go out together. The
 * connection is made when it is needed; when it ends, what was not answered is asked once more, except for `reload`. An idle
 * client keeps no process alive.
 */
export class Client implements Disposable {
  constructor(path: string, options?: ClientOptions);
  lookup(ip: Address): Promise<Answer>;
  /** `{ network: false }` leaves the networks out of the answers, and is several times as fast for many addresses. */
  lookupMany(ips: Iterable<Address>, options?: { network?: boolean }): Promise<Answer[]>;
  lookupPacked(addresses: Uint32Array | Uint8Array): Promise<Uint32Array>;
  /** Rejected where the daemon has reloaded since `lookupPacked`: then its ids hold no longer. */
  answer(id: number): Promise<Answer>;
  networks(companyId: string): Promise<Network[]>;
  metadata(): Promise<Metadata>;
  /** Only for the daemon's own user and root. */
  reload(): Promise<void>;
  /** Ends the connection; what waits is rejected. */
  close(): void;
  readonly closed: boolean;
  [Symbol.dispose](): void;
}

/** What went wrong with a file or the socket. */
export class NameplateError extends Error {
  constructor(message: string, code: string, options?: { cause?: unknown });
  readonly name: 'NameplateError';
  /** `NAMEPLATE_MISSING`, `NAMEPLATE_DAMAGED`, `NAMEPLATE_TIMEOUT` and so on. */
  readonly code: string;
}
