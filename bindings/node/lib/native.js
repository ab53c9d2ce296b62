'use strict';

// The addon, from the package of this platform, which npm installs beside this one.

const { NameplateError } = require('./errors.js');

function libc() {
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'gnu';
}

function load() {
  const platform = process.platform === 'linux' ? `linux-${process.arch}-${libc()}` : `${process.platform}-${process.arch}`;
  try {
    return require(`@nameplate/${platform}`);
  } catch (error) {
    // What is there and does not load says itself why.
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
  throw new NameplateError(
    `there is no @nameplate/${platform}: install nameplate without --omit=optional, or use Client, which needs no native part`,
    'NAMEPLATE_PLATFORM',
  );
}

module.exports = load();
