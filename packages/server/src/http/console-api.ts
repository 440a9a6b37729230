import { ConsentError } from '@countersign/core';
import { Hono, type MiddlewareHandler } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { z } from 'zod';
import type { Authority, WebauthnJson } from '../faces.ts';
import { readBody } from './body.ts';
import { SessionCookie } from './console-session.ts';
import type { RateLimit } from './rate-limit.ts';
import { empty } from './schemas.ts';

const KEEP_ALIVE_MS = 15_000;
const response = z.record(z.string(), z.unknown());
const secret = z.string().min(20).max(100);
const email = z.string().min(3).max(254);
const group = z.string().min(1).max(63);
const nonce = z.string().min(20).max(100);

/** The console's own API: cookie sessions, passkey ceremonies, and what an approver sees and does. */
export function consoleRoutes(authority: Authority, publicUrl: string, limit: RateLimit): Hono {
  const app = new Hono();
  const cookie = new SessionCookie(authority, publicUrl);
  const { desk, enrolment, signIn } = authority;

  app.use(sameOriginOnly(new URL(publicUrl).origin));

  app.get('/session', async (context) => context.json(await signIn.view(await cookie.find(context))));

  app.post('/enrolment/begin', async (context) => {
    limit.take('enrolment');
    const body = await readBody(context, z.looseObject({ secret, email: email.optional() }));
    return context.json(await enrolment.beginLink(body.secret, body.email));
  });

  app.post('/enrolment/finish', async (context) => {
    limit.take('enrolment');
    const body = await readBody(context, z.looseObject({ secret, email: email.optional(), response }));
    const done = await enrolment.finishLink(body.secret, body.email, body.response);
    if (done.status === 'enrolled') cookie.set(context, await signIn.open(done.approver));
    return context.json({ status: done.status });
  });

  app.post('/sign-in/begin', async (context) => {
    limit.take('sign-in');
    await readBody(context, empty);
    return context.json(await signIn.begin());
  });

  app.post('/sign-in/finish', async (context) => {
    limit.take('sign-in');
    const body = await readBody(context, z.looseObject({ response }));
    const session = await signIn.finish(body.response);
    cookie.set(context, session);
    return context.json(await signIn.view(session.approver));
  });

  app.post('/sign-out', async (context) => {
    await readBody(context, empty);
    await cookie.end(context);
    return context.json({});
  });

  app.get('/requests', async (context) => {
    await cookie.require(context);
    const before = context.req.query('before');
    const open = context.req.query('state') !== 'closed';
    return context.json(await desk.list({ open, ...(before === undefined ? {} : { before }) }));
  });

  app.get('/requests/:id', async (context) =>
    context.json(await desk.view(context.req.param('id'), await cookie.require(context))),
  );

  app.post('/requests/:id/vote/begin', async (context) => {
    const approver = await cookie.require(context);
    const schema = z.looseObject({
      decision: z.enum(['approve', 'deny']),
      note: z.string().max(1000).optional(),
    });
    const { decision, note } = await readBody(context, schema);
    const request = context.req.param('id');
    const begun = await desk.beginVote(approver, {
      request,
      decision,
      ...(note === undefined ? {} : { note }),
    });
    return context.json({ statement: begun.statement, options: begun.options });
  });

  app.post('/requests/:id/vote/finish', async (context) => {
    const approver = await cookie.require(context);
    const body = await readBody(context, z.looseObject({ nonce, response }));
    return context.json(await desk.finishVote(approver, body.nonce, passkey(body.response)));
  });

  app.post('/approvals/:id/revoke', async (context) => {
    const approver = await cookie.require(context);
    await readBody(context, empty);
    return context.json(await desk.revokeApproval(approver, context.req.param('id')));
  });

  app.get('/people', async (context) => {
    await cookie.require(context);
    const [people, groups, enrolments] = await Promise.all([
      enrolment.people(),
      enrolment.groups(),
      enrolment.pendings(),
    ]);
    return context.json({ people, groups, enrolments });
  });

  app.post('/invitations', async (context) => {
    const approver = await cookie.require(context);
    return context.json(
      await enrolment.invite(approver, await readBody(context, z.looseObject({ email, group }))),
    );
  });

  app.post('/keys', async (context) => {
    await cookie.require(context);
    const schema = z.looseObject({ email, group, public_key: z.string().length(43) });
    return context.json(await enrolment.proposeKey(await readBody(context, schema)));
  });

  app.post('/enrolments/:id/begin', async (context) => {
    const approver = await cookie.require(context);
    await readBody(context, empty);
    return context.json(await enrolment.beginSignature(approver, context.req.param('id')));
  });

  app.post('/enrolments/:id/finish', async (context) => {
    const approver = await cookie.require(context);
    const body = await readBody(context, z.looseObject({ nonce, response }));
    await enrolment.finishSignature(approver, body.nonce, passkey(body.response));
    return context.json({});
  });

  app.post('/enrolments/:id/discard', async (context) => {
    const approver = await cookie.require(context);
    await readBody(context, empty);
    await enrolment.discard(approver, context.req.param('id'));
    return context.json({});
  });

  app.post('/credentials/:id/revoke', async (context) => {
    const approver = await cookie.require(context);
    await readBody(context, empty);
    await enrolment.revokeCredential(approver, context.req.param('id'));
    return context.json({});
  });

  app.get('/events', async (context) => {
    await cookie.require(context);
    return streamSSE(context, async (stream) => {
      const tell = async (event: string, data: object): Promise<void> => {
        if ((await cookie.find(context)) === undefined) return;
        await stream.writeSSE({ event, data: JSON.stringify(data) });
      };
      const stop = authority.subscribe(({ kind, ...data }) => {
        void tell(kind, data).catch(() => stop());
      });
      stream.onAbort(stop);
      try {
        // The stream ends with the session: whoever signed out hears nothing more.
        while (!stream.aborted && (await cookie.find(context)) !== undefined) {
          await stream.write(': here\n\n');
          await pause(stream);
        }
      } finally {
        stop();
      }
    });
  });

  return app;
}

/** Until it is time to write again; a stream that ends does not keep the process waiting. */
function pause(stream: SSEStreamingApi): Promise<void> {
  return new Promise((resume) => {
    const timer = setTimeout(resume, KEEP_ALIVE_MS);
    stream.onAbort(() => {
      clearTimeout(timer);
      resume();
    });
  });
}

function passkey(assertion: WebauthnJson): { readonly kind: 'passkey'; readonly response: WebauthnJson } {
  return { kind: 'passkey', response: assertion };
}

/** A write must come from our own page: browsers send Origin with every POST. */
function sameOriginOnly(origin: string): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.method !== 'GET' && context.req.header('origin') !== origin) {
      throw new ConsentError('bad_origin', `writes to the console come from ${origin} alone`);
    }
    context.header('cache-control', 'no-store');
    await next();
  };
}
