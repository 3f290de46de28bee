/**
 * What one forward pass of a graph costs, counted from the graph itself: it is run once on one picture with onnxruntime's
 * profiler, which names every operator with the shapes that it really saw and the bytes that were in use.
 *
 *   MatMul, Gemm   2 · |out| · K         K = inner dimension
 *   Conv           2 · |out| · C_in/groups · kernel area
 *   attention      2 · 2 · batch · queries · keys · width        (operators that exporters fuse)
 *
 * Elementwise operators are left out: below 2 % in the networks that are used here. A network without any of the operators
 * above has no count (null).
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { GraphSession } from './graphSession';

export interface GraphCost {
  /** floating-point operations a picture, 2 for a multiply-add */
  readonly flops: number | null;
  /** bytes in use beyond the weights while one picture passes */
  readonly activationBytes: number;
  /** bytes of the weights in memory */
  readonly weightBytes: number;
}

const shapes = z.array(z.record(z.string(), z.array(z.number())));
const bytes = z.coerce.number().catch(0);
const profiled = z.object({
  cat: z.literal('Node'),
  args: z.object({
    op_name: z.string(),
    input_type_shape: shapes,
    output_type_shape: shapes,
    mem_in_use_peak: bytes,
    mem_bytes_in_use: bytes,
  }),
});

const volume = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

const MATRIX_PRODUCTS = new Set([
  'MatMul',
  'Gemm',
  'FusedMatMul',
  'FusedGemm',
  'MatMulInteger',
  'QLinearMatMul',
  'DynamicQuantizeMatMul',
  'MatMulNBits',
]);
const CONVOLUTIONS = new Set(['Conv', 'FusedConv', 'ConvInteger', 'QLinearConv']);

/** Operations of one operator; 0 for those that are not counted. */
export function operatorFlops(name: string, inputs: readonly number[][], outputs: readonly number[][]): number {
  const [a, b] = inputs;
  const out = outputs[0];
  if (!a || !out) return 0;
  if (MATRIX_PRODUCTS.has(name)) {
    // A transposed first matrix keeps its number of elements: K = |A| / (batch · rows of the result).
    const rows = volume(out.slice(0, -1));
    return rows === 0 ? 0 : 2 * volume(out) * (name === 'Gemm' ? volume(a) / rows : a[a.length - 1]);
  }
  if (CONVOLUTIONS.has(name)) {
    const kernel = name === 'QLinearConv' ? inputs[3] : b;
    return kernel && kernel.length > 1 ? 2 * volume(out) * volume(kernel.slice(1)) : 0;
  }
  if (name === 'MultiHeadAttention' && b) return 4 * a[0] * a[1] * b[1] * a[2];
  if (name === 'Attention' && b) return 2 * volume(a) * b[1] + 4 * a[0] * a[1] * a[1] * (b[1] / 3);
  return 0;
}

/** Reads a profile of one run. @param batch  pictures of that run */
export function readProfile(text: string, batch: number): GraphCost {
  const events: unknown = JSON.parse(text);
  let flops = 0;
  let first: number | null = null;
  let peak = 0;
  for (const event of Array.isArray(events) ? events : []) {
    const parsed = profiled.safeParse(event);
    if (!parsed.success) continue;
    const { op_name: name, input_type_shape: inputs, output_type_shape: outputs, ...memory } = parsed.data.args;
    const dims = (list: Record<string, number[]>[]): number[][] => list.map((entry) => Object.values(entry)[0] ?? []);
    flops += operatorFlops(name, dims(inputs), dims(outputs));
    first ??= memory.mem_bytes_in_use;
    peak = Math.max(peak, memory.mem_in_use_peak);
  }
  const weightBytes = first ?? 0;
  const activationBytes = Math.max(0, peak - weightBytes) / batch;
  return { flops: flops > 0 ? flops / batch : null, activationBytes, weightBytes };
}

/**
 * Runs a graph once on an empty picture and counts.
 *
 * @throws ModelError when the graph does not run at this size
 */
export async function graphCost(
  file: string,
  size: { width: number; height: number },
  outputs: readonly string[],
  threads: number,
): Promise<GraphCost> {
  const folder = await mkdtemp(join(tmpdir(), 'legato-profile-'));
  try {
    const session = await GraphSession.open(file, { provider: 'cpu', threads, profile: join(folder, 'run') });
    try {
      const pixels = new Float32Array(3 * size.width * size.height);
      await session.run(pixels, [1, 3, size.height, size.width], outputs);
      session.endProfiling();
    } finally {
      await session.release();
    }
    const [name] = await readdir(folder);
    return readProfile(await readFile(join(folder, name), 'utf8'), 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
