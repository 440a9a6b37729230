import { toASCII, toUnicode } from 'tr46';

/** A host in ASCII by UTS #46 as browsers apply it; undefined when it is not valid. */
export function asciiHost(host: string): string | undefined {
  return toASCII(host, { checkBidi: true, checkJoiners: true }) ?? undefined;
}

/** A host in ASCII as readers of IDNA 2003 write it. */
export function oldAsciiHost(host: string): string | undefined {
  return toASCII(host, { transitionalProcessing: true }) ?? undefined;
}

/** A host as a browser may show it. */
export function writtenHost(host: string): string {
  return toUnicode(host).domain;
}

/** Whether every label that is in punycode stands for one that is allowed. */
export function isValidHost(host: string): boolean {
  return !toUnicode(host, { checkBidi: true, checkJoiners: true }).error;
}
