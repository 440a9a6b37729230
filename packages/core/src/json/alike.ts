// eslint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\u0000-\u007f]*$/;

/**
 * What two member names have in common that some parser takes for one: those of Go and .NET do not tell case apart.
 * By way of upper case, so that letters with two lower-case forms meet; with compatibility forms, so that all widths do.
 */
export function alikeForm(name: string): string {
  // Of ASCII there is one width, and each letter has one lower case.
  return ASCII.test(name) ? name.toLowerCase() : name.normalize('NFKC').toUpperCase().toLowerCase();
}
