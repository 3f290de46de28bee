/** Training: what Space does, and the rest of the run's life. */
import { resumeOrStart, trainLonger } from '../training';
import { useLayout } from '../stores/layout';
import { useStudio } from '../stores/studio';
import type { Action } from './table';

export const trainActions: readonly Action[] = [
  {
    id: 'train.pause',
    words: 'action.pause',
    keys: ['Space'],
    scope: 'studio',
    menu: 'training',
    when: () => useStudio().live,
    run: () => {
      const studio = useStudio();
      return studio.command({ type: studio.paused ? 'resume' : 'pause' });
    },
  },
  {
    id: 'train.stop',
    words: 'action.stop',
    keys: [],
    scope: 'studio',
    menu: 'training',
    when: () => useStudio().live,
    run: () => useStudio().command({ type: 'stop' }),
  },
  {
    id: 'train.start',
    words: 'action.train',
    keys: [],
    scope: 'studio',
    menu: 'training',
    when: () => useStudio().mayStart,
    run: resumeOrStart,
  },
  {
    id: 'train.longer',
    words: 'action.longer',
    keys: [],
    scope: 'studio',
    menu: 'training',
    when: () => useStudio().finished && useStudio().mayStart,
    run: trainLonger,
  },
  {
    id: 'train.words',
    words: 'action.learnWords',
    keys: [],
    scope: 'studio',
    menu: 'training',
    when: () => useStudio().mayLearnWords,
    run: () => useStudio().command({ type: 'learnWords', settings: {}, acceptCost: false }),
  },
  {
    id: 'train.wordsAnyway',
    words: 'action.wordsAnyway',
    keys: [],
    scope: 'studio',
    menu: null,
    when: () => useStudio().state?.features?.refusal != null,
    run: () => useStudio().command({ type: 'learnWords', settings: {}, acceptCost: true }),
  },
  {
    id: 'train.cancelWords',
    words: 'action.cancelWords',
    keys: [],
    scope: 'studio',
    menu: 'training',
    when: () => useStudio().learningWords,
    run: () => useStudio().command({ type: 'cancelWords' }),
  },
  {
    id: 'project.save',
    words: 'action.save',
    keys: ['Mod+S'],
    scope: 'studio',
    menu: 'file',
    when: () => useStudio().live,
    run: () => useStudio().command({ type: 'save' }),
  },
  {
    id: 'train.settings',
    words: 'action.settings',
    keys: ['Mod+,'],
    scope: 'studio',
    menu: 'training',
    when: () => useStudio().project?.kind === 'project',
    run: () => useLayout().toggleOverlay('settings'),
  },
];
