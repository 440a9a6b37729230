import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '../api/endpoints.ts';
import { keys } from '../api/queries.ts';
import { ErrorLine } from '../shell/notice.tsx';

/** An Ed25519 approver key, for someone who votes from a terminal; it waits for a signature like any other. */
export function ProposeKeyForm({ groups }: { readonly groups: readonly string[] }): ReactNode {
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [group, setGroup] = useState(groups[0] ?? '');
  const [publicKey, setPublicKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [proposed, setProposed] = useState(false);
  const [error, setError] = useState<unknown>();

  async function propose(): Promise<void> {
    setBusy(true);
    setError(undefined);
    setProposed(false);
    try {
      await api.proposeKey({ email: email.trim(), group, public_key: publicKey.trim() });
      setEmail('');
      setPublicKey('');
      setProposed(true);
      await client.invalidateQueries({ queryKey: keys.people });
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    void propose();
  }

  return (
    <details className="card">
      <summary>
        <h2>Propose an approver key</h2>
      </summary>
      <form onSubmit={submit} aria-label="Propose an approver key">
        <TextInput
          label="Owner’s e-mail address"
          type="email"
          required
          withAsterisk={false}
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <NativeSelect
          label="Key’s group"
          data={[...groups]}
          value={group}
          onChange={(event) => setGroup(event.currentTarget.value)}
        />
        <Textarea
          label="Public key"
          description="Ed25519, base64url, as the command line prints it."
          required
          withAsterisk={false}
          rows={2}
          spellCheck={false}
          value={publicKey}
          onChange={(event) => setPublicKey(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={busy}>
          Propose the key
        </Button>
      </form>
      <p role="status" className="quiet">
        {proposed ? 'It now waits for a signature above.' : ''}
      </p>
      <ErrorLine error={error} />
    </details>
  );
}
