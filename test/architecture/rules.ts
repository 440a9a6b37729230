/** One rule of who may import what. Paths are below `packages/`; a package or built-in is its own name. */
export interface ImportRule {
  /** The files it is for. */
  readonly from: RegExp;
  /** Files among them that it is not for. */
  readonly except?: RegExp;
  /** All that they may import, besides what else is said; or what they may not. */
  readonly only?: readonly RegExp[];
  readonly never?: readonly RegExp[];
  readonly why: string;
}

const CORE = /^@countersign\/core$/;

export const IMPORT_RULES: readonly ImportRule[] = [
  {
    from: /^core\//,
    except: /^core\/src\/(?:base64|sha256)\/node\.ts$/,
    only: [/^core\/src\//, /^#(?:base64|sha256)$/, /^@noble\/(?:curves|hashes)\//, /^@scure\/base$/],
    never: [/^core\/src\/(?:base64|sha256)\//],
    why: 'core is pure and runs in any browser: its own files and its declared dependencies, and by their names what is native in Node alone',
  },
  {
    from: /^core\/src\/(?:base64|sha256)\/node\.ts$/,
    only: [/^node:(?:buffer|crypto)$/, /^core\/src\/encoding\.ts$/, /^core\/src\/base64\/portable\.ts$/],
    why: 'native bytes and hashes are as pure as our own, and nothing else of Node is needed for them',
  },
  {
    from: /^effects\//,
    except: /(?:\.test|\/testing-[a-z]+|\/sql\/parser)\.ts$/,
    only: [/^effects\/src\//, CORE, /^unbash$/, /^tr46$/],
    why: 'what an action does is read from its text alone, so that every door can ask',
  },
  {
    from: /^effects\/src\/sql\/parser\.ts$/,
    only: [/^libpg-query$/, /^node:(?:module|path)$/],
    why: 'a parser that failed is replaced by a fresh one, which takes loading its module anew',
  },
  {
    from: /^client\//,
    only: [/^client\/src\//, CORE],
    why: 'the client is fetch and core, so that any enforcement point can install it',
  },
  {
    from: /^console\//,
    only: [
      /^console\//,
      CORE,
      /^@mantine\/(?:core|hooks)(?:\/|$)/,
      /^@simplewebauthn\/browser$/,
      /^@tanstack\/react-query$/,
      /^react(?:-dom)?(?:\/|$)/,
    ],
    why: 'the console runs in a browser: core and what its package.json declares',
  },
  {
    from: /^server\//,
    except: /^server\/src\/pdp\//,
    never: [/^@cedar-policy\//],
    why: 'pdp/ alone knows Cedar',
  },
  {
    from: /^server\//,
    except: /^server\/src\/passkey\//,
    never: [/^@simplewebauthn\//],
    why: 'passkey/ alone knows the WebAuthn library',
  },
  {
    from: /^server\//,
    except: /^server\/src\/stores\//,
    never: [/^node:sqlite$/, /^pg$/],
    why: 'stores/ alone knows a database',
  },
  {
    from: /^server\//,
    except: /^server\/src\/(?:access-token|token)\//,
    never: [/^jose$/],
    why: 'access-token/ reads the tokens of others, token/ makes and reads our own; nobody else knows a JWT',
  },
  {
    from: /^server\/src\/access-token\//,
    except: /\.test\.ts$/,
    only: [/^server\/src\/(?:access-token|config)\//, CORE, /^jose$/, /^node:crypto$/],
    why: 'what a token says is read without a look at who is enrolled: whose it is, identify.ts finds out',
  },
  {
    from: /^server\//,
    except: /^server\/src\/connect\/text\//,
    never: [/^jsonc-parser$/, /^toml-eslint-parser$/],
    why: 'connect/text/ alone knows how clients write their files',
  },
  {
    from: /^server\//,
    except: /^server\/src\/gateway\/credential\//,
    never: [/^oauth4webapi$/],
    why: 'gateway/credential/ alone is an OAuth client',
  },
  {
    from: /^server\/src\/(?:access-request|access-token|approval|principal|session|passkey|audit|notify|decision|pdp)\//,
    never: [
      /^server\/src\/(?:gateway|http|cli|admin|demo|stores)\//,
      /^server\/src\/(?:start|open-authority)\.ts$/,
    ],
    why: 'the domain knows no door, no adapter and no composition',
  },
  {
    from: /^server\/src\/gateway\//,
    except: /\/testing(?:-[a-z]+)?\.ts$/,
    never: [/^server\/src\/(?!gateway\/|config\/)/],
    why: 'a door asks through the ConsentPort of core and knows nothing else of the authority',
  },
  {
    from: /^server\/src\/http\//,
    never: [
      /^server\/src\/(?!http\/|config\/|faces\.ts$|authority\.ts$|parts\.ts$|access-token\/protected-resource\.ts$|principal\/port\.ts$|pdp\/cedar-value\.ts$)/,
    ],
    why: 'HTTP is a face: it calls the authority through faces.ts (and refuses reserved keys at the border)',
  },
  {
    from: /^server\/src\/stores\//,
    never: [
      /^server\/src\/(?!stores\/|audit\/|passkey\/|approval\/standing\.ts$|parts\.ts$|[a-z-]+\/port\.ts$)/,
    ],
    why: 'a store serves ports; it decides nothing',
  },
  {
    from: /^server\//,
    except: /^server\/(?:src\/cli\/|bin\/|src\/start\.ts$)/,
    never: [/^server\/src\/cli\//],
    why: 'the command line is the outermost face',
  },
  {
    from: /^server\//,
    never: [/^(?:console|client|core)\//, /^@countersign\/console/],
    why: 'packages meet by their names, and the console is served as files',
  },
];

/** What no file may contain. */
export interface TextRule {
  readonly from: RegExp;
  readonly except?: RegExp;
  readonly text: RegExp;
  readonly why: string;
}

export const TEXT_RULES: readonly TextRule[] = [
  {
    from: /^(?:core|effects)\//,
    text: /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/,
    why: 'core has no clock: pass `now` in',
  },
  { from: /^(?:core|effects)\//, text: /\bperformance\s*\./, why: 'core has no clock: pass `now` in' },
  {
    from: /^(?:core|effects)\//,
    text: /\bMath\.random\b|\bcrypto\s*\.|\brandomBytes\b/,
    why: 'core has no randomness: pass `random` in',
  },
  {
    from: /^(?:core|effects)\//,
    text: /\bfetch\(|\bWebSocket\b|\bXMLHttpRequest\b|\bprocess\s*\.|\bglobalThis\b|\blocalStorage\b/,
    why: 'core does no I/O and reads no environment',
  },
  {
    from: /^(?:core|effects)\//,
    text: /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/,
    why: 'core waits for nothing',
  },
  {
    from: /./,
    except: /\.config\.ts$/,
    text: /^export default\b|^export\s*\{[^}]*\bas default\b/m,
    why: 'named exports only: one name everywhere',
  },
  { from: /./, text: /^export \* from\b/m, why: 'no export *: what a module offers is written down' },
];

/** What no file or folder may be called. */
export const VAGUE_NAME: RegExp = /(?:^|[/.-])(?:utils?|helpers?|commons?|managers?)(?=[/.-])/i;

export const MAX_LINES = 400;
