'use strict';

const { Answer } = require('./answer.js');
const { Client } = require('./client.js');
const { NameplateError } = require('./errors.js');

/** The native part is loaded when the first file is opened: who only asks the daemon needs none. */
function open(path, options) {
  return require('./database.js').open(path, options);
}

module.exports = { Answer, Client, NameplateError, open };
