/**
 * What two member names have in common that some parser takes for one: those of Go and .NET do not tell case apart.
 * By way of upper case, so that letters with two lower-case forms meet; with compatibility forms, so that all widths do.
 */
export function alikeForm(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase();
}
