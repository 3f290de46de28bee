/**
 * What kind of fault a failure is, for the page to say in its own language. The failure's message names the file and what to do; it comes
 * from where it happened, in English, and stands beneath, unless the page has words for the whole of it (sayings.ts).
 */
import { isWords, say } from '../language';
import type { TrainerFailure } from '#contract/messages';
import { isTranslated, sentence } from '../sayings';

const kinds = {
  disk: ['no-space', 'ENOSPC', 'EDQUOT', 'SQLITE_FULL'],
  readOnly: ['read-only', 'forbidden', 'EROFS', 'EACCES', 'EPERM', 'SQLITE_READONLY'],
  missing: ['missing', 'ENOENT', 'ENOTDIR'],
  memory: ['ENOMEM'],
} as const;

export type FailureKind = keyof typeof kinds | 'crash' | TrainerFailure['fault'];

export type Failure = Pick<TrainerFailure, 'kind' | 'code' | 'values' | 'fault' | 'message'>;

export function failureKind({ kind, code, fault }: Failure): FailureKind {
  return kind === 'crash' ? 'crash' : (systemKind(code) ?? fault);
}

/** What a code of a file or the system means; null for others. */
export function systemKind(code = ''): keyof typeof kinds | null {
  for (const [name, codes] of Object.entries(kinds))
    if ((codes as readonly string[]).includes(code)) return name as keyof typeof kinds;
  return null;
}

/** What was refused and why, in the page's language, as far as it has words for it. */
export function refusalWords(failure: Failure): string {
  if (isTranslated(failure)) return sentence(failure);
  const { kind, code = '' } = failure;
  const own = kind === 'ProjectError' ? `refused.project.${code}` : '';
  return isWords(own) ? say(own) : say(`refused.${failureKind(failure)}`);
}
