export * from './express.js';
import * as module from './express.js';
export default module;
