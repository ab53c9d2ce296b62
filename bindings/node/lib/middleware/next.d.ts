import type { Answer, Client, Database } from '../index.js';

export interface NextOptions {
  /** The header in which the proxy in front of Next puts the visitor's address, on every request: `x-real-ip`. */
  header: string;
  /** Where the header is a list, as `x-forwarded-for`: how many proxies of yours add to it, 1 if not said. */
  hops?: number;
}

interface WithHeaders {
  readonly headers: { get(name: string): string | null };
}

/** For `proxy.ts`: gives a function that sets `request.nameplate`, looked up when it is read. */
export function nameplate(
  source: Database,
  options: NextOptions,
): <R extends WithHeaders>(request: R) => R & { readonly nameplate: Answer | undefined };
export function nameplate(
  source: Client,
  options: NextOptions,
): <R extends WithHeaders>(request: R) => R & { readonly nameplate: Promise<Answer | undefined> | undefined };
