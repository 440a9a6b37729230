import { isSafeNumber } from './value.ts';

/**
 * The double that a JSON number token names, or undefined where the two differ: a decimal value other than that of
 * the double's shortest form (overflow, underflow and surplus digits included), -0, or beyond ±(2^53-1).
 * `token` must already match the number grammar of RFC 8259 §6.
 */
export function exactNumber(token: string): number | undefined {
  const value = Number(token);
  if (!isSafeNumber(value)) return undefined;
  const shortest = String(value);
  return shortest === token || decimal(shortest) === decimal(token) ? value : undefined;
}

/** One spelling per decimal value: `<sign><digits>e<exponent>`, digits without zeros at either end. */
function decimal(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(token) ?? [];
  const digits = trimZeros(whole + fraction);
  if (digits.text === '') return '0';
  return `${sign}${digits.text}e${Number(exponent) - fraction.length + digits.trailing}`;
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

// Not a regular expression: /0+$/ takes quadratic time on digits that an attacker chooses.
function trimZeros(digits: string): { text: string; trailing: number } {
  let start = 0;
  let end = digits.length;
  while (start < end && digits.charCodeAt(start) === 0x30) start++;
  while (end > start && digits.charCodeAt(end - 1) === 0x30) end--;
  return { text: digits.slice(start, end), trailing: digits.length - end };
}
