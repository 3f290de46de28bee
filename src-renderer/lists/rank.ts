/** Search over short names: every typed word must occur; names where they occur early and at the start of words come first. */
export function rank<T>(items: readonly T[], text: string, nameOf: (item: T) => string): T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...items];
  return items
    .flatMap((item) => {
      const name = nameOf(item).toLowerCase();
      let cost = 0;
      for (const word of words) {
        const at = name.indexOf(word);
        if (at < 0) return [];
        cost += at + (at === 0 || /[\s.(]/.test(name[at - 1]) ? 0 : 50);
      }
      return [{ item, cost }];
    })
    .sort((a, b) => a.cost - b.cost)
    .map(({ item }) => item);
}
