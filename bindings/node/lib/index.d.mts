export * from './index.js';
import * as nameplate from './index.js';
export default nameplate;
