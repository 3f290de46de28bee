/** At most so many of a list, spread evenly over it, in its order. */
export function evenly<T>(list: readonly T[], most: number): T[] {
  const kept = Math.min(most, list.length);
  return Array.from({ length: kept }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / kept)]);
}
