import type { JsonObject } from '@countersign/core';
import { textOf } from '../json-members.ts';

/** No list of ranges in one text is longer; what is, is not looked at as one. */
const MAX_TEXT = 10_000;
/** As many addresses as a /8 has. */
const MANY = 2 ** 24;

/** `0.0.0.0/0`, `::/0`, halves of it that together are the same, and each in a list of them in one text. */
export function isOpen(text: string): boolean {
  if (text.length > MAX_TEXT || !/^[\s\da-f.:/,;]+$/i.test(text)) return false;
  return text.split(/[\s,;]+/).some(isOpenRange);
}

function isOpenRange(text: string): boolean {
  const [, address = '', written = ''] = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  if (written === '') return false;
  const bits = Number(written);
  if (!address.includes(':')) return bits < 8 || (bits < 16 && !isInner(address));
  // All of IPv4 is in there too.
  if (/^[0:]*:ffff:/i.test(address)) return bits < 104;
  return bits < 16 || (bits < 32 && /^[23]/.test(address));
}

/** Whether no one outside has such an address. */
function isInner(address: string): boolean {
  const [a = 0, b = 0] = address.split('.').map(Number);
  return (
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254)
  );
}

/** A first and a last address with a large part of the internet between them. */
export function spansTheInternet(value: JsonObject): boolean {
  const first = numberOf(textOf(value, 'start_ip_address') ?? textOf(value, 'start_ip'));
  const last = numberOf(textOf(value, 'end_ip_address') ?? textOf(value, 'end_ip'));
  return first !== undefined && last !== undefined && last - first >= MANY;
}

function numberOf(address: string | undefined): number | undefined {
  if (address === undefined || !/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return undefined;
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
