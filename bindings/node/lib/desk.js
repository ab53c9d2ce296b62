'use strict';

// The memory through which this thread and native/addon.c hand each other addresses and results, and where what lies on it:
// the same as the enum there.

const native = require('./native.js');

const { desk } = native;
const BATCH = 256;
const STRIDE = 48;
const BYTE_TEXTS = 1024;

module.exports = {
  native,
  /** 32-bit words; signed, so that all fit V8's small integers. */
  words: new Int32Array(desk),
  bytes: new Uint8Array(desk),
  numbers: new Float64Array(desk, 256, 16),
  WORD_SLOT: 0,
  WORD_LENGTH: 1,
  WORD_STATUS: 2,
  WORD_RESULT: 3,
  WORD_FACTS: 16,
  BYTE_TEXT: 128,
  BYTE_LENGTHS: 512,
  BYTE_TEXTS,
  BATCH,
  STRIDE,
  WORD_RESULTS: (BYTE_TEXTS + BATCH * STRIDE) / 4,
  RESULT_WORDS: 10,
  /** In place of an answer's id, where the text was no address. */
  NO_ADDRESS: -1,
};
