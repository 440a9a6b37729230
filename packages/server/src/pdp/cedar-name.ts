// What no Cedar path component may be, even where its letters are fine; `__cedar` is Cedar's own namespace.
const RESERVED = /^(?:true|false|if|then|else|in|is|like|has|__cedar)$/;
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const ESCAPED = 'escaped::t';

/**
 * The Cedar entity type of a caller's type name: itself where Cedar can parse it, otherwise `escaped::t` and the
 * name with every character but ASCII letters and digits written as `_<hex>_`: `acme:doc` is `escaped::tacme_3a_doc`.
 * INVARIANT: two type names never share an entity type, so that no caller speaks of another's entities. Design §3.
 */
export function entityType(typeName: string): string {
  return isPath(typeName) && !typeName.startsWith('escaped::') ? typeName : escape(typeName);
}

/** The type name that `entityType` was given. */
export function typeNameOf(type: string): string {
  if (!type.startsWith(ESCAPED)) return type;
  return type
    .slice(ESCAPED.length)
    .replaceAll(/_([0-9a-f]+)_/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function isPath(name: string): boolean {
  return name.split('::').every((part) => IDENTIFIER.test(part) && !RESERVED.test(part));
}

function escape(name: string): string {
  // By UTF-16 unit: even a lone surrogate, which no parser of ours lets through, keeps a name of its own.
  return ESCAPED + name.replaceAll(/[^a-zA-Z0-9]/g, (unit) => `_${unit.charCodeAt(0).toString(16)}_`);
}
