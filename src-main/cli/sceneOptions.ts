/** Flags that every command has that looks at a trained scene. */
import { backendNames } from '#contract/settings';
import type { Views } from '../studio/renderProject';
import type { SceneOptions } from '../studio/trainedScene';
import { UsageError } from './exit';
import { wholeNumber } from './numbers';

export interface SceneFlags {
  resolution?: string;
  backend: string;
  threads: string;
  json?: boolean;
}

/** @throws UsageError */
export function sceneOptions(flags: SceneFlags): SceneOptions {
  const backend = backendNames.find((name) => name === flags.backend);
  if (!backend) throw new UsageError(`--backend ${flags.backend}: expected one of ${backendNames.join(', ')}`);
  return {
    backend,
    threads: wholeNumber('--threads', flags.threads, 0, 1024),
    resolution: flags.resolution === undefined ? null : wholeNumber('--resolution', flags.resolution, 0, 65_536),
  };
}

/** Flags that name poses. */
export interface ViewFlags {
  view?: string;
  all?: boolean;
  heldout?: boolean;
}

/** All that were given; a command says how many it takes. */
export function viewsAsked({ view, all, heldout }: ViewFlags): Views[] {
  return [
    ...(view === undefined ? [] : [{ kind: 'photo', name: view } as const]),
    ...(all ? [{ kind: 'all' } as const] : []),
    ...(heldout ? [{ kind: 'heldOut' } as const] : []),
  ];
}

export const warn = (message: string): void => void process.stderr.write(`warning: ${message}\n`);
