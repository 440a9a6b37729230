// An MCP server of the stateless era over HTTP that asks its client for more before it acts, twice. Each act is a line
// in acts.log of its folder. Argument: the folder. Prints its address.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [folder = '.'] = process.argv.slice(2);

interface Message {
  readonly id: number;
  readonly method: string;
  readonly params: {
    readonly arguments?: { readonly name: string };
    readonly requestState?: string;
    readonly inputResponses?: Record<string, { readonly content?: { readonly word?: string } }>;
  };
}

function ask(step: string, state: string): object {
  const requestedSchema = { type: 'object', properties: { word: { type: 'string' } } };
  const params = { mode: 'form', message: `the ${step} word`, requestedSchema };
  return {
    resultType: 'input_required',
    inputRequests: { [step]: { method: 'elicitation/create', params } },
    requestState: state,
  };
}

function answer({ method, params }: Message): object {
  switch (method) {
    case 'tools/list':
      return {
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
        tools: [{ name: 'act', description: 'Acts', inputSchema: { type: 'object' } }],
      };
    case 'tools/call': {
      const { requestState = '', inputResponses = {}, arguments: args } = params;
      if (requestState === '') return ask('first', 'one');
      if (requestState === 'one') return ask('second', `two:${inputResponses['first']?.content?.word ?? ''}`);
      const words = `${requestState.slice(4)} ${inputResponses['second']?.content?.word ?? ''}`;
      appendFileSync(join(folder, 'acts.log'), `${args?.name ?? ''} ${words}\n`);
      return { resultType: 'complete', content: [{ type: 'text', text: `acted on ${words}` }] };
    }
    default:
      return { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const message = JSON.parse(Buffer.concat(chunks).toString()) as Message;
    const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: answer(message) });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
});
process.stdin.resume().on('end', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null)
    process.stdout.write(`http://127.0.0.1:${address.port}/mcp\n`);
});
