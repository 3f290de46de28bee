import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LabelsState } from '#contract/labels';
import { actionFor } from '../../../src-renderer/actions/keyboard';
import { giveClass } from '../../../src-renderer/actions/label';
import { setGateway } from '../../../src-renderer/gateway/shared';
import { useLabelling } from '../../../src-renderer/stores/labelling';
import { useLayout } from '../../../src-renderer/stores/layout';
import { useStudio } from '../../../src-renderer/stores/studio';
import { useUncertain } from '../../../src-renderer/stores/uncertain';
import { useView } from '../../../src-renderer/stores/view';
import { playGateway, runningState } from '../play';

const classOf = (number: number, name: string, instances: LabelsState['classes'][number]['instances'] = []) => ({
  ...{ class: number, name, colour: '#336699', hidden: false, locked: false, label: 10 * number, splats: 5 },
  ...{ instances, uncertainty: 0.2 },
});
const labelsOf = (...classes: LabelsState['classes']): LabelsState => ({
  ...{ revision: 1, layers: [{ layer: 1, name: 'Layer 1' }], layer: 1, classes },
  ...{ undo: null, redo: null, edits: 0, savedAt: null },
});
const ask = (questions: string[]) => ({
  revision: 4,
  request: { questions, negatives: [], order: 'relevancies' as const },
  classes: questions.map((name) => ({ name, colour: '#112233' })),
  ...{ pending: false, problem: null },
});
const region = {
  ...{ ids: [3, 9], centre: [0, 0, 1] as [number, number, number], radius: 0.1, uncertainty: 0.8, waiting: 2 },
  ...{ photo: null, camera: null },
};

describe('labelling', () => {
  let played: ReturnType<typeof playGateway>;
  beforeEach(() => {
    setActivePinia(createPinia());
    played = playGateway(({ type }) => (type === 'label' ? { splats: 7 } : type === 'nextUncertain' ? region : null));
    setGateway(played.gateway);
    useLabelling();
  });

  it('gives a class of a new name where there is none, then the first, then the chosen one', () => {
    const labelling = useLabelling();
    useStudio().hear({ ...runningState(), labels: labelsOf() });
    expect(labelling.target).toEqual({ kind: 'named', name: 'class 1' });
    const instances = [
      { label: 31, splats: 1, number: 1 },
      { label: 32, splats: 1, number: 2 },
    ];
    useStudio().hear({ ...runningState(), labels: labelsOf(classOf(1, 'chair'), classOf(3, 'mug', instances)) });
    expect(labelling.target).toEqual({ kind: 'class', class: 1 });
    void actionFor('2', 'studio')?.run();
    expect(labelling.target).toEqual({ kind: 'class', class: 3 });
    labelling.choose(3, 'new');
    expect(labelling.target).toEqual({ kind: 'newInstance', class: 3 });
    labelling.choose(3, 'newest');
    expect(labelling.target).toEqual({ kind: 'instance', label: 32 });
    expect(actionFor('3', 'studio')).toBeNull();
  });

  it('accepts an answer above the threshold, one command a class, and shows it', async () => {
    useStudio().hear({ ...runningState(), labels: labelsOf(), ask: ask(['chair', 'red mug']) });
    useView().threshold = 0.625;
    await actionFor('Enter', 'studio')?.run();
    expect(played.commands).toMatchObject([
      {
        region: { kind: 'answer', question: 0, threshold: 0.625 },
        target: { kind: 'named', name: 'chair' },
        camera: null,
      },
      { region: { kind: 'answer', question: 1, threshold: 0.625 }, target: { kind: 'named', name: 'red mug' } },
    ]);
    expect(useView().channel).toBe('label');
    // The class that was made is the one that gestures correct.
    useStudio().hear({ ...runningState(), labels: labelsOf(classOf(8, 'bin'), classOf(9, 'chair')) });
    await nextTick();
    expect(useLabelling().target).toEqual({ kind: 'class', class: 9 });
  });

  it('says one thing of an uncertain region with one key, and goes on to the next', async () => {
    useStudio().hear({ ...runningState(), labels: labelsOf(classOf(1, 'chair')) });
    await useUncertain().next();
    await actionFor('1', 'studio')?.run();
    await actionFor('Enter', 'studio')?.run();
    await actionFor('S', 'studio')?.run();
    expect(played.commands.filter(({ type }) => type !== 'nextUncertain')).toMatchObject([
      { type: 'label', region: { kind: 'splats', ids: [3, 9] }, target: { kind: 'class', class: 1 } },
      { type: 'review', ids: [3, 9], verdict: 'accepted' },
      { type: 'review', ids: [3, 9], verdict: 'skipped' },
    ]);
    expect(played.commands.filter(({ type }) => type === 'nextUncertain').length).toBe(4);
    void actionFor('Escape', 'studio')?.run();
    expect(useUncertain().region).toBeNull();
    expect(actionFor('S', 'studio')).toBeNull();
  });

  it('finds classes beyond the nine keys by name, for the region in hand or for gestures', async () => {
    const many = Array.from({ length: 12 }, (_, i) => classOf(i + 1, `class ${i + 1}`));
    useStudio().hear({ ...runningState(), labels: labelsOf(...many) });
    void actionFor('0', 'studio')?.run();
    expect(useLayout().overlay).toBe('classes');
    void giveClass(12);
    expect(useLabelling().target).toEqual({ kind: 'class', class: 12 });
    await useUncertain().next();
    await giveClass(11);
    expect(played.commands.filter(({ type }) => type === 'label')).toMatchObject([
      { region: { kind: 'splats', ids: [3, 9] }, target: { kind: 'class', class: 11 } },
    ]);
  });

  it('goes on with the class of before after a reload, project by project', async () => {
    const stored = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    });
    const two = labelsOf(classOf(1, 'chair'), classOf(3, 'mug'));
    const state = { ...runningState(), labels: two };
    useStudio().hear(state);
    await nextTick();
    useLabelling().choose(3);
    setActivePinia(createPinia());
    useStudio().hear(state);
    expect(useLabelling().target).toEqual({ kind: 'class', class: 3 });
    useStudio().hear({ ...state, project: { ...state.project!, path: '/other.legato' } });
    await nextTick();
    expect(useLabelling().target).toEqual({ kind: 'class', class: 1 });
    vi.unstubAllGlobals();
  });
});
