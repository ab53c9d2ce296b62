export * from './fastify.js';
import * as module from './fastify.js';
export default module;
