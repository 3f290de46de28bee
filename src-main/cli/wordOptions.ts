/** Flags that every command has that asks in words. */
import { defaultNegatives, queryOrders } from '../studio/queryWords';
import type { QueryOrder } from '../studio/queryWords';
import { UsageError } from './exit';
import { textList, unitNumber } from './numbers';

export interface WordFlags {
  negatives?: string;
  threshold: string;
  order: string;
}

export interface WordOptions {
  readonly negatives: readonly string[];
  readonly threshold: number;
  readonly order: QueryOrder;
}

/** @throws UsageError */
export function wordOptions(flags: WordFlags): WordOptions {
  const order = queryOrders.find((name) => name === flags.order);
  if (!order) throw new UsageError(`--order ${flags.order}: expected one of ${queryOrders.join(', ')}`);
  const threshold = unitNumber('--threshold', flags.threshold);
  return { negatives: flags.negatives === undefined ? defaultNegatives : textList(flags.negatives), threshold, order };
}
