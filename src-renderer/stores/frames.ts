/**
 * Frames on their way from the gateway to the viewport. Kept as they come, since the viewport may hand a frame's memory to a
 * worker; what the panels want of it is counted before. Without a viewport (a page without WebGL, the start page) a frame is
 * acknowledged here, so that the trainer never waits for this page.
 */
import { ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { decodeFrame, FrameError } from '#contract/frame';
import type { Frame, OverlayName, SectionArray } from '#contract/frame';
import { useGateway } from '../gateway/shared';

/** Splats by class and score of an overlay, so that any threshold can be counted without its splats. */
export interface AnswerHistogram {
  readonly ask: number;
  readonly splats: number;
  /** [class][score in 256ths]; class 0 is none */
  readonly bins: readonly Uint32Array[];
}

const BINS = 256;

export function histogram(ask: number, classes: SectionArray, relevancy: SectionArray): AnswerHistogram {
  const bins: Uint32Array[] = [];
  for (let i = 0; i < classes.length; i++) (bins[classes[i]] ??= new Uint32Array(BINS))[relevancy[i] >> 8]++;
  for (let i = 0; i < bins.length; i++) bins[i] ??= new Uint32Array(BINS);
  return { ask, splats: classes.length, bins };
}

/** Splats of a class (1-based) that score at least `threshold`, to a 256th. */
export function countAbove({ bins }: AnswerHistogram, index: number, threshold: number): number {
  let sum = 0;
  const row = bins.at(index);
  for (let bin = Math.ceil(threshold * (BINS - 1)); row !== undefined && bin < BINS; bin++) sum += row[bin];
  return sum;
}

export const useFrames = defineStore('frames', () => {
  const gateway = useGateway();
  const answers = shallowRef<AnswerHistogram | null>(null);
  const received = ref(0);
  let viewport: ((frame: ArrayBuffer) => void) | null = null;
  let wishes: { geometry: boolean; overlays: readonly OverlayName[] } = { geometry: false, overlays: [] };

  /** Nobody reads the answer, and a lost connection asks for everything again. */
  const send = (promise: Promise<unknown>): void => void promise.catch(() => undefined);

  function count({ header, sections }: Frame): void {
    if (header.kind !== 'overlay' || header.ask === 0) return;
    const [classes, relevancy] = [sections.get('class'), sections.get('relevancy')];
    if (classes !== undefined && relevancy !== undefined) answers.value = histogram(header.ask, classes, relevancy);
  }

  function hear(bytes: ArrayBuffer): void {
    received.value++;
    let frame: Frame | null = null;
    try {
      frame = decodeFrame(bytes);
      count(frame);
    } catch (error) {
      // The viewport says the same of it, where there is one.
      if (!(error instanceof FrameError)) throw error;
    }
    if (viewport !== null) viewport(bytes);
    else if (frame !== null) taken(frame.header.sequence);
  }

  const taken = (sequence: number): void => send(gateway.command({ type: 'taken', sequence }));

  /** Where frames go from now on; null: nowhere. */
  function attach(take: ((frame: ArrayBuffer) => void) | null): void {
    viewport = take;
    if (take === null) watch(false, []);
  }

  function watch(geometry: boolean, overlays: readonly OverlayName[]): void {
    wishes = { geometry, overlays };
    send(gateway.command({ type: 'watch', geometry, overlays: [...overlays] }));
  }

  /** After a loss the server knows nothing of what this page shows. */
  function connected(): void {
    if (wishes.geometry) watch(wishes.geometry, wishes.overlays);
  }

  return { answers, received, hear, attach, watch, taken, connected };
});
