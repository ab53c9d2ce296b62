import module from './next.js';

export const { nameplate } = module;
export default nameplate;
