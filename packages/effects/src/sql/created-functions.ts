import { excerpt } from '../classification.ts';
import type { Evidence } from './evidence.ts';
import { FUNCTION_EFFECTS } from './functions.ts';
import { constantIn, itemsOf, member, namesIn, objectIn, optionsIn, textOf, type Node } from './nodes.ts';
import { OPERATORS } from './operators.ts';
import { PURE_FUNCTIONS } from './pure-functions.ts';
import { SETTING_FUNCTIONS } from './settings.ts';
import { isKnownType, isTypeName } from './types.ts';

/** Languages in which a function can do no more than SQL can: `execute` says what it does. Of others nobody knows. */
const TRUSTED: ReadonlySet<string> = new Set(['sql', 'plpgsql', 'plperl', 'pltcl', 'plv8']);

/** Whether the last name of a function, operator or type is one that a site told the effects of. */
export type IsTaken = (name: string) => boolean;

/** A `CREATE FUNCTION`: gives the body, where it is a text of SQL. */
export function createFunction(evidence: Evidence, node: Node, isOwn: IsTaken): string | undefined {
  const names = namesIn(node['funcname']);
  const name = excerpt(names.join('.'));
  evidence.effects(['create', 'execute'], `CREATE FUNCTION or PROCEDURE ${name}`);
  evidence.touch('function', names.join('.'));
  shadows(evidence, names, isOwn);
  let language: string | undefined;
  let body: string | undefined;
  for (const option of optionsIn(node['options'])) {
    const arg = member(option, 'arg');
    switch (option['defname']) {
      case 'language':
        language = constantIn(arg)?.toLowerCase();
        break;
      case 'as':
        body = constantIn(itemsOf(member(arg, 'List')['items'])[0]);
        break;
      case 'security':
        if (member(arg, 'Boolean')['boolval'] === true)
          evidence.effect('grant', `${name} runs with its owner's rights`);
        break;
      default:
    }
  }
  if ('sql_body' in node) return undefined;
  if (language === undefined || !TRUSTED.has(language))
    evidence.unknown(`what ${name} does in ${excerpt(language ?? 'a language unsaid')}`);
  return language === 'sql' ? body : undefined;
}

/** `CREATE AGGREGATE`, `OPERATOR`, `TYPE` and the like. */
export function define(evidence: Evidence, { kind, defnames }: Node, isOwn: IsTaken): void {
  const names = namesIn(defnames);
  evidence.effects(['create', 'execute'], `CREATE ${kindOf(kind)} ${excerpt(names.join('.'))}`);
  if (isCallable(kind)) shadows(evidence, names, isOwn);
}

export function createDomain(evidence: Evidence, { domainname }: Node, isOwn: IsTaken): void {
  const names = namesIn(domainname);
  evidence.effects(['create', 'execute'], `CREATE DOMAIN ${excerpt(names.join('.'))}`);
  shadows(evidence, names, isOwn);
}

/** `CREATE CAST`: one between PostgreSQL's own types may be used wherever values of them are. */
export function createCast(evidence: Evidence, node: Node): void {
  evidence.effects(['create', 'execute'], 'CREATE CAST');
  const [source, target] = ['sourcetype', 'targettype'].map((type) => namesIn(member(node, type)['names']));
  if (isKnownType(source ?? []) && isKnownType(target ?? []))
    evidence.unknown('what a cast of known types means from now on');
}

/** `ALTER ... RENAME`: a role's, a policy's, or whatever else's. */
export function rename(evidence: Evidence, node: Node, isOwn: IsTaken): void {
  const { renameType, newname } = node;
  evidence.effect('update', `ALTER ${kindOf(renameType)} RENAME`);
  if (/ROLE|POLICY/.test(String(renameType))) evidence.effect('grant', `ALTER ${kindOf(renameType)} RENAME`);
  if (isCallable(renameType) && typeof newname === 'string') shadows(evidence, [newname], isOwn);
}

/** `ALTER ... SET SCHEMA`. */
export function moveToSchema(evidence: Evidence, node: Node, isOwn: IsTaken): void {
  const { objectType, object, newschema } = node;
  evidence.effect('update', `ALTER ${kindOf(objectType)} SET SCHEMA`);
  if (!isCallable(objectType)) return;
  const name = objectIn(object)?.split('.').at(-1) ?? '';
  shadows(evidence, [textOf({ newschema }, 'newschema'), name], isOwn);
}

/** A kind of object as a person names it. */
export function kindOf(kind: unknown): string {
  return String(kind)
    .replace(/^OBJECT_/, '')
    .replaceAll('_', ' ');
}

function isCallable(kind: unknown): boolean {
  return /^OBJECT_(?:FUNCTION|PROCEDURE|ROUTINE|AGGREGATE|OPERATOR|TYPE|DOMAIN)$/.test(String(kind));
}

/**
 * PostgreSQL prefers whichever function fits best: one of a known name may be called wherever that name is read
 * (CVE-2018-1058), and one that a site told the effects of may have others from then on. A type's name is called too.
 * Whatever its schema, which the path of names or a renaming may make any.
 */
function shadows(evidence: Evidence, names: readonly string[], isOwn: IsTaken): void {
  const name = names.at(-1) ?? '';
  const taken =
    PURE_FUNCTIONS.has(name) ||
    FUNCTION_EFFECTS.has(name) ||
    FUNCTION_EFFECTS.has(names.join('.')) ||
    OPERATORS.has(name) ||
    SETTING_FUNCTIONS.has(name) ||
    isTypeName(name);
  if (taken || isOwn(name)) evidence.unknown(`what ${excerpt(name)} means from now on`);
}
