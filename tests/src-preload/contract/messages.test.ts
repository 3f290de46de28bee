/** Messages that cross a process are accepted when they are what they say, and refused otherwise. */
import { describe, expect, it } from 'vitest';
import { liveSettings, trainerCommand, trainerEvent } from '#contract/messages';
import { presets } from '#contract/presets';

describe('trainer commands', () => {
  it('accepts a start with complete settings, also after JSON', () => {
    const start = { type: 'start', capture: '/c', project: '/p', settings: presets.legato, resume: false };
    expect(trainerCommand.parse(JSON.parse(JSON.stringify(start)))).toEqual(start);
  });

  it.each([
    ['an unknown command', { type: 'dance' }],
    ['a field too many', { type: 'pause', force: true }],
    ['a start without settings', { type: 'start', capture: '/c', project: '/p', resume: false }],
    [
      'a start with an unknown setting',
      { type: 'start', capture: '/c', project: '/p', settings: { tea: 1 }, resume: false },
    ],
    ['a change of something fixed', { type: 'change', settings: { resolution: 3 } }],
    ['a change out of range', { type: 'change', settings: { opacityRate: -1 } }],
  ])('refuses %s', (_, message) => {
    expect(trainerCommand.safeParse(message).success).toBe(false);
  });

  it.each(liveSettings)('lets %s change while a run goes on', (name) => {
    const change = { type: 'change', settings: { [name]: presets.notes[name] } };
    expect(trainerCommand.parse(change)).toEqual(change);
  });
});

describe('trainer events', () => {
  it('accepts progress and refuses NaN, negative counts and infinite rates', () => {
    const progress = {
      type: 'progress',
      step: 1,
      steps: 2,
      loss: 0.5,
      psnr: 20,
      splats: 10,
      stepsPerSecond: 1,
      etaSeconds: 1,
      memoryBytes: 1,
      cpuSeconds: 1,
      viewerShare: 0.01,
      semantics: { crossEntropy: 2.5, accuracy: 0.5, uncertainty: 0.1 },
    };
    expect(trainerEvent.parse(progress)).toEqual(progress);
    expect(trainerEvent.safeParse({ ...progress, loss: NaN }).success).toBe(false);
    expect(trainerEvent.safeParse({ ...progress, splats: -1 }).success).toBe(false);
    expect(trainerEvent.safeParse({ ...progress, stepsPerSecond: Infinity }).success).toBe(false);
  });

  it('carries a failure with its kind, message and file', () => {
    const failed = {
      type: 'failed',
      step: 7,
      failure: { kind: 'CaptureError', message: 'images.bin: truncated', file: 'images.bin', fault: 'input' },
      checkpointStep: null,
    };
    expect(trainerEvent.parse(failed)).toEqual(failed);
  });
});
