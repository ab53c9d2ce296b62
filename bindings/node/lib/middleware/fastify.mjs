import nameplateModule from './fastify.js';

export const { nameplate } = nameplateModule;
export default nameplate;
