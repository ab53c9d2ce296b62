'use strict';

// Statuses of nameplate.h by number, as they stand in `error.code`: NAMEPLATE_MISSING and so on.
const CODES = {
  1: 'NULL',
  2: 'ARGUMENT',
  3: 'HANDLE',
  4: 'ADDRESS',
  5: 'SPACE',
  6: 'NOT_FOUND',
  7: 'OPTION',
  8: 'PANIC',
  16: 'MISSING',
  17: 'IO',
  18: 'EMPTY',
  19: 'FOREIGN',
  20: 'NEWER',
  21: 'UNSIGNED',
  22: 'SIGNATURE',
  23: 'DAMAGED',
  24: 'SUPPRESSION',
  25: 'KEY',
  26: 'OLDER',
  27: 'HELD',
};

/** What went wrong with a file or the socket. `code` is for programs, the message for people. */
class NameplateError extends Error {
  constructor(message, code, options) {
    super(message, options);
    this.code = code;
  }
}
Object.defineProperty(NameplateError.prototype, 'name', { value: 'NameplateError', configurable: true, writable: true });

/** The error for a status of nameplate.h. */
function ofStatus(status, sentence) {
  return new NameplateError(sentence, `NAMEPLATE_${CODES[status] ?? `STATUS_${status}`}`);
}

module.exports = { NameplateError, ofStatus };
