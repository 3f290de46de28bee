/** How far an export or a preview is, in words and as a share. */
import type { ExportState } from '#contract/exportMessages';
import { say } from '../language';
import { count } from '../numbers';

export interface ExportProgress {
  readonly words: string;
  /** null where it cannot be told */
  readonly share: number | null;
}

export function exportProgress({ stage, done, total }: Pick<ExportState, 'stage' | 'done' | 'total'>): ExportProgress {
  const what = say(`export.stage.${stage}`);
  if (total === 0) return { words: what, share: null };
  return {
    words: say('export.progress', { what, done: count(done), total: count(total) }),
    share: Math.min(1, done / total),
  };
}
