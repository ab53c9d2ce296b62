export * from './next.js';
import * as module from './next.js';
export default module;
