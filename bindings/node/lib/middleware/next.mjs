import nameplateModule from './next.js';

export const { nameplate } = nameplateModule;
export default nameplate;
