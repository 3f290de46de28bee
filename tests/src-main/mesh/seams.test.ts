/**
 * Parts of a mesh meet without gap or overlap: by place, bit for bit, every edge of every part is met by its reverse exactly once, in
 * the same part or in the one beside it; where the whole is open, the parts together are open there and nowhere else.
 */
import { describe, expect, it } from 'vitest';
import { cutAlongLabels, dropSmallPieces, separateParts } from '../../../src-main/mesh/index';
import type { MarchedSurface } from '../../../src-main/kernels/index';
import { Random } from '../kernels/scenes';
import { areaOf, ball, edgesByPlace, reversed } from './surfaces';

/** Edges of all parts together, from their own vertices. */
function edgesOfParts(surface: MarchedSurface): Map<string, number> {
  const edges = new Map<string, number>();
  for (const { positions, triangles } of separateParts(cutAlongLabels(surface)))
    for (const [key, n] of edgesByPlace(positions, triangles)) edges.set(key, (edges.get(key) ?? 0) + n);
  return edges;
}

const openEdges = (edges: Map<string, number>): string[] =>
  [...edges.keys()].filter((key) => !edges.has(reversed(key)));

describe('cutting along labels', () => {
  const random = new Random(5);
  it.each([
    ['halves', (x: number) => (x > 0 ? 1 : 2)],
    ['three that meet in points', (x: number, y: number) => (x > 0 ? 1 : y > 0 ? 2 : 3)],
    ['noise', () => Math.floor(random.uniform(0, 5))],
    ['one', () => 4],
  ])('closes: %s', (_name, label) => {
    const surface = ball(4, label);
    const edges = edgesOfParts(surface);
    expect(Math.max(...edges.values())).toBe(1);
    expect(openEdges(edges)).toEqual([]);
    const mesh = cutAlongLabels(surface);
    expect([...mesh.parts.keys()]).toEqual([...new Set(surface.labels)].sort((a, b) => a - b));
    const area = [...mesh.parts.values()].reduce((sum, list) => sum + areaOf(mesh.positions, list), 0);
    // Middles are rounded to float32.
    expect(area).toBeCloseTo(areaOf(surface.positions, surface.triangles), 5);
  });

  it('has the boundary of the whole as its only boundary', () => {
    const whole = ball(4, (x, y) => (x > 0.1 ? 1 : y > 0 ? 2 : 0));
    const kept = Array.from({ length: whole.triangles.length / 3 }, (_, t) =>
      whole.triangles.subarray(3 * t, 3 * t + 3),
    ).filter((corners) => corners.every((v) => whole.positions[3 * v + 2] < 0.6));
    const surface = { ...whole, triangles: Uint32Array.from(kept.flatMap((corners) => [...corners])) };
    const rim = openEdges(edgesByPlace(surface.positions, surface.triangles));
    const parts = openEdges(edgesOfParts(surface));
    // A rim edge between two labels comes in two halves.
    const ends = (edges: string[]): Set<string> => new Set(edges.flatMap((edge) => edge.split('>')));
    expect(rim.length).toBeGreaterThan(20);
    for (const place of ends(rim)) expect(ends(parts).has(place)).toBe(true);
    const middles = [...ends(parts)].filter((place) => !ends(rim).has(place));
    expect(parts.length).toBe(rim.length + middles.length);
  });

  it('shades over seams: normals there are the same from both sides, and point outwards', () => {
    const seen = new Map<string, string>();
    let shared = 0;
    for (const { positions, normals } of separateParts(cutAlongLabels(ball(4, (x) => (x > 0 ? 1 : 2)))))
      for (let v = 0; v < positions.length; v += 3) {
        const [p, n] = [positions.subarray(v, v + 3), normals.subarray(v, v + 3)];
        expect(p[0] * n[0] + p[1] * n[1] + p[2] * n[2]).toBeGreaterThan(0.9);
        const known = seen.get(p.join());
        if (known !== undefined) {
          shared++;
          expect(n.join()).toBe(known);
        }
        seen.set(p.join(), n.join());
      }
    expect(shared).toBeGreaterThan(30);
  });
});

describe('dropping small pieces', () => {
  const [large, small] = [ball(3, () => 1), ball(1, () => 2)];
  const n = large.labels.length;
  const both: MarchedSurface = {
    positions: Float32Array.from([...large.positions, ...small.positions.map((v) => 5 + 0.1 * v), 9, 9, 9]),
    colours: Float32Array.from([...large.colours, ...small.colours, 0, 0, 0]),
    uncertainties: Float32Array.from([...large.uncertainties, ...small.uncertainties, 0]),
    labels: Uint16Array.from([...large.labels, ...small.labels, 7]),
    triangles: Uint32Array.from([...large.triangles, ...small.triangles.map((v) => v + n)]),
  };

  it('keeps what is large, in its order, without unused vertices', () => {
    const { surface, pieces, dropped } = dropSmallPieces(both, 1);
    expect({ pieces, dropped }).toEqual({ pieces: 2, dropped: 1 });
    expect(surface).toEqual(large);
  });

  it('keeps all when nothing is too small, but no vertex that nothing uses', () => {
    const { surface, dropped } = dropSmallPieces(both, 0);
    expect(dropped).toBe(0);
    expect(surface.triangles).toEqual(both.triangles);
    expect(surface.labels).toHaveLength(both.labels.length - 1);
  });
});
