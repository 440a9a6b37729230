import { setTimeout as rest } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/server';

const STEP_MS = 50;

/** Tools that say something while they run. */
export function registerRunningTools(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs while it runs' }, async ({ mcpReq }) => {
    for (const said of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.log('info', said);
      await rest(STEP_MS);
    }
    return { content: [{ type: 'text', text: 'Logged three times.' }] };
  });
  server.registerTool('test_logging_tool', { description: 'Logs if it may' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'as you asked');
    return { content: [{ type: 'text', text: 'Logged.' }] };
  });
  for (const name of ['test_tool_with_progress', 'test_streaming_elicitation']) {
    server.registerTool(name, { description: 'Tells its progress' }, async ({ mcpReq }) => {
      const { progressToken } = mcpReq['_meta'] ?? {};
      for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
        const params = { progressToken, progress, total: 100, message: `${progress} of 100` };
        await mcpReq.notify({ method: 'notifications/progress', params });
        await rest(STEP_MS);
      }
      return { content: [{ type: 'text', text: 'Done.' }] };
    });
  }
  server.registerTool(
    'test_reconnection',
    { description: 'Hangs up before it answers; the answer waits for whoever comes back' },
    async ({ http }) => {
      await rest(STEP_MS);
      http?.closeSSE?.();
      await rest(STEP_MS);
      return { content: [{ type: 'text', text: 'You came back.' }] };
    },
  );
}
