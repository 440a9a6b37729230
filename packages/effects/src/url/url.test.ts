import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdAgainstCases } from '../testing-cases.ts';
import { classifyUrl } from './url.ts';

holdAgainstCases('url', classifyUrl);

const options = { domains: ['example.com'] };
const PIECES =
  'https:|http:|/|//|\\|@|example.com|.|evil.test|?|#|&u=|%2f|%|:80|[::1]|127.1|\t| |\u3002|\u0435|\uff45|xn--|\u00df|\u200d|-|\0|aHR0c';
const piece = fc.constantFrom(...PIECES.split('|'));
const url = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.array(piece, { maxLength: 8 }).map((pieces) => `https://${pieces.join('')}`),
);

describe('classifyUrl', () => {
  it('never throws, and an understood host is the one that WHATWG URL asks', () => {
    fc.assert(
      fc.property(url, (text) => {
        const found = classifyUrl(text, options);
        if (found.understood && /^(?:http|ws)s?:/i.test(text)) {
          const host = new URL(text).hostname.replace(/\.$/, '');
          expect(found.touches).toContain(`host:${host}`);
          const isOwn = /^(?:(?:.*\.)?example\.com|localhost|127\.[\d.]+|\[::1\])$/.test(host);
          if (!isOwn) expect(found.outward).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is outward when a parameter of an own address leads to one that is', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.integer({ min: 1, max: 3 }), (target, times) => {
        let value = target;
        for (let i = 0; i < times; i++) value = encodeURIComponent(value);
        const part = classifyUrl(target, options);
        const whole = classifyUrl(`https://example.com/?next=${value}`, options);
        expect(whole.effects).toEqual(expect.arrayContaining([...part.effects]));
        expect(whole.outward).toBe(part.outward);
      }),
    );
  });

  it.each([
    `https://example.com/?${'u=https://evil.test&'.repeat(200)}`,
    `https://example.com/?u=${'%25'.repeat(20_000)}`,
    `https://${'a.'.repeat(30_000)}test`,
    `https://${'\u0435'.repeat(60_000)}`,
    `https://example.com/?u=${'https://example.com/?u='.repeat(2500)}`,
    `https://example.com/${'http:'.repeat(12_000)}`,
    '@'.repeat(1_000_000),
    `https://${'@'.repeat(60_000)}`,
    `data:${','.repeat(65_000)}`,
  ])('answers what is made to be slow', (text) => {
    expect(classifyUrl(text, options).effects.length).toBeGreaterThan(0);
  });
});
