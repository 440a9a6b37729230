import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { CLIENTS } from '../../packages/server/src/connect/clients/all.ts';
import type { ClientDescription } from '../../packages/server/src/connect/client.ts';
import { readSnapshot } from '../../packages/server/src/connect/file-snapshot.ts';
import { findClientFiles, planConnection, type Plan } from '../../packages/server/src/connect/plan.ts';
import type { Machine } from '../../packages/server/src/machine.ts';

export function clientNamed(name: string): ClientDescription {
  const found = CLIENTS.find((client) => client.name === name);
  if (found === undefined) throw new Error(`no client is called ${name}`);
  return found;
}

/** A home folder of its own, gone when the test is. */
export class Home {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'countersign-home-'));
  readonly machine: Machine = { platform: 'linux', home: this.dir, env: {} };
  readonly config: string = join(this.dir, 'countersign.yaml');

  constructor() {
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  /** The user's own file of a client. */
  fileOf(client: ClientDescription): string {
    return client.files(this.machine, this.dir).user[0] ?? '';
  }

  write(client: ClientDescription, text: string | Uint8Array): string {
    const path = this.fileOf(client);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  plan(clients: readonly ClientDescription[], confine = false): Plan {
    const { files, broken } = findClientFiles(this.machine, join(this.dir, 'project'), clients);
    const [first] = broken;
    if (first !== undefined) throw new Error(first.why);
    return planConnection({
      files,
      config: readSnapshot(this.config),
      gateway: 'http://localhost:7300',
      agentOf: ({ name }) => name,
      launcherFor: () => ['countersign'],
      confine,
    });
  }
}
