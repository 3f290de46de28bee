/**
 * Patterns of surfaces: how much of the second colour shows at a point of the thing's own frame, and how bright it is. Details finer
 * than a pixel are faded out by its footprint, so that one look at a pixel's centre does not alias.
 */
import { clamp, detail, lattice, modulo, noise, step, visible } from './noise';
import type { PatternName } from './surface';

/** What a pattern says of a point. */
export interface Tone {
  /** share of the second colour */
  mix: number;
  /** factor of the light that comes back */
  gain: number;
}

/** @param footprint  metres that a pixel covers there  @param tone  from mix 0 and gain 1 on */
export type Pattern = (x: number, y: number, z: number, footprint: number, tone: Tone) => void;

const plain: Pattern = () => undefined;

const glaze: Pattern = (x, y, z, footprint, tone) => {
  tone.gain = 1 + 0.07 * detail(x, y, z, 22, footprint) + 0.05 * detail(x, y, z, 70, footprint);
};

/** A broad band between two lines about the belly of a vase. */
const bandedGlaze: Pattern = (x, y, z, footprint, tone) => {
  glaze(x, y, z, footprint, tone);
  const band = (from: number, to: number): number => step(from, z, footprint) - step(to, z, footprint);
  tone.mix = 0.85 * (band(0.092, 0.132) + band(0.07, 0.078) + band(0.146, 0.154));
};

/** Rings cut along the grain, which runs along x. */
const wood: Pattern = (x, y, z, footprint, tone) => {
  const wave = y * 9 + z * 5 + 0.55 * noise(x * 2.2, y * 7, z * 7);
  const ring = 0.5 + 0.5 * Math.sin(wave * 9);
  tone.mix = 0.5 * ring * clamp(1.3 - footprint * 60) + 0.22 * (1 + detail(x * 0.12, y, z, 90, footprint));
  tone.gain = 1 + 0.1 * noise(x * 1.3, y * 3, z * 3);
};

const uprightWood: Pattern = (x, y, z, footprint, tone) => wood(z, x, y, footprint, tone);

/** Joined of boards, each of a tone of its own. */
const boards: Pattern = (x, y, z, footprint, tone) => {
  wood(x, y, z, footprint, tone);
  const width = 0.142;
  const seam = step(width / 2 - 0.003, Math.abs(modulo(y, width) - width / 2), footprint + 0.003);
  tone.gain *= (0.86 + 0.28 * lattice(Math.floor(y / width), 5, 2)) * (1 - 0.4 * seam);
};

/** Upright staves with dark joints; a side runs along x or along y. */
const slats: Pattern = (x, y, z, footprint, tone) => {
  const period = 0.048;
  const phase = modulo(x + y, period) / period - 0.5;
  const joint = step(0.4, Math.abs(phase), footprint / period + 0.05);
  const grain = detail(x, y, z * 0.1, 80, footprint);
  tone.mix = 0.3 + 0.15 * grain;
  tone.gain = 1 + visible(period, footprint) * (0.12 * Math.cos(2 * Math.PI * phase) - 0.5 * joint);
};

const planks: Pattern = (x, y, z, footprint, tone) => {
  const [width, length] = [0.145, 1.3];
  const plank = Math.floor(y / width);
  const shifted = x + length * lattice(plank, 7, 3);
  const board = Math.floor(shifted / length);
  const shade = lattice(plank, board, 11);
  const seamAcross = Math.abs(modulo(y, width) - width / 2);
  const seamAlong = Math.abs(modulo(shifted, length) - length / 2);
  const grain = detail(x * 0.08 + 9 * shade, y, z, 80, footprint) + 0.7 * detail(x * 0.2, y, shade, 28, footprint);
  tone.mix = clamp(0.28 + 0.5 * (shade - 0.5) + 0.2 * grain);
  tone.gain =
    1 -
    0.55 * step(width / 2 - 0.003, seamAcross, footprint + 0.003) -
    0.5 * step(length / 2 - 0.003, seamAlong, footprint + 0.003);
};

/** Upright bands with a small blossom on every other one; along the wall is x + y, since walls run along either. */
const wallpaper: Pattern = (x, y, z, footprint, tone) => {
  const along = x + y;
  const period = 0.22;
  const column = Math.floor(along / period);
  const phase = modulo(along, period) / period - 0.5;
  const soft = footprint / period + 0.015;
  const band = step(0.26, Math.abs(phase), soft);
  const line = step(0.225, Math.abs(phase), soft) - step(0.245, Math.abs(phase), soft);
  const height = modulo(z + (column % 2 === 0 ? 0 : 0.11), 0.22) / 0.22 - 0.5;
  const turn = Math.atan2(height, phase);
  const blossom = Math.hypot(phase, height) * (1 + 0.35 * Math.cos(5 * turn));
  tone.mix =
    0.62 * band +
    0.4 * line +
    0.9 * (1 - step(0.12, blossom, soft + 0.02)) -
    0.7 * (1 - step(0.04, blossom, soft + 0.02));
  tone.gain = 1 + 0.035 * detail(x, y, z, 45, footprint) + 0.025 * noise(x * 1.5, y * 1.5, z * 1.5);
};

const plaster: Pattern = (x, y, z, footprint, tone) => {
  tone.gain = 1 + 0.06 * detail(x, y, z, 40, footprint) + 0.05 * noise(x * 5, y * 5, z * 5);
};

/** Plaster combed into rosettes, as ceilings are: rings about the centres of a staggered grid. */
const combed: Pattern = (x, y, z, footprint, tone) => {
  const [pitch, ring] = [0.24, 0.056];
  const row = Math.round(y / (pitch * 0.866));
  const shift = modulo(row, 2) * 0.5;
  const across = x - (Math.round(x / pitch - shift) + shift) * pitch;
  const radius = Math.hypot(across, y - row * pitch * 0.866);
  const wave = visible(ring, footprint) * Math.sin((2 * Math.PI * radius) / ring);
  tone.gain = 1 + 0.1 * wave + 0.05 * detail(x, y, z, 40, footprint);
};

const carpet: Pattern = (x, y, z, footprint, tone) => {
  const [u, v] = [Math.abs(x) / 1.15, Math.abs(y) / 0.8];
  const edge = Math.max(1 - (1 - u) * 1.44, v);
  const border = step(0.8, edge, 0.02) - step(0.88, edge, 0.02) + step(0.94, edge, 0.02);
  const diamond = Math.abs(modulo(x + 0.19, 0.38) / 0.38 - 0.5) + Math.abs(modulo(y + 0.16, 0.32) / 0.32 - 0.5);
  const motif = edge < 0.78 ? step(0.3, diamond, 0.04) - 0.8 * step(0.42, diamond, 0.04) : 0;
  tone.mix = 0.85 * clamp(border + 0.55 * motif);
  tone.gain = 1 + 0.16 * detail(x, y, z, 60, footprint) + 0.08 * noise(x * 6, y * 6, 0.5);
};

const fabric: Pattern = (x, y, z, footprint, tone) => {
  tone.gain = 1 + 0.12 * detail(x, y, z, 75, footprint) + 0.07 * noise(x * 9, y * 9, z * 9);
};

/** Broad stripes down the middle of a cushion. */
const stripedFabric: Pattern = (x, y, z, footprint, tone) => {
  fabric(x, y, z, footprint, tone);
  tone.mix = 0.9 * step(0.032, Math.abs(modulo(x + 0.02, 0.12) - 0.06), 0.006) * step(0.02, 0.17 - Math.abs(x), 0.01);
};

/** Ribs across the seat and down the back. */
const corduroy: Pattern = (x, y, z, footprint, tone) => {
  fabric(x, y, z, footprint, tone);
  const period = 0.044;
  tone.gain += 0.3 * visible(period, footprint) * Math.cos((2 * Math.PI * x) / period);
};

const wicker: Pattern = (x, y, z, footprint, tone) => {
  const across = Math.atan2(y, x) * 9;
  const row = z * 45;
  const cross = Math.sin(across * 2 + (Math.floor(row) % 2 === 0 ? 0 : Math.PI));
  const fade = clamp(1.5 - footprint * 60);
  tone.mix = fade * clamp(0.35 - 0.45 * cross + 0.5 * Math.abs(modulo(row, 1) - 0.5)) + (1 - fade) * 0.3;
  tone.gain = 1 + 0.1 * noise(x * 20, y * 20, z * 20);
};

const leaf: Pattern = (x, y, z, footprint, tone) => {
  tone.gain = 1 + 0.22 * noise(x * 30, y * 30, z * 14) + 0.1 * detail(x, y, z, 90, footprint);
};

/** The cut edges of a book's leaves. */
const pages: Pattern = (_x, _y, z, footprint, tone) => {
  tone.mix = 0.45 * (0.5 + 0.5 * detail(0, 0, z, 420, footprint)) + 0.1;
};

/** Lines of words on a label. */
const print: Pattern = (x, y, z, footprint, tone) => {
  tone.mix =
    0.75 *
    step(0.6, Math.sin(z * 260 + 1.4), footprint * 260) *
    step(0.5, 0.5 + Math.abs(noise(x * 60, y * 60, Math.floor(z * 41))), 0.3);
};

export const patterns: Readonly<Record<PatternName, Pattern>> = {
  plain,
  glaze,
  bandedGlaze,
  wood,
  uprightWood,
  boards,
  slats,
  planks,
  wallpaper,
  plaster,
  combed,
  carpet,
  fabric,
  stripedFabric,
  corduroy,
  wicker,
  leaf,
  pages,
  print,
};
