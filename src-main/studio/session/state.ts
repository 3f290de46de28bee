/**
 * The state that pages are told of, and how each event of the trainer and of the language process changes it. Pure but for the
 * draft that is written: what a process says is all that is known of it.
 */
import type { LanguageEvent } from '#contract/languageMessages';
import type { TrainerEvent } from '#contract/messages';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { Stage, StudioState } from '#contract/studio';
import { toyModels } from '../../language/models/index';

/** What people are warned of at most at once. */
const WARNINGS = 50;

const stage = (state: Stage['state'], { message, code, values }: Saying = { message: '' }): Stage => ({
  ...{ state, done: 0, total: 0, etaSeconds: null, reason: message, code, values },
});
export const off = (why?: Saying): Stage => stage('off', why);
export const waiting = (): Stage => stage('waiting');
export const failed = (why: Saying): Stage => stage('failed', why);

export function emptyState(): StudioState {
  return {
    opening: null,
    project: null,
    stages: { geometry: off(), features: off(), codebook: off(), semantics: off() },
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
}

export function warn(state: StudioState, saying: Saying, now = new Date()): void {
  const { message, code, values } = saying;
  const warning = { at: now.toISOString(), message, ...(code && { code }), ...(values && { values }) };
  // The same words again say nothing new, but when it was last so: each start of a run reads the capture.
  const others = state.warnings.filter((other) => other.message !== message);
  state.warnings = [...others, warning].slice(-WARNINGS);
}

/** Nothing failed: without encoders geometry alone is trained. */
export function withoutWords({ stages }: StudioState, reason: Saying): void {
  stages.features = off(reason);
  if (stages.semantics.state === 'waiting') stages.semantics = off();
}

/** Encoders are there now. */
export function withWords({ stages, trainer }: StudioState): void {
  stages.features = off();
  if (stages.semantics.state === 'off' && trainer) stages.semantics = waiting();
}

/** Changes the state by what the trainer says. */
export function afterTrainer(state: StudioState, event: TrainerEvent, now = new Date()): void {
  const { trainer, stages } = state;
  switch (event.type) {
    case 'state':
      if (trainer) {
        const awaitsMaps = event.state === 'paused' && trainer.awaitsMaps;
        state.trainer = { ...trainer, state: event.state, awaitsMaps };
      }
      if (event.state === 'preparing') state.failure = null;
      standing(state, event.state);
      return;
    case 'prepared': {
      const { step, splats, backend, reason, instructionSet, threads, photos, heldOut, width, height, memoryBytes } =
        event;
      state.trainer = {
        ...{ state: 'running', step, steps: state.trainer?.steps ?? step, splats, loss: null, psnr: null },
        ...{ stepsPerSecond: 0, etaSeconds: 0, memoryBytes, cpuSeconds: 0, viewerShare: 0 },
        ...{ backend, reason, instructionSet, threads, awaitsMaps: false },
      };
      if (state.project) state.project = { ...state.project, photos, heldOut, width, height };
      return;
    }
    case 'progress': {
      if (!trainer) return;
      const { step, steps, splats, loss, psnr, stepsPerSecond, etaSeconds, memoryBytes, cpuSeconds, viewerShare } =
        event;
      state.trainer = {
        ...trainer,
        ...{ step, steps, splats, loss, psnr, stepsPerSecond, etaSeconds, memoryBytes, cpuSeconds, viewerShare },
      };
      stages.geometry = { ...stages.geometry, done: step, total: steps, etaSeconds };
      if (event.semantics && state.semantics) {
        state.semantics = { ...state.semantics, ...event.semantics };
        const { joinedAt } = state.semantics;
        stages.semantics = {
          ...stages.semantics,
          ...{ done: Math.max(0, step - joinedAt), total: Math.max(0, steps - joinedAt), etaSeconds },
        };
      }
      return;
    }
    case 'lifting':
      stages.semantics = { ...waiting(), state: 'running', done: event.photos, total: event.of };
      return;
    case 'awaitsMaps':
      if (trainer) state.trainer = { ...trainer, step: event.step, awaitsMaps: true };
      return;
    case 'joined':
      state.semantics = { joinedAt: event.step, crossEntropy: Math.log(event.entries), accuracy: 0, uncertainty: 0 };
      stages.semantics = { ...waiting(), state: 'running' };
      return;
    case 'evaluation':
      state.heldOut = { step: event.step, psnr: event.psnr, ssim: event.ssim };
      return;
    case 'checkpoint':
      state.saved = { step: event.step, at: now.toISOString() };
      // Progress is told four times a second: a pause is known to the step by what it saves.
      if (trainer) state.trainer = { ...trainer, step: event.step };
      return;
    case 'density':
      if (trainer) state.trainer = { ...trainer, splats: event.splats };
      return;
    case 'disabled':
      if (state.project) state.project = { ...state.project, disabled: event.photos };
      return;
    case 'warning':
      warn(state, event, now);
      return;
    case 'failed': {
      const { failure, step, checkpointStep } = event;
      state.failure = { failure, step, checkpointStep };
      if (trainer) state.trainer = { ...trainer, state: 'failed', stepsPerSecond: 0, etaSeconds: 0 };
      // The process went, and its memory with it.
      if (state.trainer && failure.kind === 'crash') state.trainer.memoryBytes = 0;
      const { message: reason, code, values } = failure;
      stages.geometry = { ...stages.geometry, state: 'failed', reason, code, values };
      if (stages.semantics.state === 'running' || stages.semantics.state === 'paused')
        stages.semantics = { ...stages.semantics, state: 'failed', reason, code, values };
      return;
    }
    case 'finished': {
      if (trainer)
        state.trainer = { ...trainer, step: event.step, splats: event.splats, stepsPerSecond: 0, etaSeconds: 0 };
      const { geometry, semantics } = stages;
      const ended = event.complete ? 'done' : 'paused';
      stages.geometry = { ...geometry, state: ended, done: event.step, etaSeconds: null };
      if (semantics.state === 'running' || semantics.state === 'paused')
        stages.semantics = { ...semantics, state: ended, etaSeconds: null };
      return;
    }
    default:
  }
}

/** Bars of what the trainer does stand where the trainer does. */
function standing({ stages }: StudioState, state: NonNullable<StudioState['trainer']>['state']): void {
  const bar = { preparing: 'waiting', running: 'running', paused: 'paused', finishing: 'running' } as const;
  if (state === 'idle' || state === 'failed') return;
  stages.geometry = { ...stages.geometry, state: bar[state], reason: '' };
  if (['running', 'paused'].includes(stages.semantics.state) && state !== 'preparing')
    stages.semantics = { ...stages.semantics, state: bar[state] };
}

/** Changes the state by what the language process says. */
export function afterLanguage(state: StudioState, event: LanguageEvent, now = new Date()): void {
  const { stages } = state;
  switch (event.type) {
    case 'plan':
      state.features = {
        ...{ stage: 'preview', photo: '', crops: 0, cropsTotal: event.cropsTotal, cropsPerSecond: 0 },
        ...{ clip: event.clip.name, dino: event.dino.name, provider: event.provider, refusal: event.refusal },
      };
      stages.features = { ...waiting(), state: 'running', total: event.photos, etaSeconds: event.seconds };
      if (stages.codebook.state === 'off') stages.codebook = waiting();
      return;
    case 'progress': {
      if (!state.features) return;
      const { stage, photo, crops, cropsTotal, cropsPerSecond, photos, photosTotal, etaSeconds } = event;
      state.features = { ...state.features, stage, photo, crops, cropsTotal, cropsPerSecond };
      // The preview is one forward a photo: it does not fill the bar.
      if (stage === 'crops') stages.features = { ...stages.features, done: photos, total: photosTotal, etaSeconds };
      return;
    }
    case 'finished':
      stages.features = event.complete
        ? { ...stages.features, state: 'done', done: event.photos, total: event.photos, etaSeconds: null }
        : { ...stages.features, state: 'paused', etaSeconds: null };
      return;
    case 'codebookPrepared':
      state.codebook = {
        ...{ revision: state.codebook?.revision ?? 0, provisional: true, entries: state.codebook?.entries ?? [] },
        ...{ dead: 0, perplexity: null, cosineClip: null, cosineDino: null, newestMap: '' },
        toys: state.features?.clip === toyModels.clip,
      };
      stages.codebook = { ...waiting(), state: 'running', total: 100 };
      return;
    case 'codebookProgress': {
      if (!state.codebook) return;
      const { cosineClip, cosineDino } = event;
      state.codebook = {
        ...state.codebook,
        cosineClip: cosineClip ?? state.codebook.cosineClip,
        cosineDino: cosineDino ?? state.codebook.cosineDino,
      };
      stages.codebook = { ...stages.codebook, done: Math.round(100 * event.done), etaSeconds: event.etaSeconds };
      return;
    }
    case 'codebookFinished': {
      if (!event.summary || !state.codebook) {
        stages.codebook = { ...stages.codebook, state: 'paused', etaSeconds: null };
        return;
      }
      const { dead, perplexity, clip, dino } = event.summary;
      state.codebook = { ...state.codebook, dead, perplexity, cosineClip: clip.mean, cosineDino: dino.mean };
      stages.codebook = { ...stages.codebook, state: 'done', done: 100, etaSeconds: null };
      return;
    }
    case 'warning':
      warn(
        state,
        event.photo === null ? event : said('photoLeftOut', { photo: event.photo, problem: event.message }),
        now,
      );
      return;
    default:
  }
}

/** Whether words can be asked, and why not. */
export function sayWords(state: StudioState): void {
  const { stages, codebook, semantics, project } = state;
  const why = (): Saying => {
    if (!project) return { message: '' };
    if (project.kind === 'splats') return said('splatsWithoutWords');
    const troubled = [stages.features, stages.codebook].find(({ reason }) => reason !== '');
    if (!codebook) return troubled ? { ...troubled, message: troubled.reason } : said('codebookNotMade');
    return semantics ? { message: '' } : said('semanticsNotJoined');
  };
  const { message: reason, code, values } = why();
  state.words = { ...state.words, ready: codebook !== null && semantics !== null, reason, code, values };
}
