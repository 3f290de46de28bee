/** Figures for people, by the locale of the page: counts, shares, bytes, times. */
import { computed } from 'vue';
import type { CaptureFrame, StudioState } from '#contract/studioState';
import { locale, say } from './language';

const formatter = (options: Intl.NumberFormatOptions) => {
  const made = computed(() => new Intl.NumberFormat(locale.value, options));
  return (value: number) => made.value.format(value);
};

const fixed = (digits: number) => formatter({ minimumFractionDigits: digits, maximumFractionDigits: digits });

export const count = formatter({ maximumFractionDigits: 0 });
/** 1.2M, 24K: where a column is narrow; the whole figure belongs in the tooltip */
export const short = formatter({ notation: 'compact', maximumFractionDigits: 1 });
export const decibel = fixed(2);
export const twoDigits = fixed(2);
export const oneDigit = fixed(1);
export const threeDigits = fixed(3);
/** "2,151", but "151K" */
export const brief = (value: number): string => (value < 100_000 ? count(value) : short(value));
/** as many digits as a figure of this size needs */
export const figure = formatter({ maximumSignificantDigits: 4 });
/** of a setting: every digit that was written */
export const exact = formatter({ maximumSignificantDigits: 15, useGrouping: false });

const TICK_DECIMALS = 6;
const tickFormats = Array.from({ length: TICK_DECIMALS + 1 }, (_, decimals) => fixed(decimals));
/** Of an axis: as many decimals as tell its ticks apart. @param ticks  evenly apart */
export function axisTicks(ticks: readonly number[]): string[] {
  const gap = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : 1;
  // 0.05 apart need two decimals, as 0.01 do; the rounding of 0.1 must not ask for a third.
  const decimals = Math.min(TICK_DECIMALS, Math.max(0, Math.ceil(-Math.log10(gap) - 1e-6)));
  return ticks.map(decimals === 0 ? short : tickFormats[decimals]);
}

const shares = formatter({ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const percent = (share: number) => shares(share);

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
const sizes = computed(() =>
  UNITS.map(
    (unit) =>
      new Intl.NumberFormat(locale.value, {
        style: 'unit',
        unit,
        unitDisplay: unit === 'byte' ? 'long' : 'short',
        maximumSignificantDigits: 3,
      }),
  ),
);

/** Decimal units, as disks are sold and models are listed. */
export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  return sizes.value[power].format(value / 1000 ** power);
}

const [metres, centimetres] = (['meter', 'centimeter'] as const).map((unit) =>
  formatter({ style: 'unit', unit, maximumSignificantDigits: 2 }),
);
/** three decimals, and never fewer than four digits */
const places = formatter({ maximumFractionDigits: 3, maximumSignificantDigits: 4, roundingPriority: 'morePrecision' });
/**
 * A place as the capture has it, "500,000.125  1.5  −3.25 m".
 *
 * @param place  of the scene. @param frame  of the scene, by the capture: x = (x_capture − centre)·scale
 */
export function placeText(
  place: readonly number[],
  { centre, scale }: CaptureFrame,
  units: 'metre' | 'unknown',
): string {
  const text = place.map((value, k) => places(value / scale + centre[k])).join('  ');
  return units === 'metre' ? `${text} m` : text;
}

/** Lengths of a range of the scene as the capture has them. @param scale  of the scene, by the capture */
export const rangeOfCapture = ([low, high]: readonly [number, number], scale: number): [number, number] => [
  low / scale,
  high / scale,
];

type Project = NonNullable<StudioState['project']>;
/** What lengths count in. A splat file has units of its own, whatever capture it was made from. */
export function lengthUnit({ kind, units }: Pick<Project, 'kind' | 'units'>): 'metre' | 'capture' | 'file' {
  if (kind === 'splats') return 'file';
  return units === 'metre' ? 'metre' : 'capture';
}

/** "2 cm", "1.5 m"; where the unit is unknown, as many of the capture's. */
export function lengthText(value: number, units: 'metre' | 'unknown'): string {
  if (units === 'unknown') return say('length.units', { value: figure(value) });
  return value < 1 ? centimetres(100 * value) : metres(value);
}

/** "2:41", "1:02:09": time left or passed. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** An estimate to about a tenth, as a clock writes it: what is finer would claim to be known. */
export function roughly(seconds: number): string {
  const [step = 3600] = [10, 30, 60, 120, 300, 600, 1800].filter((size) => seconds <= 15 * size);
  return clock(Math.max(step, Math.round(seconds / step) * step));
}

const relative = computed(() => new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }));
const narrow = computed(() => new Intl.RelativeTimeFormat(locale.value, { numeric: 'always', style: 'narrow' }));
const dates = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium' }));

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "3 minutes ago" up to a week, the date beyond. */
export function ago(iso: string, now: number): string {
  const then = Date.parse(iso);
  const age = Math.max(0, now - then);
  if (age < MINUTE) return say('time.now');
  if (age < HOUR) return relative.value.format(-Math.floor(age / MINUTE), 'minute');
  if (age < DAY) return relative.value.format(-Math.floor(age / HOUR), 'hour');
  if (age < 7 * DAY) return relative.value.format(-Math.floor(age / DAY), 'day');
  return dates.value.format(then);
}

/** "4 s ago": to the second, for what should happen every minute. */
export function agoExactly(iso: string, now: number): string {
  const age = Math.max(0, now - Date.parse(iso));
  return age < MINUTE ? narrow.value.format(-Math.floor(age / SECOND), 'second') : ago(iso, now);
}
