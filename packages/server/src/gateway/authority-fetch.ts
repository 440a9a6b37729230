import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Fetch, Received } from '@countersign/client';

/** What an authority answers is never longer, in bytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * `fetch`, as far as the client of an authority needs it, over connections that are kept. A door asks the authority about
 * every call, and making streams of a question and an answer takes `fetch` as long as deciding takes the authority.
 */
export function authorityFetch(): Fetch {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });
  return (url, { method, headers, body, signal }) =>
    new Promise((answered, failed) => {
      const isSecure = new URL(url).protocol === 'https:';
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const options = { method, headers: { ...headers, ...length }, signal };
      const heard = (response: IncomingMessage): void => collect(response, answered, failed);
      const request = isSecure
        ? httpsRequest(url, { ...options, agent: https }, heard)
        : httpRequest(url, { ...options, agent: http }, heard);
      // One that is closed without an answer or an error, as where another protocol is answered, has failed, too.
      request
        .once('error', failed)
        .once('close', () => failed(new Error('there is no answer')))
        .end(body);
    });
}

function collect(
  response: IncomingMessage,
  answered: (received: Received) => void,
  failed: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response
    .on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) response.destroy(new RangeError('the answer is too long'));
      else chunks.push(chunk);
    })
    .once('end', () => answered(received(response, Buffer.concat(chunks, size))))
    .once('error', failed);
}

function received({ statusCode: status = 0, headers }: IncomingMessage, body: Buffer): Received {
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: {
      get(name) {
        const value = headers[name];
        return typeof value === 'string' ? value : null;
      },
    },
    body: null,
    text: async () => body.toString(),
  };
}
