import type { FastifyPluginCallback } from 'fastify';
import type { Answer, Client, Database } from '../index.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Looked up when it is read: an answer with a database, a promise with a client; `await` does for both. */
    readonly nameplate: Answer | Promise<Answer | undefined> | undefined;
  }
}

/** Sets `request.nameplate`, of `request.ip`: set Fastify's trustProxy to say which proxies are yours. */
export const nameplate: FastifyPluginCallback<{ db: Database | Client }>;
