/**
 * The codebook's kernels on a chunk of 16,384 cells of d = 896 against 128 entries, beside onnxruntime's MatMul of that shape, which
 * does the product alone: neither norms nor argmax. Same threads, one process, the calls in turn, best of five.
 */
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import type { NativeAddon } from '../../src-main/kernels/addon';
import { time, type Row } from './measure';

const [CELLS, CLIP, DINO, ENTRIES] = [16_384, 512, 384, 128];
const WIDTH = CLIP + DINO;
const PRODUCT = 2 * CELLS * WIDTH * ENTRIES;

function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296 - 0.5;
  });
}

/** Best wall time of several runs of two calls in turn, ms. */
async function bestInTurn(a: () => void, b: () => Promise<unknown>): Promise<[number, number]> {
  const best: [number, number] = [Infinity, Infinity];
  for (let run = 0; run < 6; run++) {
    const start = performance.now();
    a();
    const middle = performance.now();
    await b();
    if (run === 0) continue; // the first run allocates
    best[0] = Math.min(best[0], middle - start);
    best[1] = Math.min(best[1], performance.now() - middle);
  }
  return best;
}

export async function benchCodebook(addon: NativeAddon, threads: number): Promise<Row[]> {
  addon.setThreads(threads);
  const cells = noise(CELLS * WIDTH);
  const codebook = noise(ENTRIES * WIDTH);
  const shape = { clipWidth: CLIP, dinoWidth: DINO, dinoWeight: 0.5 };
  const input = { ...shape, cells, codebook, count: CELLS, entries: ENTRIES };
  const indices = new Int32Array(CELLS);
  const similarity = new Float32Array(CELLS);
  const assign = () => addon.assignCells({ ...input, indices, similarity });

  const options = { intraOpNumThreads: threads, interOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(join(import.meta.dirname, 'models', 'matmul.onnx'), options);
  const feeds = { F: new ort.Tensor('float32', cells, [CELLS, WIDTH]) };
  const [ours, theirs] = await bestInTurn(assign, () => session.run(feeds));
  await session.release();

  const outputs = { gradient: new Float32Array(ENTRIES * WIDTH), assigned: indices, counts: new Int32Array(ENTRIES) };
  const weights = { cosineWeight: 1, balanceWeight: 0.5, temperature: 0.1 };
  const loss = () => void addon.codebookLoss({ ...input, ...weights, ...outputs });
  const size = `16k × ${WIDTH} × ${ENTRIES}`;
  const bytes = 4 * (cells.length + codebook.length);
  const note = `onnxruntime MatMul ${theirs.toFixed(1)} ms, ours ${ours.toFixed(1)} ms: ${(ours / theirs).toFixed(2)}×`;
  return [
    { kernel: 'codebook assignment', size, threads, timing: time(5, assign), flops: PRODUCT, bytes, note },
    { kernel: 'codebook loss + gradient', size, threads, timing: time(5, loss), flops: 2 * PRODUCT, bytes: 2 * bytes },
  ];
}
