/** What we use of tr46, which ships no types. Both are total: a name that breaks the rules is null or an error. */
declare module 'tr46' {
  interface ProcessingOptions {
    readonly checkBidi?: boolean;
    readonly checkJoiners?: boolean;
    readonly transitionalProcessing?: boolean;
  }

  export function toASCII(domain: string, options?: ProcessingOptions): string | null;
  export function toUnicode(domain: string, options?: ProcessingOptions): { domain: string; error: boolean };
}
