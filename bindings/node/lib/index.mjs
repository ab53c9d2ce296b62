import nameplate from './index.js';

export const { Answer, Client, NameplateError, open } = nameplate;
export default nameplate;
