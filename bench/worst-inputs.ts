import {
  classifyHttp,
  classifyKubernetes,
  classifyPath,
  classifyScim,
  classifyShell,
  classifySql,
  classifyTerraformPlan,
  classifyUrl,
  loadSql,
} from '@countersign/effects';

/** The slowest answer of one classifier, in milliseconds, and to what. */
export interface Worst {
  readonly classifier: string;
  readonly milliseconds: number;
  readonly input: string;
}

/** What parsers are slow at: nesting, openings without an end, repetition that may be read in two ways. */
const PIECES: readonly string[] = [
  '(',
  '[',
  '{',
  '$(',
  '`',
  "'",
  '"',
  '/*',
  '$$',
  '${',
  '<<a ',
  '<(',
  '$((',
  '\\',
  '%',
  '%2e',
  '.',
  '../',
  '~',
  '-',
  'a',
  ' ',
  '\n',
  ';',
  ';\n',
  ' | ',
  ' && ',
  ' -exec ',
  'sudo ',
  'x=$x$x\n',
  '*a ',
  '{a,b}',
  'a=b&',
  '?u=http://a/',
  '1+',
  'NOT ',
  'SELECT 1;',
  '(SELECT ',
  'a,b,',
  'WITH a AS (',
  "'a'||",
  'x.',
  '@',
  '.:',
  'ä',
  'е',
  '{"a":',
  '[[',
];
const LENGTHS = [1000, 30_000, 65_000, 1_000_000];

const domains = ['example.com'];
const path = { roots: ['/work'], effect: 'read' } as const;
const graphql = 'https://example.com/graphql';

const CLASSIFIERS: Readonly<Record<string, readonly ((text: string) => unknown)[]>> = {
  sql: [
    (text) => classifySql(text),
    (text) => classifySql(`SELECT ${text}`),
    (text) => classifySql(`SELECT '${text}`),
  ],
  shell: [
    (text) => classifyShell(text),
    (text) => classifyShell(`cat ${text}`),
    (text) => classifyShell(`cat "${text}`),
  ],
  url: [
    (text) => classifyUrl(text, { domains }),
    (text) => classifyUrl(`https://${text}`, { domains }),
    (text) => classifyUrl(`https://example.com/${text}`, { domains }),
  ],
  path: [(text) => classifyPath(text, path), (text) => classifyPath(`/work/${text}`, path)],
  http: [
    (text) => classifyHttp({ method: 'POST', url: graphql, body: text }),
    (text) => classifyHttp({ method: 'GET', url: `https://example.com/${text}` }),
  ],
  terraform: [(text) => classifyTerraformPlan(text)],
  kubernetes: [
    (text) => classifyKubernetes({ verb: 'apply', manifest: text }),
    (text) => classifyKubernetes({ verb: text }),
  ],
  scim: [
    (text) => classifyScim({ method: 'GET', path: `/Users?filter=${text}` }),
    (text) => classifyScim({ method: 'PATCH', path: '/Users/1', body: { path: text } }),
  ],
};

/** Puts every piece, repeated to every length, to every classifier; each must answer. */
export async function worstInputs(): Promise<readonly Worst[]> {
  await loadSql();
  return Object.entries(CLASSIFIERS).map(([classifier, ways]) => {
    let worst: Worst = { classifier, milliseconds: 0, input: '' };
    for (const piece of PIECES) {
      for (const length of LENGTHS) {
        const text = piece.repeat(length / piece.length);
        for (const classify of ways) {
          const start = performance.now();
          classify(text);
          const milliseconds = performance.now() - start;
          if (milliseconds > worst.milliseconds)
            worst = { classifier, milliseconds, input: `${JSON.stringify(piece)} to ${length} characters` };
        }
      }
    }
    return worst;
  });
}
