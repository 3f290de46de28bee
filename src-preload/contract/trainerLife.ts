/**
 * The life of a trainer as a transition table: from each state, what may happen and where it leads. Everything that is not in
 * the table is refused with an error that names both, so that no command is ever swallowed.
 */
import { said, SaidError } from './sayings';

export const trainerStates = ['idle', 'preparing', 'running', 'paused', 'finishing', 'failed'] as const;
export type TrainerState = (typeof trainerStates)[number];

export const trainerHappenings = [
  /** a run was asked for */
  'start',
  /** splats were asked for, to look at alone */
  'show',
  /** capture, photos and Gaussians are ready */
  'prepared',
  /** the splats are here */
  'shown',
  'pause',
  'resume',
  /** a person ends the run early */
  'stop',
  /** the last step was made */
  'complete',
  /** final evaluation and checkpoint are written */
  'finished',
  'fail',
] as const;
export type TrainerHappening = (typeof trainerHappenings)[number];

export const trainerLife: Readonly<Record<TrainerState, Readonly<Partial<Record<TrainerHappening, TrainerState>>>>> = {
  idle: { start: 'preparing', show: 'preparing' },
  preparing: { prepared: 'running', shown: 'idle', stop: 'finishing', fail: 'failed' },
  running: { pause: 'paused', stop: 'finishing', complete: 'finishing', fail: 'failed' },
  paused: { resume: 'running', stop: 'finishing', fail: 'failed' },
  finishing: { finished: 'idle', fail: 'failed' },
  failed: { start: 'preparing', show: 'preparing' },
};

const refusals = {
  idle: 'whileIdle',
  preparing: 'whilePreparing',
  running: 'whileRunning',
  paused: 'whilePaused',
  finishing: 'whileFinishing',
  failed: 'whileFailed',
} as const satisfies Record<TrainerState, string>;

/** A happening that the trainer's present state does not allow. */
export class TrainerLifeError extends SaidError {
  readonly state: TrainerState;
  readonly happening: TrainerHappening;
  constructor(state: TrainerState, happening: TrainerHappening) {
    const allowed = Object.keys(trainerLife[state]).join(', ');
    super(said(refusals[state], { happening, allowed }));
    this.name = 'TrainerLifeError';
    this.state = state;
    this.happening = happening;
  }
}

/** Whether the happening is in the table for this state. */
export function mayHappen(state: TrainerState, happening: TrainerHappening): boolean {
  return trainerLife[state][happening] !== undefined;
}

/** The state after the happening. @throws TrainerLifeError */
export function nextState(state: TrainerState, happening: TrainerHappening): TrainerState {
  const next = trainerLife[state][happening];
  if (next === undefined) throw new TrainerLifeError(state, happening);
  return next;
}
