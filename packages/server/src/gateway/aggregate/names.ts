// How the aggregate address names what is its upstreams'. INVARIANT: upstream names match [a-z0-9-]+, so that each of these
// has one reading, and what a prefix is taken from is the upstream's own name again, byte for byte.

/** What a name of ours is at its upstream. */
export interface Named {
  readonly upstream: string;
  readonly name: string;
}

/** One way of naming: what stands before an upstream's own name, and what a name of ours is. */
export interface Naming {
  prefix(upstream: string): string;
  read(text: unknown): Named | undefined;
}

function naming(before: string, after: string): Naming {
  const escaped = (text: string): string => text.replaceAll(/[.+]/g, String.raw`\$&`);
  const shape = new RegExp(`^${escaped(before)}([a-z0-9-]+)${escaped(after)}([^]+)$`);
  return {
    prefix: (upstream) => before + upstream + after,
    read(text) {
      const [, upstream, name] = typeof text === 'string' ? (shape.exec(text) ?? []) : [];
      return upstream === undefined || name === undefined ? undefined : { upstream, name };
    },
  };
}

/** Tools and prompts. SEP-986 allows `_`, and so do the model APIs of today, which allow no `.` or `/`. */
export const NAMES: Naming = naming('', '__');
/** Resources: what stands before is part of the scheme, so that a URI stays one (RFC 3986 §3.1). */
export const URIS: Naming = naming('mcp+', '+');
/** An upstream's own tasks; `tsk_...` is one of ours, and no name of an upstream's begins so. */
export const TASK_IDS: Naming = naming('', '.');
