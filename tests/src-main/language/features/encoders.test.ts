/** Encoders on graphs whose answers one can compute: means of colours. Tolerance 2e-3: float16 keeps 11 bits. */
import { describe, expect, it } from 'vitest';
import { ClipEncoder } from '../../../../src-main/language/features/clipEncoder';
import { DinoEncoder } from '../../../../src-main/language/features/dinoEncoder';
import { graphCost, operatorFlops } from '../../../../src-main/language/features/graphCost';
import { GraphSession } from '../../../../src-main/language/features/graphSession';
import { fromHalves } from '../../../../src-main/language/features/half';
import { openModelFolder } from '../../../../src-main/language/models/index';
import { patchWindows } from '../../../../src-main/language/features/patchWindows';
import { PhotoLevels } from '../../../../src-main/language/features/photoLevels';
import { tiny } from './helpers';

const options = { provider: 'cpu', threads: 1 } as const;
const dinoOptions = { ...options, tokenRows: 4, memoryBytes: 2 ** 30 };

/** 24×16 px: left half (1, 0.2, 0), right half (0, 0.4, 1). */
function photo() {
  const rgb = Uint8Array.from({ length: 3 * 24 * 16 }, (_, i) => {
    const left = Math.floor(i / 3) % 24 < 12;
    return (left ? [255, 51, 0] : [0, 102, 255])[i % 3];
  });
  const camera = { width: 24, height: 16, fx: 1, fy: 1, cx: 0, cy: 0, worldToCamera: [] };
  return { name: 'photo', levels: new PhotoLevels({ camera, rgb, alpha: null, mask: null }) };
}

const unit = (vector: number[]): number[] => vector.map((one) => one / Math.hypot(...vector));
const LEFT = unit([1, 0.2, 0, 1]);
const RIGHT = unit([0, 0.4, 1, 1]);

function expectRow(values: Uint16Array, row: number, expected: readonly number[], tolerance = 2e-3): void {
  const floats = new Float32Array(values.length);
  fromHalves(values, floats);
  for (const [i, value] of expected.entries())
    expect(Math.abs(floats[row * expected.length + i] - value)).toBeLessThan(tolerance);
}

describe('CLIP', () => {
  it('embeds crops in batches as unit vectors', async () => {
    const clip = await ClipEncoder.open(await openModelFolder('tiny', tiny('clip')), options);
    expect(clip).toMatchObject({ width: 4, input: { width: 8, height: 8 }, hasPatches: true, cropBytes: 768 });
    const boxes = [0, 12, 4].map((left) => ({ left, top: 4, width: 8, height: 8 }));
    const out = new Uint16Array(12);
    await clip.embed(photo(), boxes, 0, 2, out);
    await clip.embed(photo(), boxes, 2, 3, out);
    for (const [row, expected] of [LEFT, RIGHT, LEFT].entries()) expectRow(out, row, expected);
    // The lower half of a crop at the lower edge is black.
    await clip.embed(photo(), [{ left: 0, top: 12, width: 8, height: 8 }], 0, 1, out);
    expectRow(out, 0, unit([0.5, 0.1, 0, 1]));
    await clip.release();
  });

  it('previews with its patches, or with the one vector of the photo', async () => {
    const clip = await ClipEncoder.open(await openModelFolder('tiny', tiny('clip')), options);
    const patches = await clip.preview(photo());
    expect([patches.rows, patches.columns]).toEqual([2, 2]);
    // Shrinking by 3 across, the filter sees up to 3 px of the other colour.
    for (const [row, expected] of [LEFT, RIGHT, LEFT, RIGHT].entries()) expectRow(patches.values, row, expected, 0.06);
    const plain = await ClipEncoder.open(await openModelFolder('plain', tiny('plain')), options);
    expect(plain.hasPatches).toBe(false);
    const whole = await plain.preview(photo());
    expect([whole.rows, whole.columns]).toEqual([1, 1]);
    expectRow(whole.values, 0, unit([0.5, 0.3, 0.5, 1]));
    await Promise.all([clip.release(), plain.release()]);
  });

  it('names photo and crop when an embedding is no number', async () => {
    const clip = await ClipEncoder.open(await openModelFolder('nan', tiny('nan')), options);
    const boxes = [12, 0].map((left) => ({ left, top: 4, width: 8, height: 8 }));
    const encoding = clip.embed(photo(), boxes, 0, 2, new Uint16Array(8));
    await expect(encoding).rejects.toThrow(/^photo: model "nan" answers crop 2 of 2 with values that are no numbers/);
    await clip.release();
  });

  it('refuses a graph that is none, or that lacks what is needed', async () => {
    const dino = await openModelFolder('dino', tiny('dino'));
    await expect(ClipEncoder.open({ ...dino, kind: 'clip' }, options)).rejects.toThrow(/has no output "image_embeds"/);
    const broken = { ...dino, files: { ...dino.files, vision: dino.files.config } };
    await expect(ClipEncoder.open(broken, options)).rejects.toThrow(/config\.json: onnxruntime cannot load it/);
    await expect(GraphSession.open(dino.files.vision, { provider: 'cuda', threads: 1 })).rejects.toThrow(
      /^cuda: not available here .*use --provider cpu/,
    );
  });
});

describe('DINO', () => {
  it('takes a photo whole where the graph does', async () => {
    const dino = await DinoEncoder.open(
      await openModelFolder('dino', tiny('dino')),
      { width: 24, height: 16 },
      dinoOptions,
    );
    expect(dino).toMatchObject({ width: 4, passes: 1, input: { width: 24, height: 16 }, note: null });
    const { rows, columns, values } = await dino.tokens(photo());
    expect([rows, columns]).toEqual([4, 6]);
    for (let token = 0; token < 24; token++) expectRow(values, token, token % 6 < 3 ? LEFT : RIGHT);
    await dino.release();
  });

  it('in windows gives the same tokens, since these see one patch each', async () => {
    const model = await openModelFolder('fixed', tiny('fixed'));
    const dino = await DinoEncoder.open(model, { width: 24, height: 16 }, dinoOptions);
    expect(dino).toMatchObject({ passes: 2, input: { width: 16, height: 16 } });
    const { rows, columns, values } = await dino.tokens(photo());
    expect([rows, columns]).toEqual([4, 6]);
    for (let token = 0; token < 24; token++) expectRow(values, token, token % 6 < 3 ? LEFT : RIGHT);
    await dino.release();
  });

  it('goes in windows, and says so, where the whole photo would not fit', async () => {
    const model = await openModelFolder('dino', tiny('dino'));
    const dino = await DinoEncoder.open(model, { width: 24, height: 16 }, { ...dinoOptions, memoryBytes: 1 });
    expect(dino.note?.message).toMatch(/24×16 px would take \d+ MB: photos go in windows/);
    expect(dino.passes).toBe(2);
    await dino.release();
  });

  it('says when patches do not fit the graph', async () => {
    const model = await openModelFolder('dino', tiny('dino'));
    const wrong = { ...model, files: { ...model.files, config: model.files.preprocessor } };
    await expect(DinoEncoder.open(wrong, { width: 24, height: 16 }, dinoOptions)).rejects.toThrow(/patch_size/);
  });
});

describe('windows', () => {
  it('cover the token grid evenly, and never enlarge a photo without need', () => {
    expect(patchWindows({ width: 300, height: 200 }, 10, 15, null)).toMatchObject({ rows: 15, columns: 23 });
    expect(patchWindows({ width: 300, height: 100 }, 10, 15, null)).toMatchObject({ rows: 10, columns: 30 });
    const windows = patchWindows({ width: 300, height: 200 }, 10, 15, { width: 100, height: 100 });
    expect(windows.origins).toEqual([0, 5].flatMap((row) => [0, 7, 13].map((column) => ({ row, column }))));
    // A photo smaller than the window is enlarged to it.
    expect(patchWindows({ width: 50, height: 40 }, 10, 15, { width: 100, height: 100 })).toMatchObject({
      rows: 10,
      columns: 13,
    });
  });
});

describe('operations', () => {
  it('are counted as one does by hand', () => {
    expect(
      operatorFlops(
        'MatMul',
        [
          [2, 65, 64],
          [64, 192],
        ],
        [[2, 65, 192]],
      ),
    ).toBe(2 * 2 * 65 * 192 * 64);
    // The second matrix is not listed once onnxruntime has packed it.
    expect(operatorFlops('MatMul', [[2, 65, 64]], [[2, 65, 192]])).toBe(2 * 2 * 65 * 192 * 64);
    expect(operatorFlops('Gemm', [[3, 10], [10, 7], [7]], [[3, 7]])).toBe(2 * 3 * 7 * 10);
    expect(
      operatorFlops(
        'Conv',
        [
          [1, 8, 10, 10],
          [16, 4, 3, 3],
        ],
        [[1, 16, 10, 10]],
      ),
    ).toBe(2 * 1600 * 36);
    expect(
      operatorFlops(
        'MultiHeadAttention',
        [
          [1, 10, 64],
          [1, 12, 64],
        ],
        [[1, 10, 64]],
      ),
    ).toBe(4 * 10 * 12 * 64);
    expect(operatorFlops('Softmax', [[1, 10, 64]], [[1, 10, 64]])).toBe(0);
  });

  it('are those of a graph that was run', async () => {
    // 16 patches of 3 values through a 3×4 matrix.
    const cost = await graphCost(
      `${tiny('dino')}/onnx/model.onnx`,
      { width: 16, height: 16 },
      ['last_hidden_state'],
      1,
    );
    expect(cost.flops).toBe(2 * 16 * 4 * 3);
    // At least the input of 3 KB is in use at some time.
    expect(cost.activationBytes).toBeGreaterThan(300);
  });
});
