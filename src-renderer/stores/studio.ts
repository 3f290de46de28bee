/** The studio's state as it last told it, and the way to command it. */
import { computed, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { StudioCommandType, StudioReply, StudioState } from '#contract/studio';
import type { CommandOf } from '../gateway';
import { useGateway } from '../gateway/shared';
import { useNotices } from './notices';

/** Which of the two encoders are missing, as the page's words for it are named. */
export function missingOf(missing: readonly ('clip' | 'dino')[]): 'clip' | 'dino' | 'both' | null {
  return missing.length > 1 ? 'both' : (missing.at(0) ?? null);
}

export const useStudio = defineStore('studio', () => {
  const gateway = useGateway();
  const notices = useNotices();
  /** null until the studio has spoken */
  const state = shallowRef<StudioState | null>(null);

  const hear = (next: StudioState): void => {
    state.value = next;
  };

  /** Asks; a failure is the caller's to show. @throws CommandRefused, LinkLost, ContractBroken */
  const ask = <T extends StudioCommandType>(command: CommandOf<T>): Promise<StudioReply<T>> => gateway.command(command);

  /** Commands; a failure becomes a notice. @returns whether it was done */
  async function command<T extends StudioCommandType>(command: CommandOf<T>): Promise<boolean> {
    try {
      await gateway.command(command);
      return true;
    } catch (error) {
      notices.fail(error);
      return false;
    }
  }

  const project = computed(() => state.value?.project ?? null);
  const trainer = computed(() => state.value?.trainer ?? null);
  const running = computed(() => trainer.value?.state === 'running');
  const paused = computed(() => trainer.value?.state === 'paused');
  /** a run that Space would stop or wake */
  const live = computed(() => running.value || paused.value || trainer.value?.state === 'preparing');
  const active = computed(() => live.value || trainer.value?.state === 'finishing');
  /** the run came to its end, rather than to a person's or a fault's */
  const finished = computed(
    () => state.value?.stages.geometry.state === 'done' && !active.value && !state.value.failure,
  );
  /** a project with a capture whose trainer rests */
  const mayStart = computed(() => project.value?.kind === 'project' && project.value.capture !== null && !active.value);
  const learningWords = computed(() => {
    const { features, codebook } = state.value?.stages ?? {};
    return features?.state === 'running' || codebook?.state === 'running';
  });
  /** what is shown of a codebook comes from the quick pass over the photos, before their crops */
  const firstLook = computed(
    () => state.value?.codebook?.provisional === true && state.value.stages.codebook.state !== 'running',
  );
  /** words are learned, and a run that has ended never saw them: training on lets semantics join */
  const semanticsLeft = computed(
    () => finished.value && state.value?.stages.codebook.state === 'done' && state.value.semantics === null,
  );
  /** answers by encoders that never saw such things */
  const toys = computed(() => state.value?.codebook?.toys === true && project.value?.truth === false);
  /** what words cannot be learned without: the page of models is the way on. Null when nothing is known to be missing */
  const encodersMissing = computed(() => missingOf(state.value?.words.missing ?? []));
  /** between features and codebook nothing runs for a moment, and nothing is to be asked for */
  const mayLearnWords = computed(() => {
    const { features, codebook } = state.value?.stages ?? {};
    if (project.value?.kind !== 'project' || features === undefined || codebook === undefined) return false;
    const idle =
      features.state === 'off' ||
      ['failed', 'paused'].some((stage) => [features.state, codebook.state].includes(stage as never));
    return idle && !learningWords.value && codebook.state !== 'done' && encodersMissing.value === null;
  });
  /** why words cannot be asked yet, as a stage of the pipeline; null when the studio's own reason says it */
  const wordsWait = computed(() => {
    const now = state.value;
    if (now === null || now.words.ready || project.value?.kind !== 'project') return null;
    const { features, codebook, semantics } = now.stages;
    if ([features, codebook, semantics].some((stage) => stage.state === 'failed' || stage.reason !== '')) return null;
    if (features.state === 'running') return 'features';
    if (codebook.state === 'running' || (features.state === 'done' && (now.codebook?.provisional ?? true)))
      return 'codebook';
    return now.codebook !== null && now.semantics === null && live.value ? 'semantics' : null;
  });
  return {
    state,
    project,
    trainer,
    running,
    paused,
    live,
    finished,
    active,
    mayStart,
    learningWords,
    firstLook,
    semanticsLeft,
    toys,
    encodersMissing,
    mayLearnWords,
    wordsWait,
    hear,
    ask,
    command,
  };
});
