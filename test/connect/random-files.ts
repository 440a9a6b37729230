import fc from 'fast-check';

/** A client's file of random shape, and where its servers are. */
export interface RandomFile {
  readonly text: string;
  /** Lines of it that belong to no server, comments included: every one must survive an edit. */
  readonly others: readonly string[];
}

interface Style {
  readonly indent: string;
  readonly end: '\n' | '\r\n';
  readonly comments: boolean;
  readonly trailing: boolean;
  readonly mark: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  indent: fc.constantFrom('  ', '    ', '\t', ''),
  end: fc.constantFrom('\n', '\r\n'),
  comments: fc.boolean(),
  trailing: fc.boolean(),
  mark: fc.boolean(),
});

/** Everything that a writer of such files may have meant, and what only a machine would write. */
const text = fc.oneof(
  fc.constantFrom(
    'npx',
    '-y',
    '/data',
    '--',
    '//',
    '/* */',
    '#',
    "it's",
    'a "b"',
    '${X}',
    'C:\\x',
    '[',
    '}',
    ',',
    '= x',
    '',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const name = fc.oneof(
  fc.constantFrom('files', 'a.b', 'My Server', '__proto__', 'constructor', '1', 'x-y'),
  fc.string({ minLength: 1, maxLength: 6 }),
);
const texts = fc.dictionary(fc.stringMatching(/^[A-Z][A-Z_]{0,4}$/), text, { maxKeys: 3 });

export interface RandomServer {
  readonly name: string;
  readonly members: readonly (readonly [
    string,
    string | readonly string[] | Readonly<Record<string, string>>,
  ])[];
}

const started = fc
  .record({
    command: text.filter((word) => word !== ''),
    args: fc.option(fc.array(text, { maxLength: 4 })),
    env: fc.option(texts),
  })
  .map(({ command, args, env }): RandomServer['members'] => [
    ['command', command],
    ...(args === null ? [] : ([['args', args]] as const)),
    ...(env === null ? [] : ([['env', env]] as const)),
  ]);
const remote = (headers: string) =>
  fc
    .record({ url: fc.webUrl(), told: fc.option(texts) })
    .map(({ url, told }): RandomServer['members'] => [
      ['url', url],
      ...(told === null ? [] : ([[headers, told]] as const)),
    ]);

const servers = (headers: string): fc.Arbitrary<RandomServer[]> =>
  fc.uniqueArray(
    fc
      .record({ name, members: fc.oneof(started, remote(headers)), turned: fc.boolean() })
      .map(({ name: of, members, turned }) => ({
        name: of,
        members: turned ? [...members].toReversed() : members,
      })),
    { selector: (server) => server.name, maxLength: 4 },
  );

export const jsoncFile: fc.Arbitrary<RandomFile> = fc
  .record({ style, servers: servers('headers'), others: fc.array(fc.nat(99), { maxLength: 3 }) })
  .map(({ style: how, servers: some, others }) => {
    const { indent, end, comments, trailing, mark } = how;
    const lines: string[] = [];
    const kept: string[] = [];
    const own = (line: string): void => void (lines.push(line), kept.push(line));
    const note = (words: string): string => (comments ? ` // ${words}` : '');
    own(`{${note('start')}`);
    for (const [at, value] of others.entries())
      own(`${indent}"other${at}": [${value},  {"x": null}],${note('kept')}`);
    own(`${indent}"mcpServers": {${note('servers')}`);
    for (const [at, server] of some.entries()) {
      if (comments) own(`${indent}${indent}// server ${at}`);
      own(`${indent}${indent}${JSON.stringify(server.name)}: {`);
      for (const [index, [member, value]] of server.members.entries()) {
        const last = index === server.members.length - 1;
        lines.push(
          `${indent.repeat(3)}${JSON.stringify(member)} : ${JSON.stringify(value)}${last && !trailing ? '' : ','}`,
        );
      }
      own(`${indent}${indent}}${at === some.length - 1 && !trailing ? '' : ','}`);
    }
    own(`${indent}}${trailing ? ',' : ''}`);
    own(`}${note('end')}`);
    return { text: (mark ? '\uFEFF' : '') + lines.join(end) + end, others: kept };
  });

export const tomlFile: fc.Arbitrary<RandomFile> = fc
  .record({
    style,
    servers: servers('http_headers'),
    shapes: fc.array(fc.constantFrom('table', 'tables', 'dotted', 'inline'), { minLength: 4, maxLength: 4 }),
    date: fc.boolean(),
  })
  .map(({ style: { end, comments }, servers: some, shapes, date }) => {
    const lines: string[] = [];
    const kept: string[] = [];
    const own = (line: string): void => void (lines.push(line), kept.push(line));
    own(`model = 'x'${comments ? ' # the model' : ''}`);
    if (date) own('since = 1979-05-27T07:32:00Z');
    const shaped = some.map((server, at) => ({ ...server, shape: shapes[at] ?? 'table' }));
    for (const { name: of, members } of shaped.filter(({ shape }) => shape === 'dotted')) {
      for (const [member, value] of members) {
        if (typeof value === 'object' && !Array.isArray(value)) {
          for (const [key, each] of Object.entries(value))
            lines.push(`mcp_servers.${quoted(of)}.${member}.${key} = ${quoted(each)}`);
        } else lines.push(`mcp_servers.${quoted(of)}.${member} = ${written(value)}`);
      }
    }
    // A table that dotted keys have begun cannot be opened by a header.
    const rest = shaped.some(({ shape }) => shape === 'dotted') ? [] : shaped;
    const inline = rest.filter(({ shape }) => shape === 'inline');
    if (inline.length > 0) own('[mcp_servers]');
    for (const { name: of, members } of inline)
      lines.push(
        `${quoted(of)} = { ${members.map(([member, value]) => `${member} = ${written(value)}`).join(', ')} }`,
      );
    for (const { name: of, members, shape } of rest.filter((each) => each.shape.startsWith('table'))) {
      own(`[mcp_servers.${quoted(of)}]${comments ? ' # a server' : ''}`);
      const [plain, tables] = [
        members.filter(([, value]) => isPlain(value)),
        members.filter(([, value]) => !isPlain(value)),
      ];
      for (const [member, value] of plain) lines.push(`  ${member}   = ${written(value)}`);
      for (const [member, value] of tables) {
        if (shape === 'table') lines.push(`  ${member} = ${written(value)}`);
        else {
          lines.push(`[mcp_servers.${quoted(of)}.${member}]`);
          for (const [key, each] of Object.entries(value as Record<string, string>))
            lines.push(`${key} = ${quoted(each)}`);
        }
      }
    }
    own('[[profiles]]');
    own('n = 0x1F # hex');
    return { text: lines.join(end) + end, others: kept };
  });

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value);
}

function written(value: RandomServer['members'][number][1]): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(quoted).join(' , ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${key} = ${quoted(each)}`)
    .join(', ')} }`;
}

function quoted(value: string): string {
  return JSON.stringify(value).replaceAll('\u007F', '\\u007F');
}
