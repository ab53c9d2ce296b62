'use strict';

const { checkSource, define } = require('./lazy.js');

/** Express middleware: `req.nameplate`, of `req.ip`, which is what the setting "trust proxy" makes it. */
function nameplate(source) {
  checkSource(source);
  return function nameplateMiddleware(req, res, next) {
    define(req, source, () => req.ip);
    next();
  };
}

module.exports = { nameplate };
