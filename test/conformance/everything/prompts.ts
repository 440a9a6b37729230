import {
  acceptedContent,
  completable,
  inputRequired,
  type GetPromptResult,
  type McpServer,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { form } from './asking-tools.ts';
import { PNG } from './media.ts';

type Content = GetPromptResult['messages'][number]['content'];

const CONTEXT = form('What context should the prompt use?', {
  type: 'object',
  properties: { context: { type: 'string' } },
  required: ['context'],
});

export function registerPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'One message' }, () =>
    user({ type: 'text', text: 'This is a simple prompt for testing.' }),
  );
  const completed = completable(z.string(), (typed) =>
    ['paris', 'park', 'party'].filter((each) => each.startsWith(typed)),
  );
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Repeats two arguments', argsSchema: z.object({ arg1: completed, arg2: z.string() }) },
    ({ arg1, arg2 }) => user({ type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) =>
      user(
        {
          type: 'resource',
          resource: {
            uri: resourceUri,
            mimeType: 'text/plain',
            text: 'Embedded resource content for testing.',
          },
        },
        { type: 'text', text: 'Please process the embedded resource above.' },
      ),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Shows an image' }, () =>
    user(
      { type: 'image', data: PNG, mimeType: 'image/png' },
      { type: 'text', text: 'Please analyze the image above.' },
    ),
  );
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first' }, ({ mcpReq }) => {
    const given = acceptedContent<{ context?: string }>(mcpReq.inputResponses, 'user_context')?.context;
    return given === undefined
      ? inputRequired({ inputRequests: { user_context: CONTEXT } })
      : user({ type: 'text', text: `With ${given}` });
  });
}

function user(...contents: Content[]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: 'user', content })) };
}
