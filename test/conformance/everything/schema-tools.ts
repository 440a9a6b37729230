import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server';

/** Every keyword of JSON Schema 2020-12 that a listing must not lose. */
const VOCABULARY = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // Written as a member, it would pass for the one that makes a promise.
  ...(JSON.parse('{"then":{"required":["phone"]}}') as object),
  else: { required: ['email'] },
  additionalProperties: false,
};

const IN_HEADERS = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    priority: { type: 'integer', 'x-mcp-header': 'Priority' },
    where: { type: 'object', properties: { zone: { type: 'string', 'x-mcp-header': 'Zone' } } },
  },
  required: ['region'],
};

/** Tools whose definitions are what is tested. */
export function registerSchemaTools(server: McpServer): void {
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has a rich schema', inputSchema: fromJsonSchema(VOCABULARY) },
    (args) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }),
  );
  server.registerTool(
    'test_arguments_in_headers',
    { description: 'Has arguments that headers repeat', inputSchema: fromJsonSchema(IN_HEADERS) },
    (args) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }),
  );
}
