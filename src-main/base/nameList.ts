/** Names in a sentence of any language: the first few, and that there are more. */
export function nameList(names: readonly string[], most: number): string {
  return names.slice(0, most).join(', ') + (names.length > most ? ', …' : '');
}
