import module from './fastify.js';

export const { nameplate } = module;
export default nameplate;
