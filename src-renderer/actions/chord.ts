/**
 * Keys as text: "Mod+K", "Alt+1", "Shift+?", "Space". Mod is ⌘ on a Mac and Ctrl elsewhere. Letters and digits under Alt are told
 * by their place on the keyboard (on a Mac, Alt+1 types "¡"), everything else by what it types, so that "?" is "?" on every layout.
 */
export interface Chord {
  readonly mod: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  /** upper case for letters; else a sign or a name of KeyboardEvent.key */
  readonly key: string;
}

const NAMED: Readonly<Record<string, string>> = { ' ': 'Space', Esc: 'Escape' };

export function parseChord(text: string): Chord {
  const parts = text.split('+');
  // "Shift++" is the plus sign itself.
  const key = parts.at(-1) === '' ? '+' : (parts.at(-1) ?? '');
  const has = (name: string) => parts.slice(0, -1).includes(name);
  return { mod: has('Mod'), alt: has('Alt'), shift: has('Shift'), key };
}

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** The chord that was pressed, or null for a modifier alone. */
export function chordOf(event: Pressed, mac: boolean): Chord | null {
  if (['Control', 'Meta', 'Alt', 'Shift', 'AltGraph', 'Dead', 'Process'].includes(event.key)) return null;
  const place = /^(?:Key([A-Z])|Digit(\d))$/.exec(event.code);
  const byPlace = event.altKey && place !== null ? (place[1] ?? place[2]) : null;
  const typed = NAMED[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key);
  const key = byPlace ?? typed;
  return {
    mod: mac ? event.metaKey : event.ctrlKey,
    alt: event.altKey,
    // A sign such as "?" already says that Shift was held.
    shift: event.shiftKey && (/^[A-Z0-9]$/.test(key) || key.length > 1),
    key,
  };
}

/** As the table writes it; equal chords give equal texts. */
export function chordText({ mod, alt, shift, key }: Chord): string {
  return [mod && 'Mod', alt && 'Alt', shift && 'Shift', key].filter(Boolean).join('+');
}

const MAC: Readonly<Record<string, string>> = {
  Escape: '⎋',
  Enter: '↩',
  Delete: '⌦',
  Tab: '⇥',
  Space: 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
};
const OTHER: Readonly<Record<string, string>> = { Escape: 'Esc', Delete: 'Del', ArrowLeft: '←', ArrowRight: '→' };

/** As a person reads it on this system. */
export function chordLabel(text: string, mac: boolean): string {
  const { mod, alt, shift, key } = parseChord(text);
  if (mac) return `${alt ? '⌥' : ''}${shift ? '⇧' : ''}${mod ? '⌘' : ''}${MAC[key] ?? key}`;
  return [mod && 'Ctrl', alt && 'Alt', shift && 'Shift', OTHER[key] ?? key].filter(Boolean).join('+');
}

/** For Electron's menus. */
export function accelerator(text: string): string {
  const { mod, alt, shift, key } = parseChord(text);
  const names: Readonly<Record<string, string>> = { '+': 'Plus', ArrowLeft: 'Left', ArrowRight: 'Right' };
  return [mod && 'CmdOrCtrl', alt && 'Alt', shift && 'Shift', names[key] ?? key].filter(Boolean).join('+');
}
