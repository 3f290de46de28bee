/** Waits for the demo room: made once, with progress, given up when asked to. */
import type { DemoRoom } from '../demoRoom';
import { StudioError } from '../studio';

/** A person gave it up; nothing is wrong. */
export class Cancelled extends Error {
  override name = 'Cancelled';
}

/** @returns the capture's folder. @throws Cancelled, StudioError */
export async function demoReady(
  demo: DemoRoom,
  signal: AbortSignal,
  progress: (stage: string, done: number, total: number) => void,
): Promise<string> {
  const first = await demo.state();
  if (first.state === 'ready') return first.path;
  return new Promise((resolve, reject) => {
    const settle = (work: () => void): void => {
      stop();
      signal.removeEventListener('abort', cancel);
      work();
    };
    const cancel = (): void => demo.cancel();
    const look = async (): Promise<void> => {
      const now = await demo.state();
      if (now.state === 'making') progress(now.stage, now.done, now.total);
      if (now.state === 'ready') settle(() => resolve(now.path));
      if (now.state === 'failed') settle(() => reject(new StudioError('demo room', now.problem)));
      if (now.state === 'absent') settle(() => reject(new Cancelled('the demo room was given up')));
    };
    const stop = demo.onChange(() => void look().catch(reject));
    signal.addEventListener('abort', cancel);
    demo.make();
  });
}
