import { excerpt, understand, type Classification, type Findings } from '../classification.ts';

/** White space and commas, comments, texts, numbers, names and variables, and marks. Each start fits one of them. */
const TOKEN =
  /[\s,\ufeff]+|#[^\n\r]*|"""(?:[^"\\]|\\"""|\\(?!""")|"(?!""))*"""|"(?!"")(?:[^"\\\n\r]|\\[^\n\r])*"|[A-Za-z_]\w*|-?\d[\w.+-]*|\.\.\.|[!$&(){}[\]:=|@]/y;

/** Whether a text can be meant as a GraphQL document. */
export function looksLikeGraphql(text: string): boolean {
  return (
    /^(?:[\s,\ufeff]|#[^\n\r]*[\n\r])*(?:\{|(?:query|mutation|subscription|fragment)\b)/.test(text) &&
    text.includes('{')
  );
}

/** What a GraphQL document may do: any of its operations may be the one that is run. */
export function classifyGraphql(query: string): Classification {
  return understand(query, 'GraphQL', (findings) => {
    const tokens = tokensOf(query);
    if (tokens === undefined) findings.unknown(`not GraphQL: ${excerpt(query)}`);
    else readDefinitions(tokens, findings);
  });
}

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return undefined;
    if (!/^[\s,\ufeff#]/.test(token)) tokens.push(token);
  }
  return tokens;
}

function readDefinitions(tokens: readonly string[], findings: Findings): void {
  let operations = 0;
  for (let at = 0; at < tokens.length;) {
    const end = endOfDefinition(tokens, at);
    if (end === undefined) {
      findings.unknown('GraphQL that does not close what it opens');
      return;
    }
    const keyword = tokens[at] ?? '';
    if (keyword !== 'fragment') operations++;
    readOperation(keyword, nameAfter(tokens, at), findings);
    at = end;
  }
  if (operations === 0) findings.unknown('GraphQL without an operation');
}

function readOperation(keyword: string, name: string, findings: Findings): void {
  switch (keyword) {
    case '{':
    case 'query':
      findings.effect('read', `GraphQL query ${name}`);
      break;
    case 'mutation': {
      const why = `GraphQL mutation ${name}`;
      findings.effect('create', why).effect('update', why).effect('delete', why);
      break;
    }
    case 'fragment':
      break;
    default:
      findings.unknown(`GraphQL ${excerpt(keyword)} ${name}`);
  }
}

function nameAfter(tokens: readonly string[], at: number): string {
  const name = tokens[at + 1] ?? '';
  return tokens[at] !== '{' && /^[A-Za-z_]/.test(name) ? excerpt(name) : 'without a name';
}

/** Behind the selection in braces that ends the definition. Braces in parentheses are values. */
function endOfDefinition(tokens: readonly string[], start: number): number | undefined {
  const open: string[] = [];
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at] ?? '';
    const closes = CLOSES[token];
    if (token === '{' || token === '(' || token === '[') open.push(token);
    else if (closes !== undefined) {
      if (open.pop() !== closes) return undefined;
      if (token === '}' && open.length === 0) return at + 1;
    }
  }
  return undefined;
}

const CLOSES: Readonly<Record<string, string>> = { '}': '{', ')': '(', ']': '[' };
