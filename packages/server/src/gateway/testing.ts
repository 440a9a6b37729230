import type { ConsentPort, Decision, Disposition, Evaluation, Task } from '@countersign/core';

const AT = '2026-11-24T12:00:00.000Z';

/** An authority that a test steers: what each question gets, who is asked, and what was reported. */
export class ScriptedPort implements ConsentPort {
  readonly asked: Evaluation[] = [];
  readonly reports: [string, Disposition][] = [];
  /** Tools that need consent. */
  readonly stepUp = new Set<string>();
  /** Answers the task that is held; a hold that is given up finds it still pending. */
  readonly answers: ((status: Task['status']) => void)[] = [];
  /** Whether a permit is told of before it is recorded, and what then becomes of recording it. */
  early: 'no' | 'recorded' | 'unrecorded' = 'no';
  /** Holds that their callers ended. */
  givenUp = 0;
  #claims = 0;

  async evaluate(question: Evaluation, options?: { readonly onReadPermit?: () => void }): Promise<Decision> {
    this.asked.push(question);
    const tool = question.resource.id.split('/')[1] ?? '';
    const approval = question.context?.['approval'];
    if (approval === undefined && this.stepUp.has(tool)) return stepUpDenial();
    if (this.early !== 'no' && question.action.name === 'tools/call') {
      options?.onReadPermit?.();
      await new Promise((later) => setTimeout(later, 100));
      if (this.early === 'unrecorded') throw new Error('the disk is full');
    }
    const context = { evaluation_id: 'evl_1', evaluated_at: AT };
    if (approval === undefined) return { decision: true, context };
    const claim_id = `clm_${++this.#claims}`;
    return {
      decision: true,
      context: { ...context, approval: { id: 'apr_1', approved_until: AT, claim_id, lease_until: AT } },
    };
  }

  request(): Promise<Task> {
    return Promise.resolve(task('pending'));
  }

  wait(_id: string, { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }): Promise<Task> {
    return new Promise((resolve) => {
      const answer = (status: Task['status']): void => resolve(task(status));
      this.answers.push(answer);
      const timer = setTimeout(answer, timeoutMs, 'pending');
      timer.unref();
      signal?.addEventListener(
        'abort',
        () => {
          this.givenUp++;
          answer('pending');
        },
        { once: true },
      );
    });
  }

  cancel(): Promise<Task> {
    return Promise.resolve(task('cancelled'));
  }

  renew(): Promise<{ readonly lease_until: string }> {
    return Promise.resolve({ lease_until: AT });
  }

  report(claim: string, disposition: Disposition): Promise<void> {
    this.reports.push([claim, disposition]);
    return Promise.resolve();
  }
}

export function task(status: Task['status']): Task {
  const approved = { id: 'apr_1', approved_at: AT, approved_until: AT };
  return {
    id: 'arq_1',
    status,
    created_at: AT,
    expires_at: AT,
    progress: { current_step: 1, total_steps: 1, awaiting: ['approvers'] },
    ...(status === 'approved' ? { approval: approved } : {}),
  };
}

export function stepUpDenial(): Decision {
  return {
    decision: false,
    context: {
      evaluation_id: 'evl_1',
      evaluated_at: AT,
      reason: 'approval_required',
      reason_user: 'this needs consent',
      access_request: {
        endpoint: '/x',
        expires_at: AT,
        display: { title: 'Consent', description: '1 of group approvers' },
      },
      next_action: 'request',
    },
  };
}
