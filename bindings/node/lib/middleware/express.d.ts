import type { Answer, Client, Database } from '../index.js';

declare global {
  namespace Express {
    interface Request {
      /** Looked up when it is read: an answer with a database, a promise with a client; `await` does for both. */
      readonly nameplate?: Answer | Promise<Answer | undefined> | undefined;
    }
  }
}

/** Sets `req.nameplate`, of `req.ip`: set Express's "trust proxy" to say which proxies are yours. */
export function nameplate(
  source: Database | Client,
): (req: { readonly ip?: string | undefined }, res: unknown, next: (error?: unknown) => void) => void;
