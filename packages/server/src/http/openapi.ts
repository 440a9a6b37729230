import { createDocument } from 'zod-openapi';
import type { z } from 'zod';
import * as schemas from './schemas.ts';

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
const problems = {
  default: {
    description: 'RFC 9457 problem',
    content: { 'application/problem+json': { schema: schemas.problem } },
  },
};
const answers = (status: string, description: string, schema: z.ZodType) => ({
  [status]: { description, content: json(schema) },
  ...problems,
});
const id = { name: 'id', in: 'path' as const, required: true, schema: { type: 'string' as const } };
const idempotency = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  schema: { type: 'string' as const, maxLength: 255 },
};
const unlike = {
  name: 'unlike',
  in: 'query' as const,
  required: false,
  schema: { type: 'string' as const },
};
const prefer = {
  name: 'Prefer',
  in: 'header' as const,
  required: false,
  schema: { type: 'string' as const },
};

const cancel = {
  summary: 'Withdraw a pending request',
  parameters: [id],
  requestBody: { required: false, content: json(schemas.cancellation) },
  responses: answers('200', 'cancelled', schemas.task),
};

/** The OpenAPI 3.1 document of the API for agents and PEPs, from the very schemas that check it. */
export function openApiDocument(publicUrl: string): object {
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Countersign', version: '0.1.0', description: 'AuthZEN 1.0, ARAP and claims' },
    servers: [{ url: publicUrl }],
    security: [{ bearer: [] }],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/access/v1/credential': {
        get: {
          summary: 'Whose key this is',
          responses: answers('200', 'an agent or a PEP', schemas.credential),
        },
      },
      '/access/v1/evaluation': {
        post: {
          summary: 'Ask for a decision; with context.approval, a permit is the claim',
          parameters: [idempotency],
          requestBody: { required: true, content: json(schemas.evaluation) },
          responses: answers('200', 'the decision; a deny is an answer', schemas.decision),
        },
      },
      '/access/v1/evaluations': {
        post: {
          summary: 'Ask for several decisions at once; none of them claims',
          parameters: [idempotency],
          requestBody: { required: true, content: json(schemas.evaluations) },
          responses: answers('200', 'the decisions, in order', schemas.decisions),
        },
      },
      '/access/v1/foresight': {
        post: {
          summary: 'What can come of calls whatever their arguments are; permits nothing and asks nobody',
          requestBody: { required: true, content: json(schemas.evaluations) },
          responses: answers('200', 'the prospects, in order', schemas.prospects),
        },
        get: {
          summary:
            'A name for what that is answered by; Prefer: wait=N holds the answer while it is the one of `unlike`',
          parameters: [unlike, prefer],
          responses: answers(
            '200',
            'another name once policies, catalog or entities are others',
            schemas.foresight,
          ),
        },
      },
      ...Object.fromEntries(
        (['subject', 'resource', 'action'] as const).map((find) => [
          `/access/v1/search/${find}`,
          {
            post: {
              summary: `Every ${find} that is permitted without consent`,
              requestBody: { required: true, content: json(schemas.search[find]) },
              responses: answers('200', 'a page of results', schemas.found),
            },
          },
        ]),
      ),
      '/access/v1/requests': {
        post: {
          summary: 'File an access request after a requestable denial',
          parameters: [idempotency],
          requestBody: { required: true, content: json(schemas.submission) },
          responses: {
            ...answers('202', 'pending', schemas.task),
            '201': { description: 'resolved already', content: json(schemas.task) },
          },
        },
      },
      '/access/v1/requests/{id}': {
        get: {
          summary: 'The task; Prefer: wait=N holds the answer until it changes',
          parameters: [id, prefer],
          responses: answers('200', 'the task', schemas.task),
        },
      },
      '/access/v1/request-schema': {
        get: {
          summary: 'The JSON schema of what a submission may add to what was denied',
          responses: answers('200', 'a JSON schema', schemas.empty),
        },
      },
      '/access/v1/requests/{id}/cancel': { post: cancel, delete: cancel },
      '/access/v1/claims/{id}': {
        post: {
          summary: 'Report what came of a claim',
          parameters: [id],
          requestBody: { required: true, content: json(schemas.report) },
          responses: answers('200', 'recorded', schemas.empty),
        },
      },
      '/access/v1/claims/{id}/renew': {
        post: {
          summary: 'Extend the lease of a claim that still runs',
          parameters: [id],
          requestBody: { required: true, content: json(schemas.empty) },
          responses: answers('200', 'extended', schemas.lease),
        },
      },
    },
  });
}
