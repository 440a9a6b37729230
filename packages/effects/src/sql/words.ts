/** The names in a table that is written as text. */
export function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
