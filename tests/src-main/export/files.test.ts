/** The other files: PLY meshes by their columns, indexed pictures by their indices, pairs that are both there or neither. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWN_FRAME } from '../../../src-main/capture/index';
import { FileError } from '../../../src-main/base/index';
import { parsePly } from '../../../src-main/capture/index';
import {
  indexedPng,
  maskName,
  maskPng,
  plyMeshChunks,
  sidecarName,
  writePair,
  type ExportDescription,
} from '../../../src-main/export/index';
import { cutAlongLabels, NONE, separateParts, UNLABELLED, type Segment } from '../../../src-main/mesh/index';
import { ball } from '../mesh/surfaces';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-export-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const segments: Segment[] = [
  UNLABELLED,
  { classId: 5, instanceId: 3, className: 'mug', name: 'mug 1', colour: [255, 0, 0] },
];

describe('a PLY mesh', () => {
  const mesh = cutAlongLabels(ball(3, (x) => (x > 0 ? 1 : 0)));
  const bytes = Buffer.concat([...plyMeshChunks(mesh, segments, OWN_FRAME)]);

  it('has the capture’s coordinates in double where the scene was trained in others', () => {
    const frame = { centre: [500_000, 4_000_000, 300] as const, scale: 2 };
    const [vertex] = parsePly(Buffer.concat([...plyMeshChunks(mesh, segments, frame)]), 'mesh.ply').elements;
    const [own] = parsePly(bytes, 'mesh.ply').elements;
    expect(vertex.count).toBe(own.count);
    ['x', 'y', 'z'].forEach((axis, k) => {
      const column = vertex.columns.get(axis)!;
      expect(column).toBeInstanceOf(Float64Array);
      own.columns.get(axis)!.forEach((value, i) => expect(column[i]).toBeCloseTo(value / 2 + frame.centre[k], 9));
    });
    for (const rest of ['nx', 'red', 'uncertainty', 'label', 'instance', 'feature'])
      expect(vertex.columns.get(rest)).toEqual(own.columns.get(rest));
  });

  it('has a vertex for each part that meets in it, with its labels', () => {
    const parts = [...separateParts(mesh)];
    const [vertex, face] = parsePly(bytes, 'mesh.ply').elements;
    expect(vertex.count).toBe(parts.reduce((sum, { uncertainties }) => sum + uncertainties.length, 0));
    expect(face.count).toBe(parts.reduce((sum, { triangles }) => sum + triangles.length / 3, 0));
    const first = parts[0].uncertainties.length;
    for (const [name, values] of [
      ['x', [parts[0].positions[0], parts[1].positions[0]]],
      ['nz', [parts[0].normals[2], parts[1].normals[2]]],
      ['green', [parts[0].colours[1], parts[1].colours[1]].map((v) => Math.round(255 * v))],
      ['uncertainty', [parts[0].uncertainties[0], parts[1].uncertainties[0]]],
      ['label', [NONE, 5]],
      ['instance', [NONE, 3]],
      ['feature', [0, 1]],
    ] as const) {
      const column = vertex.columns.get(name);
      expect([column?.[0], column?.[first]]).toEqual(values);
    }
    expect([face.columns.get('label')?.[0], face.columns.get('label')?.at(-1)]).toEqual([NONE, 5]);
  });

  it('names vertices of the same part in its faces', () => {
    const parts = [...separateParts(mesh)];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const last = bytes.length - 21;
    expect(view.getUint8(last)).toBe(3);
    const corners = [0, 1, 2].map((k) => view.getInt32(last + 1 + 4 * k, true) - parts[0].uncertainties.length);
    expect(corners).toEqual([...parts[1].triangles.subarray(-3)]);
  });
});

describe('masks', () => {
  it('keep their numbers in an indexed PNG, with the colours given', async () => {
    const numbers = Uint8Array.of(0, 1, 2, 2, 1, 0);
    const png = indexedPng(3, 2, numbers, [
      [0, 0, 0],
      [200, 10, 10],
      [1, 2, 3],
    ]);
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([3, 2, 3]);
    expect([...data]).toEqual([0, 0, 0, 200, 10, 10, 1, 2, 3, 1, 2, 3, 200, 10, 10, 0, 0, 0]);
    expect((await sharp(png).metadata()).isPalette).toBe(true);
    expect(() => indexedPng(1, 1, Uint8Array.of(0), [])).toThrow(RangeError);
  });

  it('become 16-bit grey beyond 256 numbers', async () => {
    const colours = Array.from({ length: 300 }, () => [0, 0, 0] as const);
    const png = await maskPng(2, 1, Uint16Array.of(299, 4), colours);
    const { data } = await sharp(png)
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    expect([...new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + 4))]).toEqual([299, 4]);
  });

  it('never share a name', () => {
    const taken = new Set<string>();
    expect(['a/1.jpg', 'a_1.png', 'A_1.JPG', '房间 ?.png'].map((name) => maskName(name, taken))).toEqual([
      'a_1.png',
      'a_1-2.png',
      'A_1-3.png',
      '房间 _.png',
    ]);
  });
});

describe('a file and its description', () => {
  const description: ExportDescription = {
    ...{ version: 1, generator: 'Legato', project: 'room', format: 'glb', step: 1, units: 'unknown', up: [0, 0, 1] },
    ...{ settings: {}, figures: {}, features: [], taxonomy: { classes: [], instances: [] } },
  };

  it('are written together, whatever they are called', async () => {
    const file = join(folder, '房间 v1.2.glb');
    expect(await writePair(file, [Uint8Array.of(1, 2)], description)).toEqual([file, `${file}.json`]);
    expect([...(await readFile(file))]).toEqual([1, 2]);
    expect(JSON.parse(await readFile(sidecarName(file), 'utf8'))).toEqual(description);
  });

  it('leave nothing when the first fails half-way, or the second', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    const full = function* (): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw Object.assign(new Error('raw'), { code: 'ENOSPC' });
    };
    const failed = writePair(join(empty, 'a.glb'), full(), description);
    await expect(failed).rejects.toThrow(/disk is full/);
    await expect(failed).rejects.toThrow(FileError);
    expect(await readdir(empty)).toEqual([]);
    await mkdir(join(empty, 'b.glb.json'));
    await expect(writePair(join(empty, 'b.glb'), [Uint8Array.of(1)], description)).rejects.toThrow(FileError);
    expect(await readdir(empty)).toEqual(['b.glb.json']);
  });
});
