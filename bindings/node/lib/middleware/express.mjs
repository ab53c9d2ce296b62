import module from './express.js';

export const { nameplate } = module;
export default nameplate;
