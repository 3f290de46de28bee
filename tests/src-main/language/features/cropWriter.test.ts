/**
 * Preprocessing against three witnesses: torch's antialiased interpolation (Pillow's filters in float arithmetic; figures below),
 * a plain float64 resize of the cut crop, and transformers.js's own processor where both are exact.
 *
 * transformers.js resizes with libvips's affine transform, which neither antialiases nor keeps pixel centres (a half-pixel shift),
 * so its result is a witness for scaling, normalising and layout on crops that have the encoder's size already, not for the resize.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AutoImageProcessor, RawImage } from '@huggingface/transformers';
import { describe, expect, it } from 'vitest';
import type { LoadedPhoto } from '../../../../src-main/capture/index';
import { CropWriter, type CropBox } from '../../../../src-main/language/features/cropWriter';
import { readInputFormat, type InputFormat } from '../../../../src-main/language/features/inputFormat';
import { openModelFolder } from '../../../../src-main/language/models/index';
import { PhotoLevels } from '../../../../src-main/language/features/photoLevels';
import type { ResampleFilter } from '../../../../src-main/language/features/resample';
import { freshFolder, tiny } from './helpers';

const picture = (width: number, height: number): Uint8Array =>
  Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return ((pixel % width) * 37 + Math.floor(pixel / width) * 61 + (i % 3) * 17) % 256;
  });

function loaded(width: number, height: number, rgb: Uint8Array, alpha: Uint8Array | null = null): LoadedPhoto {
  const camera = { width, height, fx: 1, fy: 1, cx: 0, cy: 0, worldToCamera: [] };
  return { camera, rgb, alpha, mask: null };
}

const raw = (width: number, height: number, filter: ResampleFilter): InputFormat => ({
  width,
  height,
  filter,
  scale: [1, 1, 1],
  offset: [0, 0, 0],
});

function cut(photo: LoadedPhoto, box: CropBox, format: InputFormat): Float32Array {
  const writer = new CropWriter(format, format);
  const out = new Float32Array(writer.length);
  writer.write(new PhotoLevels(photo), box, out, 0);
  return out;
}

/** The crop, black outside the photo, resized as a picture of its own: bilinear, float64, no tables. */
function plain(rgb: Uint8Array, width: number, height: number, box: CropBox, out: number): Float64Array {
  const size = box.width;
  const pixel = (x: number, y: number, c: number): number => {
    const [u, v] = [x + box.left, y + box.top];
    return u >= 0 && v >= 0 && u < width && v < height ? rgb[3 * (v * width + u) + c] : 0;
  };
  const stretch = Math.max(1, size / out);
  const weight = (i: number, x: number): number =>
    Math.max(0, 1 - Math.abs(x + 0.5 - ((i + 0.5) * size) / out) / stretch);
  const weights = Array.from({ length: out }, (_, i) => {
    const row = Array.from({ length: size }, (_, x) => weight(i, x));
    const sum = row.reduce((total, one) => total + one);
    return row.map((one) => one / sum);
  });
  const result = new Float64Array(3 * out * out);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < out; i++)
      for (let j = 0; j < out; j++) {
        let value = 0;
        for (let y = 0; y < size; y++)
          for (let x = 0; x < size; x++) value += weights[i][y] * weights[j][x] * pixel(x, y, c);
        result[c * out * out + i * out + j] = value;
      }
  return result;
}

/** float32 sums of at most 20 products below 256. */
const TOLERANCE = 1e-3;

describe('resizing', () => {
  // torch.nn.functional.interpolate(…, antialias=True), then clamped to 0 … 255; no halving below ratio 4.
  it('is torch’s antialiased bicubic, enlarging', () => {
    const out = cut(loaded(7, 5, picture(7, 5)), { left: 0, top: 0, width: 7, height: 5 }, raw(12, 8, 'bicubic'));
    const torch = [0, 6.0138, 31.0088, 52.6524, 74.2357, 95.819, 117.4024, 138.9857];
    for (const [i, value] of torch.entries()) expect(Math.abs(out[i] - value)).toBeLessThan(TOLERANCE);
    expect(out.reduce((sum, value) => sum + value, 0) / out.length).toBeCloseTo(125.69528, 3);
    for (const [i, value] of [191.3476, 212.9912, 237.9862, 251.2657].entries())
      expect(Math.abs(out[out.length - 4 + i] - value)).toBeLessThan(TOLERANCE);
  });

  it.each([
    [
      'bicubic',
      [114.2831, 131.1653, 117.3957, 133.8485, 120.9908, 136.4062, 129.7566, 119.0284],
      [118.5566, 129.5324, 124.2932, 129.9428],
    ],
    [
      'bilinear',
      [116.6706, 129.057, 120.207, 131.2869, 123.5247, 135.2074, 127.0019, 121.3739],
      [120.2745, 127.4797, 125.3323, 128.4796],
    ],
  ] as const)('is torch’s antialiased %s, shrinking', (filter, first, last) => {
    const photo = loaded(20, 18, picture(20, 18));
    const out = cut(photo, { left: 0, top: 0, width: 20, height: 18 }, raw(6, 4, filter));
    for (const [i, value] of first.entries()) expect(Math.abs(out[i] - value)).toBeLessThan(TOLERANCE);
    for (const [i, value] of last.entries()) expect(Math.abs(out[out.length - 4 + i] - value)).toBeLessThan(TOLERANCE);
  });

  it.each([
    { left: -6, top: -6, width: 12, height: 12 },
    { left: 20, top: 9, width: 12, height: 12 },
    { left: 5, top: 3, width: 8, height: 8 },
  ])('cuts $left,$top first and pads with black', (box) => {
    const rgb = picture(28, 18);
    const out = cut(loaded(28, 18, rgb), box, raw(9, 9, 'bilinear'));
    const reference = plain(rgb, 28, 18, box, 9);
    for (const [i, value] of out.entries()) expect(Math.abs(value - reference[i])).toBeLessThan(TOLERANCE);
  });

  it('a crop far larger than the input comes from a halving, and looks the same', () => {
    // A smooth picture: halving and filter together must agree with the filter alone to 1.5 steps of 8 bits.
    const [width, height] = [128, 128];
    const smooth = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
      const pixel = Math.floor(i / 3);
      return 128 + 90 * Math.sin((pixel % width) / 17) * Math.cos(Math.floor(pixel / width) / (13 + (i % 3)));
    });
    const box = { left: 0, top: 0, width: 128, height: 128 };
    const out = cut(loaded(width, height, smooth), box, raw(16, 16, 'bilinear'));
    const reference = plain(smooth, width, height, box, 16);
    for (const [i, value] of out.entries()) expect(Math.abs(value - reference[i])).toBeLessThan(1.5);
  });

  it('transparent pixels are black', () => {
    const alpha = new Uint8Array(64).fill(255, 0, 32);
    const out = cut(
      loaded(8, 8, new Uint8Array(192).fill(200), alpha),
      { left: 0, top: 0, width: 8, height: 8 },
      raw(8, 8, 'bicubic'),
    );
    expect([out[0], out[31], out[32], out[63]].map((value) => Math.round(value))).toEqual([200, 200, 0, 0]);
  });
});

describe('normalising', () => {
  it('is transformers.js’s on a crop of the encoder’s size', async () => {
    const folder = await freshFolder();
    const config = {
      image_processor_type: 'CLIPImageProcessor',
      do_resize: true,
      size: { shortest_edge: 16 },
      resample: 3,
      do_center_crop: true,
      crop_size: { height: 16, width: 16 },
      do_rescale: true,
      rescale_factor: 1 / 255,
      do_normalize: true,
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
    };
    const path = join(folder, 'preprocessor_config.json');
    await writeFile(path, JSON.stringify(config));
    const model = await openModelFolder('tiny', tiny('clip'));
    const format = await readInputFormat({ ...model, files: { ...model.files, preprocessor: path } });
    const rgb = picture(40, 30);
    const box = { left: 11, top: 7, width: 16, height: 16 };
    const ours = cut(loaded(40, 30, rgb), box, format);

    const crop = new Uint8ClampedArray(3 * 256);
    for (let y = 0; y < 16; y++) {
      const from = 3 * ((y + 7) * 40 + 11);
      crop.set(rgb.subarray(from, from + 48), 48 * y);
    }
    const processor = await AutoImageProcessor.from_pretrained(folder, { local_files_only: true });
    const { pixel_values: tensor } = (await processor(new RawImage(crop, 16, 16, 3))) as {
      pixel_values: { dims: number[]; data: Float32Array };
    };
    expect(tensor.dims).toEqual([1, 3, 16, 16]);
    // Both are float32; the order of the two divisions differs.
    for (const [i, value] of ours.entries()) expect(Math.abs(value - tensor.data[i])).toBeLessThan(2e-6);
  });

  it('reads sizes in every form, and says which field is wrong', async () => {
    const model = await openModelFolder('tiny', tiny('clip'));
    const path = join(await freshFolder(), 'preprocessor_config.json');
    const read = async (config: object) => {
      await writeFile(path, JSON.stringify(config));
      return readInputFormat({ ...model, files: { ...model.files, preprocessor: path } });
    };
    const normal = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
    expect(await read({ ...normal, size: 224 })).toMatchObject({ width: 224, height: 224, filter: 'bicubic' });
    expect(await read({ ...normal, size: { shortest_edge: 256 }, crop_size: 224 })).toMatchObject({ height: 224 });
    expect(
      await read({ ...normal, size: { shortest_edge: 256 }, crop_size: 224, do_center_crop: false }),
    ).toMatchObject({
      height: 256,
    });
    const bare = await read({ do_normalize: false, size: { height: 16, width: 24 }, resample: 2 });
    expect(bare).toMatchObject({ width: 24, height: 16, filter: 'bilinear' });
    expect(bare.scale[0]).toBeCloseTo(1 / 255, 12);
    await expect(read({ size: 224 })).rejects.toThrow(/preprocessor_config\.json: image_mean, image_std: missing/);
    await expect(read({ ...normal })).rejects.toThrow(/size: missing/);
    await expect(read({ ...normal, size: 3 })).rejects.toThrow(/size/);
    await expect(read({ ...normal, size: 224, image_std: [0, 1, 1] })).rejects.toThrow(/image_std: must be above 0/);
  });
});
