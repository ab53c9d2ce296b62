import nameplateModule from './express.js';

export const { nameplate } = nameplateModule;
export default nameplate;
