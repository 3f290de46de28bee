/** Numbers in flags that are not settings. */
import { UsageError } from './exit';

/** A whole number in a range. @throws UsageError naming the flag */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${flag} ${text}: expected a whole number ${min} … ${max}`);
}
