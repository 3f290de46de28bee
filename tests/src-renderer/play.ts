/** A gateway that a test plays, and states as a studio would tell them. */
import type { StudioCommand, StudioState } from '#contract/studio';
import type { TrainerState } from '#contract/trainerLife';
import type { Gateway } from '../../src-renderer/gateway/gateway';

export function playGateway(reply: (command: StudioCommand) => unknown = () => null) {
  const commands: StudioCommand[] = [];
  let refreshed = 0;
  const gateway: Gateway = {
    session: () => Promise.reject(new Error('not played')),
    follow: () => () => undefined,
    command: ((command: StudioCommand) => {
      commands.push(command);
      return Promise.resolve(reply(command));
    }) as Gateway['command'],
    refresh: () => {
      refreshed++;
    },
    pathOf: () => null,
    desktop: null,
  };
  return { gateway, commands, refreshes: () => refreshed };
}

const rest = { state: 'off', done: 0, total: 0, etaSeconds: null, reason: '' } as const;

/** Nothing open. */
export const idleState: StudioState = {
  opening: null,
  project: null,
  stages: { geometry: rest, features: rest, codebook: rest, semantics: rest },
  trainer: null,
  heldOut: null,
  semantics: null,
  features: null,
  codebook: null,
  saved: null,
  ask: null,
  labels: null,
  export: null,
  meshPreview: null,
  words: { ready: false, reason: '', missing: [] },
  pulls: [],
  settings: null,
  failure: null,
  warnings: [],
  memoryBytes: 0,
};

/** A project whose trainer is in a state. */
export function runningState(state: TrainerState = 'running'): StudioState {
  return {
    ...idleState,
    project: {
      kind: 'project',
      path: '/room.legato',
      name: 'room',
      capture: '/room',
      photos: 4,
      heldOut: 1,
      width: 32,
      height: 32,
      truth: true,
      frame: { centre: [0, 0, 0], scale: 1 },
      units: 'metre',
      views: [],
      disabled: [],
      history: [],
    },
    stages: { ...idleState.stages, geometry: { ...rest, state: 'running', done: 10, total: 100 } },
    trainer: {
      state,
      step: 10,
      steps: 100,
      splats: 500,
      loss: 0.1,
      psnr: 20,
      stepsPerSecond: 5,
      etaSeconds: 18,
      memoryBytes: 1,
      cpuSeconds: 1,
      viewerShare: 0,
      backend: 'native',
      reason: { message: '' },
      instructionSet: 'avx2',
      threads: 1,
      awaitsMaps: false,
    },
    words: { ready: true, reason: '', missing: [] },
  };
}
