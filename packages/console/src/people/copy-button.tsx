import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';

export function CopyButton({ text }: { readonly text: string }): ReactNode {
  const [outcome, setOutcome] = useState<'copied' | 'failed'>();
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('copied');
    } catch {
      setOutcome('failed');
    }
  }
  return (
    <>
      <Button variant="default" onClick={() => void copy()}>
        {outcome === 'copied' ? 'Copied' : 'Copy link'}
      </Button>
      <span role="status" className={outcome === 'failed' ? 'quiet' : 'unseen'}>
        {outcome === 'failed'
          ? 'Select the link and copy it by hand.'
          : outcome === 'copied'
            ? 'Link copied'
            : ''}
      </span>
    </>
  );
}
