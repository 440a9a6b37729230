import type { ConsentPort, JsonObject, Task } from '@countersign/core';
import { enforceParked, type Verdict } from '../enforce.ts';
import type { ParkedCall } from '../port.ts';
import type { DetachedLink } from '../upstream.ts';
import { lookAtWorld, preconditionOf } from '../world.ts';
import { requestOf } from './parked-request.ts';

/** How the request of a parked call stands, and its agent's way to the authority. */
export interface Standing {
  readonly port: ConsentPort;
  readonly task: Task;
}

/** The same once people have consented. */
export interface Consented extends Standing {
  readonly approval: JsonObject;
}

/** Nobody waits at the other end, so nobody leaves. */
const NEVER: AbortSignal = new AbortController().signal;

/** Judges a parked call as everything is now, and claims its approval where it may run. */
export async function judgeParked(
  call: ParkedCall,
  link: DetachedLink,
  { port, approval }: Consented,
  { issuer, failed }: { readonly issuer: string; readonly failed: (error: unknown) => void },
): Promise<Verdict> {
  const { agent: agentId, delegation, upstream } = call;
  const request = requestOf(call.message);
  const { method, params } = request;
  return await enforceParked(
    { agentId, delegation, issuer, upstream, method, params },
    {
      port,
      holdMs: 0,
      definition: (freshness) =>
        link.tools.find(params['name'], freshness, (cursor) => link.listTools(request, cursor)),
      present: () => true,
      gone: () => NEVER,
      holding: () => {},
      lookAgain: async (world) => {
        const precondition = preconditionOf(world);
        return (
          precondition && (await lookAtWorld(precondition, (tool, args) => link.read(request, tool, args)))
        );
      },
      failed,
    },
    approval,
    call,
  );
}
