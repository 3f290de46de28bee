/** Where the window was: kept in one small file, and used again as far as the displays of today allow. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** Screen coordinates in device-independent pixels, as Electron gives and takes them. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const pixels = z.int().min(-100_000).max(100_000);
const windowPlace = z.object({
  x: pixels,
  y: pixels,
  width: pixels.min(1),
  height: pixels.min(1),
  maximized: z.boolean(),
});
export type WindowPlace = z.infer<typeof windowPlace>;

export const smallest = { width: 720, height: 480 } as const;
const usual = { width: 1440, height: 900 } as const;
/** Enough of the title bar to take hold of. */
const GRIP = { width: 120, height: 24 } as const;

/** Null before the first time, and when the file is damaged. */
export function readPlace(file: string): WindowPlace | null {
  try {
    return windowPlace.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** A convenience: a disk that is full or read-only loses it silently. */
export function writePlace(file: string, place: WindowPlace): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(windowPlace.parse(place))}\n`);
    renameSync(temporary, file);
  } catch {
    return;
  }
}

/**
 * Size and position to open with. The position is left to the system when no display shows the title bar any more; the size never
 * exceeds the display.
 *
 * @param displays  work areas, the primary one first
 */
export function placeWindow(
  saved: WindowPlace | null,
  displays: readonly Area[],
): { width: number; height: number; x?: number; y?: number } {
  const [primary] = displays;
  const display = saved === null ? undefined : displays.find((area) => showsGrip(saved, area));
  const room = display ?? primary ?? usual;
  const size = {
    width: clamp((saved ?? usual).width, smallest.width, room.width),
    height: clamp((saved ?? usual).height, smallest.height, room.height),
  };
  return saved === null || display === undefined ? size : { ...size, x: saved.x, y: saved.y };
}

function showsGrip(place: Area, area: Area): boolean {
  const across = Math.min(place.x + place.width, area.x + area.width) - Math.max(place.x, area.x);
  return across >= GRIP.width && place.y >= area.y - GRIP.height / 2 && place.y + GRIP.height <= area.y + area.height;
}

/** On a display that is smaller than the smallest window, the smallest window. */
function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
