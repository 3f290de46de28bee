/** A features folder for a tiny capture without any model: embeddings of regions, so that a codebook has something to find. */
import { mkdir } from 'node:fs/promises';
import { CounterRandom } from '../../../../src-main/base/index';
import { loadCapture } from '../../../../src-main/capture/index';
import { writePhotoFeatures } from '../../../../src-main/language/features/featureFile';
import { writeFeatureIndex } from '../../../../src-main/language/features/featureSource';
import { toHalf } from '../../../../src-main/language/features/half';

const [CLIP, DINO, KINDS] = [8, 4, 6];

/** Unit vectors of six kinds, scattered over a grid, in half floats. */
function embeddings(cells: number, width: number, photo: number, purpose: string): Uint16Array {
  const kinds = new CounterRandom(1, purpose);
  const scattered = new CounterRandom(1, 'kinds of cells', photo);
  const out = new Uint16Array(cells * width);
  for (let cell = 0; cell < cells; cell++) {
    const kind = scattered.integer(cell, KINDS);
    const vector = Array.from({ length: width }, (_, k) => kinds.normal(kind * width + k));
    const norm = Math.hypot(...vector);
    vector.forEach((value, k) => (out[cell * width + k] = toHalf(value / norm)));
  }
  return out;
}

/** @returns names of the photos */
export async function writeFeatures(folder: string, capturePath: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const { photos } = await loadCapture(capturePath);
  const [rows, columns] = [6, 8];
  for (const [at, { name, camera }] of photos.entries()) {
    await writePhotoFeatures(folder, name, {
      stage: 'crops',
      width: camera.width,
      height: camera.height,
      keys: { photo: '0', clip: '1', dino: '2' },
      clipWidth: CLIP,
      dinoWidth: DINO,
      grids: [{ columns, rows, at: 'centres' }],
      clip: embeddings(rows * columns, CLIP, at, 'clip'),
      boxes: null,
      dino: embeddings(rows * columns, DINO, at, 'dino'),
      tokenRows: rows,
      tokenColumns: columns,
      kept: null,
    });
  }
  await writeFeatureIndex(folder, {
    format: 'legato-features-1',
    clip: { name: 'made-up-clip', folder: '/nowhere/clip', digest: 'c', key: '1', width: CLIP },
    dino: { name: 'made-up-dino', folder: '/nowhere/dino', digest: 'd', key: '2', width: DINO },
    detail: 'fast',
    crops: 'pyramid',
    rows: 12,
    photos: photos.map(({ name, camera }, at) => ({
      name,
      heldOut: at === 0,
      width: camera.width,
      height: camera.height,
    })),
  });
  return photos.map(({ name }) => name);
}
