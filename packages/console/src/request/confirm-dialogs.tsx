import { Button, Textarea, TextInput } from '@mantine/core';
import { quoted, visible, type ConsentQuestion } from '@countersign/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Dialog } from '../shell/dialog.tsx';
import { confirmationWord, headline } from './risk.ts';

interface ConfirmProps {
  readonly question: ConsentQuestion;
  readonly busy: boolean;
  readonly state: ReactNode;
  readonly onClose: () => void;
}

/** The one extra step of the riskiest tier: typing takes reading, a second tap does not. */
export function ApproveDialog({
  question,
  busy,
  state,
  onClose,
  onApprove,
}: ConfirmProps & { readonly onApprove: () => void }): ReactNode {
  const [typed, setTyped] = useState('');
  const word = confirmationWord(question.bound.resource.id);
  // A name with hidden characters is typed the way it is shown.
  const matches = typed === word || typed === visible(word);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (matches && !busy) onApprove();
  }
  return (
    <Dialog title={`${headline(question.delta.facts)}. Approve?`} onClose={onClose}>
      <WhatOnWhat question={question} />
      <form onSubmit={submit}>
        <TextInput
          label={
            <>
              Type <code>{visible(word)}</code> to approve
            </>
          }
          size="md"
          autoComplete="off"
          autoCapitalize="off"
          autoCorrect="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {state}
        <div className="dialog-actions">
          <Button variant="default" size="md" onClick={onClose}>
            Back
          </Button>
          <Button type="submit" size="md" disabled={!matches} loading={busy}>
            Approve and sign
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** As long as the server takes; longer notes belong elsewhere. */
const LONGEST_NOTE = 1000;

export function DenyDialog({
  question,
  busy,
  state,
  onClose,
  onDeny,
}: ConfirmProps & { readonly onDeny: (note: string) => void }): ReactNode {
  const [note, setNote] = useState('');
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!busy) onDeny(note.trim());
  }
  return (
    <Dialog title="Deny this request?" onClose={onClose}>
      <WhatOnWhat question={question} />
      <form onSubmit={submit}>
        <Textarea
          label="Note (optional)"
          description="Signed with your vote and kept in the record."
          size="md"
          rows={3}
          maxLength={LONGEST_NOTE}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {state}
        <div className="dialog-actions">
          <Button variant="default" size="md" onClick={onClose}>
            Back
          </Button>
          <Button type="submit" size="md" color="red.9" loading={busy}>
            Deny and sign
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function WhatOnWhat({ question }: { readonly question: ConsentQuestion }): ReactNode {
  return (
    <p className="what">
      <code>{visible(question.bound.action.name)}</code> on <code>{quoted(question.bound.resource.id)}</code>
    </p>
  );
}
