import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  type CallToolResult,
  type ClientCapabilities,
  type InputRequest,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { form, sample } from './asking-tools.ts';

interface State {
  readonly round: number;
  readonly name?: string;
}

/** The key is this process's: a state of another one, or a changed one, is refused before a tool sees it. */
export const states: ReturnType<typeof createRequestStateCodec<State>> = createRequestStateCodec<State>({
  key: randomBytes(32),
});

type Asked = Promise<InputRequiredResult | CallToolResult> | InputRequiredResult | CallToolResult;

const OK = form('Please confirm', {
  type: 'object',
  properties: { ok: { type: 'boolean' } },
  required: ['ok'],
});
const NAME = form('What is your name?', {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
});
const COLOUR = form('What is your favourite colour?', {
  type: 'object',
  properties: { color: { type: 'string' } },
  required: ['color'],
});

/** Multi round-trip requests of 2026-07-28: the tools, by what each is called. */
export function registerRounds(server: McpServer): void {
  const tool = (name: string, run: (context: ServerContext) => Asked): void => {
    server.registerTool(`test_input_required_result_${name}`, { description: `Asks first: ${name}` }, run);
  };
  tool('elicitation', ({ mcpReq }) => {
    const name = acceptedContent<{ name?: unknown }>(mcpReq.inputResponses, 'user_name')?.name;
    return typeof name === 'string'
      ? text(`Hello, ${name}!`)
      : inputRequired({ inputRequests: { user_name: NAME } });
  });
  tool('sampling', (context) =>
    untilAnswered(context, { capital_question: sample('What is the capital of France?', 100) }),
  );
  tool('list_roots', (context) => untilAnswered(context, { client_roots: inputRequired.listRoots() }));
  tool('request_state', (context) => untilAnswered(context, { confirm: OK }, { round: 1 }));
  tool('tampered_state', (context) => untilAnswered(context, { confirm: OK }, { round: 1 }));
  tool('multiple_inputs', (context) =>
    untilAnswered(
      context,
      { user_name: NAME, greeting: sample('Greet me', 50), client_roots: inputRequired.listRoots() },
      { round: 1 },
    ),
  );
  tool('multi_round', async ({ mcpReq }) => {
    const state = mcpReq.requestState<State>();
    const name = acceptedContent<{ name?: string }>(mcpReq.inputResponses, 'step1')?.name;
    const color = acceptedContent<{ color?: string }>(mcpReq.inputResponses, 'step2')?.color;
    if (state?.round === 2 && color !== undefined) return text(`${state.name ?? '?'} likes ${color}`);
    if (state?.round === 1 && name !== undefined) {
      return inputRequired({
        inputRequests: { step2: COLOUR },
        requestState: await states.mint({ round: 2, name }),
      });
    }
    return inputRequired({ inputRequests: { step1: NAME }, requestState: await states.mint({ round: 1 }) });
  });
  tool('capabilities', (context) => {
    const envelope: Readonly<Record<string, unknown>> = context.mcpReq.envelope ?? {};
    const declared = envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
    return untilAnswered(context, {
      ...(declared?.elicitation === undefined ? {} : { elicit_input: NAME }),
      ...(declared?.sampling === undefined ? {} : { sample_input: sample('Say something', 50) }),
    });
  });
  // The server's own check of what the client declared refuses it before it is asked.
  server.registerTool('test_missing_capability', { description: 'Needs sampling' }, (context) =>
    untilAnswered(context, { needed: sample('Say something', 50) }),
  );
}

/** Asks for everything until everything is answered. */
async function untilAnswered(
  { mcpReq }: ServerContext,
  inputRequests: Record<string, InputRequest>,
  state?: State,
): Promise<InputRequiredResult | CallToolResult> {
  const answers = mcpReq.inputResponses ?? {};
  if (Object.keys(inputRequests).every((key) => answers[key] !== undefined)) {
    return text(`Answered: ${JSON.stringify(answers)}`);
  }
  return inputRequired({
    inputRequests,
    ...(state === undefined ? {} : { requestState: await states.mint(state) }),
  });
}

function text(said: string): CallToolResult {
  return { content: [{ type: 'text', text: said }] };
}
