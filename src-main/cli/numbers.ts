/** Numbers in flags that are not settings. */
import { UsageError } from './exit';

/** A whole number in a range. @throws UsageError naming the flag */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${flag} ${text}: expected a whole number ${min} … ${max}`);
}

/** A number in 0 … 1. @throws UsageError naming the flag */
export function unitNumber(flag: string, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new UsageError(`${flag} ${text}: expected a number 0 … 1`);
}

/** Texts between commas, without the empty ones. */
export function textList(text: string): string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}
