/** The English of sayings. */
import type { Saying } from '#contract/sayings';

export const told = (sayings: readonly Saying[]): string[] => sayings.map(({ message }) => message);
