/** Trying again what failed for a passing reason, after a while that doubles or that the server asked for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HubFailure } from './hubClient';

export interface RetryOptions {
  signal?: AbortSignal;
  /** a try failed and another follows after `wait` ms */
  onRetry?: (failure: HubFailure, wait: number) => void;
  /** tries in a row that bring nothing; default 5 */
  tries?: number;
  /** ms before the second try, doubled before each one after it; default 500 */
  firstWait?: number;
}

/** `progressed`: something came before it failed, so that the count begins anew */
export type Attempt = { done: true } | { done: false; error: unknown; progressed: boolean };

const MAX_WAIT = 60_000;
/** Also for a server that hands out a byte at a time. */
const MAX_ATTEMPTS = 200;

/** @throws the last error; an AbortError when cancelled */
export async function withRetries(options: RetryOptions, attempt: () => Promise<Attempt>): Promise<void> {
  const { signal, onRetry, tries = 5, firstWait = 500 } = options;
  let failures = 0;
  for (let attempts = 1; ; attempts++) {
    signal?.throwIfAborted();
    const result = await attempt();
    if (result.done) return;
    const { error, progressed } = result;
    if (!(error instanceof HubFailure) || !error.transient) throw error;
    failures = progressed ? 1 : failures + 1;
    if (failures >= tries || attempts >= MAX_ATTEMPTS) throw error;
    const wait = Math.min(MAX_WAIT, error.retryAfter ?? firstWait * 2 ** (failures - 1));
    onRetry?.(error, wait);
    await sleep(wait, undefined, { signal });
  }
}

/** The value of something that brings all or nothing. */
export async function retried<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  let found: { value: T } | null = null;
  await withRetries(options, async () => {
    try {
      found = { value: await work() };
      return { done: true };
    } catch (error) {
      return { done: false, error, progressed: false };
    }
  });
  return (found as { value: T } | null)!.value;
}
