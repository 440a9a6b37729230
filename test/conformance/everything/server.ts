import { McpServer } from '@modelcontextprotocol/server';
import { registerAskingTools } from './asking-tools.ts';
import { registerContentTools } from './content-tools.ts';
import { registerPrompts } from './prompts.ts';
import { registerResources } from './resources.ts';
import { registerRounds, states } from './rounds.ts';
import { registerRunningTools } from './running-tools.ts';
import { registerSchemaTools } from './schema-tools.ts';
import { registerTaskTools } from './task-tools.ts';
import { TASKS } from './tasks.ts';

/** Whom to tell that a list changed. */
export interface Changes {
  readonly tools: () => void;
  readonly prompts: () => void;
}

/** One server with everything that the conformance suite's scenarios ask for, for either era; with tasks where those are served. */
export function everything(
  era: 'legacy' | 'modern',
  { changes, tasks = false }: { readonly changes?: Changes; readonly tasks?: boolean } = {},
): McpServer {
  const server = new McpServer(
    { name: 'everything', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
        ...(tasks ? { extensions: { [TASKS]: {} } } : {}),
      },
      requestState: { verify: (state, context) => states.verify(state, context) },
    },
  );
  registerContentTools(server);
  registerRunningTools(server);
  registerSchemaTools(server);
  registerAskingTools(server);
  registerRounds(server);
  registerResources(server);
  registerPrompts(server);
  if (tasks) registerTaskTools(server);
  const { tools, prompts } = changes ?? {
    tools: () => server.sendToolListChanged(),
    prompts: () => server.sendPromptListChanged(),
  };
  for (const [name, tell] of [
    ['test_trigger_tool_change', tools],
    ['test_trigger_prompt_change', prompts],
  ] as const) {
    server.registerTool(name, { description: 'Says that a list changed' }, () => {
      tell();
      return { content: [{ type: 'text', text: 'Said.' }] };
    });
  }
  // The newer era subscribes with one request for everything; there these are no methods at all.
  if (era === 'legacy') {
    server.server.setRequestHandler('resources/subscribe', () => ({}));
    server.server.setRequestHandler('resources/unsubscribe', () => ({}));
  }
  return server;
}
