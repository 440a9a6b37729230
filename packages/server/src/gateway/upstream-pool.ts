import { buildConnector, Pool } from 'undici';
import { UpstreamAway } from './upstream-away.ts';

/**
 * Connections to the server at an origin. A request that fails because there is no connection rejects with `UpstreamAway`:
 * undici hands the error of connecting to requests that wait for a connection, and to none that was written to one.
 * INVARIANT: that holds of HTTP/1.1 alone, one request at a time on a connection. In HTTP/2 a server may refuse a stream
 * that it has read (RFC 9113 §8.7), and undici then sends the request again by itself, under a claim that is spent.
 */
export function openPool(origin: string, complain: (text: string) => void): Pool {
  const connect = buildConnector({ allowH2: false });
  let reached = true;
  return new Pool(origin, {
    // As many as are admitted: where fewer were, one agent's calls that hang would be everybody's.
    connections: null,
    allowH2: false,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(options, connected) {
      connect(options, (error, socket) => {
        if (error === null) {
          reached = true;
          connected(null, socket);
          return;
        }
        const why = codeOf(error);
        // Said once, until it was reached again: callers hear it each time.
        if (reached) complain(`the mcp server cannot be reached: ${why}`);
        reached = false;
        connected(new UpstreamAway(`it cannot be reached (${why})`), null);
      });
    },
  });
}

/** What the machine calls it, such as `ECONNREFUSED`; never a text that the other end has a part in. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
