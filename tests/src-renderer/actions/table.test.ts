/** One table of actions: no key starts two of them, and what it offers a desktop fits the contract. */
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { menuActions } from '#contract/session';
import { chordText, parseChord } from '../../../src-renderer/actions/chord';
import { actionFor } from '../../../src-renderer/actions/keyboard';
import { menuLines } from '../../../src-renderer/actions/menu';
import { actionIds, actions, conflicts } from '../../../src-renderer/actions/table';
import { setGateway } from '../../../src-renderer/gateway/shared';
import { useStudio } from '../../../src-renderer/stores/studio';
import { useView } from '../../../src-renderer/stores/view';
import { playGateway, runningState } from '../play';

describe('the table of actions', () => {
  it('refuses conflicts', () => {
    expect(conflicts(actions)).toEqual([]);
  });

  it('sees a conflict where scopes meet, and none where they do not', () => {
    const twice = [
      { id: 'a', keys: ['K'], scope: 'studio' as const },
      { id: 'b', keys: ['X', 'K'], scope: 'anywhere' as const },
      { id: 'c', keys: ['K'], scope: 'start' as const },
    ];
    expect(conflicts(twice)).toEqual([
      { chord: 'K', ids: ['a', 'b'] },
      { chord: 'K', ids: ['b', 'c'] },
    ]);
  });

  it('has ids of its own and keys in their written form', () => {
    expect(new Set(actions.map(({ id }) => id)).size).toBe(actions.length);
    for (const { id, keys } of actions)
      for (const key of keys) expect(chordText(parseChord(key)), `${id}: ${key}`).toBe(key);
  });
});

describe('actions of a moment', () => {
  beforeEach(() => {
    setActivePinia(createPinia());
  });

  it('make sense only when they do', () => {
    const { commands } = play();
    expect(actionFor('Space', 'studio')).toBeNull();
    useStudio().hear(runningState());
    void actionFor('Space', 'studio')?.run();
    expect(commands).toEqual([{ type: 'pause' }]);
    useStudio().hear(runningState('paused'));
    void actionFor('Space', 'studio')?.run();
    expect(commands.at(-1)).toEqual({ type: 'resume' });
    expect(actionFor('Space', 'start')).toBeNull();
  });

  it('switch channels by their keys', () => {
    play();
    void actionFor('Alt+3', 'studio')?.run();
    expect(useView().channel).toBe('uncertainty');
    void actionFor('Alt+8', 'studio')?.run();
    expect(useView().channel).toBe('opacity');
  });

  it('fill the desktop’s menu as its contract wants it', () => {
    play();
    const lines = menuActions.parse(menuLines('studio'));
    expect(lines.find(({ id }) => id === 'page.palette')).toMatchObject({ accelerator: 'CmdOrCtrl+K', enabled: true });
    expect(lines.find(({ id }) => id === 'train.pause')).toMatchObject({ enabled: false });
  });

  it('offer nothing of a picture where nothing is open', () => {
    play();
    const ofStudio = menuLines('start').filter(({ id }) => actionIds.get(id)?.scope === 'studio');
    expect(ofStudio.length).toBeGreaterThan(10);
    expect(ofStudio.filter(({ enabled }) => enabled)).toEqual([]);
    expect(menuLines('studio').find(({ id }) => id === 'channel.depth')).toMatchObject({ enabled: true });
  });

  function play() {
    const played = playGateway();
    setGateway(played.gateway);
    return played;
  }
});
