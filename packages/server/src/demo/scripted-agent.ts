import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';

/** What a tool call came to, as the agent sees it. */
export interface Answer {
  readonly ran: boolean;
  readonly text: string;
  readonly status?: string;
  readonly request_id?: string;
  readonly retry_after?: number;
}

const result = z.looseObject({
  isError: z.boolean().optional(),
  content: z.array(z.looseObject({ text: z.string().optional() })).default([]),
  _meta: z
    .looseObject({
      'io.countersign/consent': z
        .looseObject({
          status: z.string().optional(),
          request_id: z.string().optional(),
          retry_after: z.number().optional(),
        })
        .optional(),
    })
    .optional(),
});

/** An MCP client like any agent's, with nothing but the gateway's address and the agent's key. */
export class ScriptedAgent {
  readonly #client = new Client({ name: 'demo-agent', version: '1.0.0' });

  async connect(url: string, key: string): Promise<void> {
    const headers = { authorization: `Bearer ${key}` };
    await this.#client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  }

  async call(name: string, args: Record<string, unknown>): Promise<Answer> {
    const answer = result.parse(await this.#client.callTool({ name, arguments: args }));
    const consent = answer['_meta']?.['io.countersign/consent'];
    return {
      ran: answer.isError !== true,
      text: answer.content.map(({ text = '' }) => text).join('\n'),
      ...(consent?.status === undefined ? {} : { status: consent.status }),
      ...(consent?.request_id === undefined ? {} : { request_id: consent.request_id }),
      ...(consent?.retry_after === undefined ? {} : { retry_after: consent.retry_after }),
    };
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
