import type { Effect } from '@countersign/core';
import { excerpt } from '../classification.ts';
import type { Evidence } from './evidence.ts';
import { itemsOf, member, optionsIn, relationIn, textOf, type Node } from './nodes.ts';
import { words } from './words.ts';

/** What `ALTER TABLE` does, by the kind of its command, without its `AT_`. What is not here is not known. */
const COMMANDS: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ...of(
    'update',
    `AddColumn AddColumnToView ColumnDefault CookedColumnDefault DropNotNull SetNotNull SetExpression SetStatistics
    SetOptions ResetOptions SetStorage SetCompression AddIndex ReAddIndex AddConstraint ReAddConstraint
    ReAddDomainConstraint AlterConstraint ValidateConstraint AddIndexConstraint ReAddComment AlterColumnType ClusterOn
    DropCluster SetLogged SetUnLogged DropOids SetTableSpace SetRelOptions ResetRelOptions ReplaceRelOptions AddInherit
    AddOf ReplicaIdentity AttachPartition AddIdentity SetIdentity ReAddStatistics`,
  ),
  ...of(
    'delete',
    `DropColumn DropConstraint DropExpression DropIdentity DropInherit DropOf DetachPartition
    DetachPartitionFinalize`,
  ),
  ...of(
    'grant',
    `ChangeOwner EnableRowSecurity DisableRowSecurity ForceRowSecurity NoForceRowSecurity EnableTrig EnableAlwaysTrig
    EnableReplicaTrig DisableTrig EnableTrigAll DisableTrigAll EnableTrigUser DisableTrigUser EnableRule EnableAlwaysRule
    EnableReplicaRule DisableRule`,
  ),
  ...of('execute', 'SetAccessMethod'),
  ...of('network', 'GenericOptions AlterColumnGenericOptions'),
]);

export function alterTable(evidence: Evidence, { relation, cmds }: Node): void {
  const table = excerpt(relationIn(relation)?.full ?? 'a table');
  evidence.effect('update', `ALTER ${table}`);
  for (const item of itemsOf(cmds)) {
    const command = member(item, 'AlterTableCmd');
    const kind = textOf(command, 'subtype').replace(/^AT_/, '');
    const effect = COMMANDS.get(kind);
    if (effect === undefined) evidence.unknown(`ALTER ${table}: ${excerpt(kind)}`);
    else evidence.effects([effect], `ALTER ${table}: ${kind}`);
    if (kind.startsWith('Drop') || kind === 'AlterColumnType') {
      const column = textOf(command, 'name');
      if (column !== '') evidence.column(`${relationIn(relation)?.full ?? ''}.${column}`);
    }
    // Whose rights a view has, and whether it leaks what it hides.
    const options = optionsIn(member(member(command, 'def'), 'List')['items']);
    if (options.some((option) => textOf(option, 'defname').startsWith('security_')))
      evidence.effect('grant', `ALTER ${table}: whose rights a view has`);
  }
}

function of(effect: Effect, kinds: string): [string, Effect][] {
  return words(kinds).map((kind) => [kind, effect]);
}
