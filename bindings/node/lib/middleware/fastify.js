'use strict';

const { ask, checkSource } = require('./lazy.js');

const ASKED = Symbol('nameplate');

/** Fastify plugin: `request.nameplate`, of `request.ip`, which is what the option trustProxy makes it. */
function nameplate(fastify, options, done) {
  const { db } = options;
  try {
    checkSource(db);
  } catch (error) {
    done(error);
    return;
  }
  fastify.decorateRequest('nameplate', {
    getter() {
      this[ASKED] ??= { answer: ask(db, this.ip) };
      return this[ASKED].answer;
    },
  });
  done();
}

// For the whole server and not only the plugin's own scope; what fastify-plugin would set.
nameplate[Symbol.for('skip-override')] = true;
nameplate[Symbol.for('fastify.display-name')] = 'nameplate';
nameplate[Symbol.for('plugin-meta')] = { name: 'nameplate', fastify: '>=4', decorators: {} };

module.exports = { nameplate };
