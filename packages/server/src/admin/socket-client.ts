import { request } from 'node:http';
import { ConsentError, type ErrorCode, readBack } from '@countersign/core';
import type { Admin } from './operations.ts';
import { knownSocketPath } from './socket-path.ts';

/** Administration through the server that runs on this data folder, or undefined where none does. */
export async function connectAdmin(data: string): Promise<Admin | undefined> {
  const path = knownSocketPath(data);
  if (path === undefined || !(await answers(path))) return undefined;
  return {
    call: async (name, input) => (await send(path, name, input)) as never,
    close: async () => {},
  };
}

/** Whether a server is behind the socket: one that was killed leaves its file. */
async function answers(path: string): Promise<boolean> {
  try {
    await send(path, 'approver/enrolled', {});
    return true;
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'ECONNREFUSED'].includes(String(error.code))
    ) {
      return false;
    }
    throw error;
  }
}

function send(socketPath: string, name: string, input: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // A connection of its own: a kept one may lead to a server that has ended since.
    const options = { socketPath, path: `/${name}`, method: 'POST', agent: false };
    const call = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body: unknown = readBack(Buffer.concat(chunks).toString());
        if (response.statusCode === 200) resolve(body);
        else {
          const { code, message } = body as { code: ErrorCode; message: string };
          reject(new ConsentError(code, message));
        }
      });
    });
    call.on('error', reject);
    call.end(JSON.stringify(input));
  });
}
