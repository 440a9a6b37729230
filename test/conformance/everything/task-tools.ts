import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** The tools that become tasks where the client can have them; here is how they are listed, and done at once. */
export function registerTaskTools(server: McpServer): void {
  server.registerTool(
    'greet',
    { description: 'Greets at once', inputSchema: z.object({ name: z.string() }) },
    ({ name }) => ({ content: [{ type: 'text', text: `Hello, ${name}!` }] }),
  );
  const inputs: Record<string, z.ZodObject> = {
    slow_compute: z.object({ seconds: z.number(), label: z.string().optional() }),
    failing_job: z.object({}),
    protocol_error_job: z.object({}),
    confirm_delete: z.object({ filename: z.string() }),
    multi_input: z.object({}),
    test_tool_with_task: z.object({}),
  };
  for (const [name, inputSchema] of Object.entries(inputs)) {
    server.registerTool(name, { description: `Takes its time: ${name}`, inputSchema }, () => ({
      content: [{ type: 'text', text: `${name} is done` }],
    }));
  }
}
