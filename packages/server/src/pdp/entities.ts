import type { ActionFacts, Evaluation, JsonObject } from '@countersign/core';
import { UNBOUND_CONTEXT } from '@countersign/core';
import type { CedarEntity, CedarQuestion, CedarScope, CedarUid, CedarValue } from './cedar.ts';
import { entityType } from './cedar-name.ts';
import { cedarPart, cedarValue, emptyRecord } from './cedar-value.ts';
import { isKept, nameOf, type KnownEntities, type KnownEntity } from './known-entities.ts';
import type { LookedAt, Part } from './looked-at.ts';
import type { PolicyQuestion } from './port.ts';

/** Types of which `<upstream>/<name>` is in `mcp_server::"<upstream>"`. */
const UPSTREAM_TYPES: ReadonlySet<string> = new Set(['tool', 'resource', 'prompt', 'task']);

/** Who would do what to what, in Cedar's names, and what principal and resource are in. */
export interface PlacedScope extends CedarScope {
  readonly placed: { readonly principal: Place; readonly resource: Place };
}

/** Where an entity stands: its parents, everything above it, and what is listed of that. */
interface Place {
  readonly parents: readonly CedarUid[];
  readonly names: readonly CedarUid[];
  readonly listed: readonly KnownEntity[];
}

/** INVARIANT: what stands above an entity here is what Cedar is told of it in `cedarQuestion`: slices go by it. */
export function placedScope({ subject, action, resource }: Evaluation, known: KnownEntities): PlacedScope {
  return {
    principal: uid(subject.type, subject.id),
    action: { type: 'Action', id: action.name },
    resource: uid(resource.type, resource.id),
    placed: { principal: placeOf(known, subject), resource: placeOf(known, resource) },
  };
}

function placeOf(known: KnownEntities, entity: { readonly type: string; readonly id: string }): Place {
  const parents = [...(known.get(uid(entity.type, entity.id))?.parents ?? []), ...upstreamOf(entity)];
  return { parents, ...known.above(parents) };
}

/** A question in Cedar's words, as far as the policies look at it. Design §3. */
export function cedarQuestion(
  question: PolicyQuestion,
  scope: PlacedScope,
  facts: ActionFacts,
  lookedAt: LookedAt,
  known: KnownEntities,
): CedarQuestion {
  const { principal, action, resource } = scope;
  const entities = cedarEntities(question, scope, facts, lookedAt, known);
  return { principal, action, resource, context: cedarContext(question, lookedAt), entities };
}

/** Those that a question names, and what stands above them. */
export function cedarEntities(
  { evaluation, overlay, agent }: PolicyQuestion,
  { placed, ...scope }: PlacedScope,
  facts: ActionFacts,
  { attributes, hierarchy }: LookedAt,
  known: KnownEntities,
): CedarEntity[] {
  const { subject, resource } = evaluation;
  const acting = uid('agent', agent.id);
  const entities = new Entities(attributes);
  for (const name of [scope.principal, scope.resource, acting])
    entities.store(name, known.get(name)?.attrs ?? {});
  if (overlay) {
    entities.overlay(scope.principal, subject.type, withoutAct(subject.properties));
    entities.overlay(scope.resource, resource.type, resource.properties ?? {});
  }
  // INVARIANT: what is stored is written last, so that nothing above survives under its names.
  const { name, owner, status, groups } = agent;
  entities.store(acting, { name, owner, status, groups: [...groups] });
  if (resource.type === 'tool') entities.store(scope.resource, storedFacts(facts));
  if (hierarchy) {
    for (const [entity, { parents, listed }] of [
      [scope.principal, placed.principal],
      [scope.resource, placed.resource],
      [acting, placeOf(known, { type: 'agent', id: agent.id })],
    ] as const) {
      entities.place(entity, parents);
      for (const above of listed) entities.place(above.uid, above.parents);
    }
  }
  return entities.list();
}

/** What a question says besides its entities. */
export function cedarContext(
  { evaluation, agent, session }: PolicyQuestion,
  { context: members }: LookedAt,
): Record<string, CedarValue> {
  const context: Record<string, CedarValue> = {};
  if (members.has('agent')) context['agent'] = { __entity: uid('agent', agent.id) };
  const [ofAction, ofRequest] = [members.get('action'), members.get('request')];
  if (ofAction !== undefined) context['action'] = cedarPart(evaluation.action.properties ?? {}, ofAction);
  if (ofRequest !== undefined) context['request'] = boundContext(evaluation, ofRequest);
  if (members.has('session')) context['session'] = { labels: [...session.labels] };
  return context;
}

/**
 * The entities of one question. Cedar refuses a uid that is listed twice, and the agent may well be the subject, the
 * resource or both; one that has nothing to tell is not listed, which Cedar takes as one without attributes.
 */
class Entities {
  readonly #byUid = new Map<string, CedarEntity>();
  readonly #lookedAt: ReadonlyMap<string, Part>;

  constructor(lookedAt: ReadonlyMap<string, Part>) {
    this.#lookedAt = lookedAt;
  }

  overlay(name: CedarUid, type: string, properties: JsonObject): void {
    for (const [key, value] of Object.entries(properties)) {
      if (isKept(type, key)) continue;
      const attribute = this.#lookedAt.has(key) ? cedarValue(value) : undefined;
      if (attribute !== undefined) this.#entity(name).attrs[key] = attribute;
    }
  }

  store(name: CedarUid, attributes: Readonly<Record<string, CedarValue>>): void {
    for (const [key, value] of Object.entries(attributes)) {
      if (this.#lookedAt.has(key)) this.#entity(name).attrs[key] = value;
    }
  }

  place(name: CedarUid, parents: readonly CedarUid[]): void {
    if (parents.length === 0) return;
    const entity = this.#entity(name);
    // The same entity may be placed twice: the agent may be the principal, and stand above the resource.
    for (const parent of parents) {
      if (!entity.parents.some((each) => nameOf(each as CedarUid) === nameOf(parent)))
        entity.parents.push(parent);
    }
  }

  list(): CedarEntity[] {
    return [...this.#byUid.values()];
  }

  #entity(name: CedarUid): CedarEntity {
    const key = nameOf(name);
    const entity = this.#byUid.get(key) ?? { uid: name, attrs: emptyRecord(), parents: [] };
    this.#byUid.set(key, entity);
    return entity;
  }
}

function uid(type: string, id: string): CedarUid {
  return { type: entityType(type), id };
}

/** ARAP leaves the actor chain out of what is bound, so that no policy may read it: a caller could change it. */
function withoutAct({ act: _act, ...properties }: JsonObject = {}): JsonObject {
  return properties;
}

function storedFacts(facts: ActionFacts): Record<string, CedarValue> {
  const { effects, labels, outward, reviewed, touches = [] } = facts;
  return { effects: [...effects], labels: [...labels], outward, reviewed, touches: [...touches] };
}

/** `<upstream>/<name>` is in its upstream. */
function upstreamOf({ type, id }: { readonly type: string; readonly id: string }): CedarUid[] {
  const [, upstream] = /^([a-z0-9-]+)\//.exec(UPSTREAM_TYPES.has(type) ? id : '') ?? [];
  return upstream === undefined ? [] : [uid('mcp_server', upstream)];
}

/** INVARIANT: a policy reads no member that an approval does not bind; otherwise it could be changed after consent. */
function boundContext({ context = {} }: Evaluation, part: Part): Record<string, CedarValue> {
  const record = cedarPart(context, part);
  for (const name of UNBOUND_CONTEXT) delete record[name];
  return record;
}
