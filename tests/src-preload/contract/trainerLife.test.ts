/** Every pair of state and happening is either in the declared table or refused. */
import { describe, expect, it } from 'vitest';
import { mayHappen, nextState, trainerHappenings, TrainerLifeError, trainerStates } from '#contract/trainerLife';
import type { TrainerHappening, TrainerState } from '#contract/trainerLife';

const allowed: [TrainerState, TrainerHappening, TrainerState][] = [
  ['idle', 'start', 'preparing'],
  ['idle', 'show', 'preparing'],
  ['preparing', 'shown', 'idle'],
  ['preparing', 'prepared', 'running'],
  ['preparing', 'stop', 'finishing'],
  ['preparing', 'fail', 'failed'],
  ['running', 'pause', 'paused'],
  ['running', 'stop', 'finishing'],
  ['running', 'complete', 'finishing'],
  ['running', 'fail', 'failed'],
  ['paused', 'resume', 'running'],
  ['paused', 'stop', 'finishing'],
  ['paused', 'fail', 'failed'],
  ['finishing', 'finished', 'idle'],
  ['finishing', 'fail', 'failed'],
  ['failed', 'start', 'preparing'],
  ['failed', 'show', 'preparing'],
];

describe('the life of a trainer', () => {
  for (const state of trainerStates) {
    for (const happening of trainerHappenings) {
      const entry = allowed.find(([from, what]) => from === state && what === happening);
      it(`${state} + ${happening} → ${entry ? entry[2] : 'refused'}`, () => {
        expect(mayHappen(state, happening)).toBe(entry !== undefined);
        if (entry) expect(nextState(state, happening)).toBe(entry[2]);
        else expect(() => nextState(state, happening)).toThrow(TrainerLifeError);
      });
    }
  }

  it('says what is possible instead', () => {
    expect(() => nextState('running', 'resume')).toThrow(/running.*"resume".*pause, stop, complete, fail/);
  });
});
