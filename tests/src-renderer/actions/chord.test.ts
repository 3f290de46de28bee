import { describe, expect, it } from 'vitest';
import { accelerator, chordLabel, chordOf, chordText, parseChord } from '../../../src-renderer/actions/chord';

const pressed = (
  key: string,
  code: string,
  held: Partial<Record<'ctrl' | 'meta' | 'alt' | 'shift', boolean>> = {},
) => ({
  key,
  code,
  ctrlKey: held.ctrl ?? false,
  metaKey: held.meta ?? false,
  altKey: held.alt ?? false,
  shiftKey: held.shift ?? false,
});
const text = (event: ReturnType<typeof pressed>, mac = false) => {
  const chord = chordOf(event, mac);
  return chord === null ? null : chordText(chord);
};

describe('keys as text', () => {
  it('read as they are written', () => {
    for (const written of ['Mod+K', 'Alt+1', 'Shift+X', 'Space', '?', 'F6', 'Mod+Alt+Shift+Z', 'Shift++'])
      expect(chordText(parseChord(written))).toBe(written);
  });

  it('are told from what is pressed', () => {
    expect(text(pressed('k', 'KeyK', { ctrl: true }))).toBe('Mod+K');
    expect(text(pressed('k', 'KeyK', { meta: true }), true)).toBe('Mod+K');
    expect(text(pressed(' ', 'Space'))).toBe('Space');
    expect(text(pressed('X', 'KeyX', { shift: true }))).toBe('Shift+X');
    expect(text(pressed('Delete', 'Delete'))).toBe('Delete');
  });

  it('go by place under Alt, since a Mac types other signs there', () => {
    expect(text(pressed('¡', 'Digit1', { alt: true }), true)).toBe('Alt+1');
  });

  it('go by sign otherwise: a question mark is one on every layout', () => {
    expect(text(pressed('?', 'Slash', { shift: true }))).toBe('?');
    expect(text(pressed('?', 'Minus', { shift: true }))).toBe('?');
    expect(text(pressed('/', 'Digit7', { shift: true }))).toBe('/');
  });

  it('are none while only a modifier is held', () => {
    expect(text(pressed('Shift', 'ShiftLeft', { shift: true }))).toBeNull();
  });

  it('are shown as each system writes them', () => {
    expect(chordLabel('Mod+Shift+Z', true)).toBe('⇧⌘Z');
    expect(chordLabel('Mod+Shift+Z', false)).toBe('Ctrl+Shift+Z');
    expect(chordLabel('Alt+1', true)).toBe('⌥1');
    expect(accelerator('Mod+,')).toBe('CmdOrCtrl+,');
    expect(accelerator('Shift++')).toBe('Shift+Plus');
  });
});
