/** `legato demo`: renders a room with exact truth as a capture to train on, where there is no camera at hand. */
import { resolve } from 'node:path';
import { defaultDemo, demoLimits, makeDemo } from '../studio/demo';
import type { DemoOptions, DemoProgress } from '../studio/demo';
import { exitCodes, InputError, UsageError } from './exit';
import type { ExitCode } from './exit';
import { wholeNumber } from './numbers';
import { progressLine, stoppable } from './stoppable';

export interface DemoFlags {
  seed?: string;
  objects?: string;
  views?: string;
  size?: string;
  threads: string;
  json?: boolean;
}

/** @throws UsageError naming the flag and its range */
export function demoOptions(flags: Omit<DemoFlags, 'threads' | 'json'>): DemoOptions {
  const size = /^(\d+)[x×](\d+)$/.exec(flags.size ?? `${defaultDemo.width}x${defaultDemo.height}`);
  if (!size) throw new UsageError(`--size ${flags.size}: expected WIDTHxHEIGHT, such as 320x240`);
  const number = (name: keyof typeof demoLimits, flag: string, text: string | undefined): number => {
    const [min, max] = demoLimits[name];
    return text === undefined ? defaultDemo[name] : wholeNumber(flag, text, min, max);
  };
  return {
    seed: flags.seed === undefined ? defaultDemo.seed : wholeNumber('--seed', flags.seed, 0, 2 ** 32 - 1),
    objects: number('objects', '--objects', flags.objects),
    views: number('views', '--views', flags.views),
    width: number('width', '--size', size[1]),
    height: number('height', '--size', size[2]),
  };
}

export async function demoCommand(folder: string, flags: DemoFlags): Promise<ExitCode> {
  const options = demoOptions(flags);
  const threads = wholeNumber('--threads', flags.threads, 0, 1024);
  const bar = progressLine(flags.json);
  const close = (): void => bar?.end();
  const onProgress = bar
    ? ({ stage, done, total }: DemoProgress) => bar.show(`${stage} ${done} of ${total}`)
    : undefined;
  return stoppable(
    async (signal) => {
      const truth = await makeDemo(folder, options, { threads, signal, onProgress });
      close();
      const figures = {
        capture: resolve(folder),
        photos: truth.views,
        heldOut: truth.heldOut,
        classes: truth.classes.length,
        instances: truth.instances.length,
        seconds: Number((performance.now() / 1000).toFixed(1)),
      };
      if (flags.json) process.stdout.write(`${JSON.stringify({ type: 'demo', ...figures })}\n`);
      else {
        process.stdout.write(
          `${figures.capture}: ${figures.photos} photos and ${figures.heldOut} held out, ` +
            `${figures.classes} classes, ${figures.seconds} s; train it: npx legato train ${folder}\n`,
        );
      }
      return exitCodes.ok;
    },
    {
      close,
      stopped: 'stopped; nothing was kept',
      reason: new InputError(`${folder}: interrupted; nothing was kept`),
    },
  );
}
