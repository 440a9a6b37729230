// `npm run bench`: every figure beside its baseline, measured in the same run.
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Site } from '../test/e2e/countersign.ts';
import {
  measureClient,
  measureHttp,
  measureLines,
  measureStreaming,
  sessionHeaders,
} from './gateway-cost.ts';
import { measure, type Target } from './load.ts';
import { measureLog } from './log-entries.ts';
import { measurePolicies, measureReload, policiesOf } from './policy-cost.ts';
import { measureParked } from './parked-calls.ts';
import { measureResumption } from './resumption.ts';
import { worstInputs } from './worst-inputs.ts';

const AT_ONCE = 16;
const BATCH = 100;
const children: ChildProcess[] = [];

async function startScript(script: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  return await new Promise((found) =>
    createInterface({ input: child.stdout }).once('line', (line) => found(line)),
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const upstream = await startScript('upstream.ts');
  const hop = await startScript('bare-hop.ts', upstream);
  const everything = await startScript('../test/conformance/everything/main.ts', '--http');
  const site = new Site();
  await site.reservePort();
  site.configure({
    public_url: site.url,
    hold: '20s',
    // What is measured is what a call costs, not how many are let through.
    limits: { rate_per_agent: 100_000, access_requests_per_minute: 10_000 },
    upstreams: {
      bench: { url: upstream, catalog: 'bench' },
      everything: { url: everything, catalog: 'everything' },
      lines: { command: process.execPath, args: [], catalog: 'lines' },
    },
  });
  site.writePolicies({
    bench:
      'tools:\n  read_item: { effects: [read], outward: false }\n  stream_item: { effects: [read], outward: false }\n  write_item: { effects: [update], outward: false }\n',
    everything: 'tools:\n  test_simple_text: { effects: [read], outward: false }\n',
    lines: 'tools:\n  echo: { effects: [read], outward: false }\n',
  });
  const { id: agent = '', api_key = '' } = await site.json(
    'agent',
    'add',
    'bench',
    '--owner',
    'owner@example.com',
  );
  const { api_key: pepKey = '' } = await site.json('pep', 'add', 'bench-pep');
  await site.enrolKey();
  await site.start();
  const gateway = `${site.url.replace('localhost', '127.0.0.1')}/mcp/bench`;

  try {
    say('the gateway, every permit durable in the log; beside a direct connection and a bare forwarding hop');
    const plain = {
      name: 'a minimal server of plain JSON',
      tool: 'read_item',
      direct: upstream,
      hop,
      durableHop: await startScript('bare-hop.ts', upstream, join(site.dir, 'hop.log')),
      gateway,
    };
    await measureHttp(plain, api_key, say);
    await measureClient(plain, api_key, say);
    const full = {
      name: 'a server with everything',
      tool: 'test_simple_text',
      direct: everything,
      hop: await startScript('bare-hop.ts', everything),
      durableHop: await startScript('bare-hop.ts', everything, join(site.dir, 'full-hop.log')),
      gateway: gateway.replace(/bench$/, 'everything'),
    };
    await measureHttp(full, api_key, say);
    await measureStreaming(plain, api_key, say);
    await measureLines(site, api_key, say);

    say('from the vote to the held call’s answer');
    const { p50, p99 } = await measureResumption(site, gateway, await sessionHeaders(gateway, api_key), 30);
    say(`  p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (aim: 10 ms)`);

    await measureParked(upstream, say);

    say('evaluations over HTTP, durable');
    const evaluate: Target = {
      url: `${site.url.replace('localhost', '127.0.0.1')}/access/v1/evaluation`,
      headers: { authorization: `Bearer ${pepKey}` },
      body: (n) =>
        JSON.stringify({
          subject: { type: 'identity', id: agent },
          action: { name: 'tools/call' },
          resource: { type: 'tool', id: 'bench/read_item' },
          context: { agent, upstream: 'bench', method: 'tools/call', arguments: { item: n } },
        }),
    };
    for (const concurrency of [1, AT_ONCE]) {
      await measure(evaluate, 300, concurrency);
      const found = await measure(evaluate, 3000, concurrency);
      say(
        `  ${String(concurrency).padStart(2)} at once: ${found.rate.toFixed(0)}/s, p50 ${found.p50.toFixed(2)} ms, p99 ${found.p99.toFixed(2)} ms`,
      );
    }

    await evaluationsOfALargeSet(site, evaluate);

    say('one decision in process, beside one call of cedar-wasm on the whole set, parsed before');
    for (const count of [10, 1000, 10_000]) {
      const { raw, again, other, first, cold } = measurePolicies(count);
      say(` ${count} policies`);
      for (const [name, cost] of Object.entries({
        'cedar-wasm': raw,
        'the same question': again,
        'another, tested alike': other,
        'new to its policies': first,
        cold,
      }))
        say(
          `  ${name.padEnd(24)} p50 ${cost.p50.toFixed(1).padStart(8)} µs   p99 ${cost.p99.toFixed(1).padStart(8)} µs   ${(raw.p50 / cost.p50).toFixed(1)}x faster`,
        );
    }

    const { whole, pause } = await measureReload(10_000);
    say(
      `a reload of 10,000 policies: ${whole.toFixed(0)} ms, in which the longest pause was ${pause.toFixed(0)} ms`,
    );

    say(
      'the slowest answers of the classifiers, to inputs of up to 1 MB that are made to be slow (aim: 100 ms)',
    );
    for (const { classifier, milliseconds, input } of await worstInputs())
      say(`  ${classifier.padEnd(12)} ${milliseconds.toFixed(0).padStart(4)} ms   ${input}`);

    say('log entries, durable under a signed checkpoint, in process');
    const log = await measureLog();
    say(
      `  each alone ${log.alone.toFixed(0)}/s; 256 together ${log.together.toFixed(0)}/s (${(log.together / log.alone).toFixed(0)}x)`,
    );
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await site.close();
  }
}

/** The same questions with a thousand policies more, one at a time and a hundred in a batch. */
async function evaluationsOfALargeSet(site: Site, evaluate: Target): Promise<void> {
  say('evaluations over HTTP, durable, with 1,000 policies more');
  const known = /^@id\("(?!p\d)/;
  const more = policiesOf(1000)
    .split('\n')
    .filter((policy) => !known.test(policy));
  writeFileSync(join(site.policies, 'scale.cedar'), more.join('\n'));
  await new Promise((reloaded) => setTimeout(reloaded, 2000));
  await measure(evaluate, 300, 1);
  const single = await measure(evaluate, 2000, 1);
  say(`  single:       ${single.rate.toFixed(0)}/s, p50 ${single.p50.toFixed(2)} ms`);
  const batch: Target = {
    ...evaluate,
    url: `${evaluate.url}s`,
    body: (n) => {
      const one: unknown = JSON.parse(evaluate.body(n));
      return JSON.stringify({ evaluations: Array.from({ length: BATCH }, () => one) });
    },
  };
  await measure(batch, 10, 1);
  const together = await measure(batch, 100, 1);
  const perSecond = together.rate * BATCH;
  say(
    `  batch of ${BATCH}: ${perSecond.toFixed(0)} decisions/s, p50 ${together.p50.toFixed(2)} ms, ${(perSecond / single.rate).toFixed(1)}x single`,
  );
}

await main();
