import {
  acceptedContent,
  inputRequired,
  inputResponse,
  type CallToolResult,
  type InputRequest,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

type Schema = Parameters<typeof inputRequired.elicit>[0]['requestedSchema'];
type Asked = InputRequiredResult | CallToolResult;

/** What older clients are asked by requests of the server's own; the SDK puts them either way. */
export function registerAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks a model', inputSchema: z.object({ prompt: z.string() }) },
    ({ prompt }, context) => answered(context, 'answer', sample(prompt, 100)),
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks a person', inputSchema: z.object({ message: z.string() }) },
    ({ message }, context) => answered(context, 'answer', form(message, WHO)),
  );
  server.registerTool('test_elicitation_sep1034_defaults', { description: 'Asks with defaults' }, (context) =>
    answered(context, 'answer', form('Check these', DEFAULTS)),
  );
  server.registerTool('test_elicitation_sep1330_enums', { description: 'Asks to choose' }, (context) =>
    answered(context, 'answer', form('Choose', CHOICES)),
  );
}

export function form(message: string, requestedSchema: Schema): InputRequest {
  return inputRequired.elicit({ message, requestedSchema });
}

export function sample(text: string, maxTokens: number): InputRequest {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text } }],
    maxTokens,
  });
}

/** Asks for one thing until it is answered as it was asked, then says what the answer was. */
function answered({ mcpReq }: ServerContext, key: string, asked: InputRequest): Asked {
  const view = inputResponse(mcpReq.inputResponses, key);
  if (view.kind === 'missing') return inputRequired({ inputRequests: { [key]: asked } });
  const said = acceptedContent(mcpReq.inputResponses, key) ?? mcpReq.inputResponses?.[key];
  return { content: [{ type: 'text', text: `The answer: ${JSON.stringify(said)}` }] };
}

const WHO: Schema = {
  type: 'object',
  properties: {
    username: { type: 'string', description: 'Your name' },
    email: { type: 'string', description: 'Your address' },
  },
  required: ['username', 'email'],
};

const DEFAULTS: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

const OPTIONS = ['option1', 'option2', 'option3'];
const TITLED = [
  { const: 'value1', title: 'First' },
  { const: 'value2', title: 'Second' },
  { const: 'value3', title: 'Third' },
];

const CHOICES: Schema = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: { type: 'string', oneOf: TITLED },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
    titledMulti: { type: 'array', items: { anyOf: TITLED } },
  },
};
