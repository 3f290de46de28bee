/** Whether a model's graphs open in onnxruntime and take and give what their kind must: the check before a model is used. */
import { join } from 'node:path';
import { ModelError } from '../errors';
import { graphs } from './layout';
import { readModelJson } from './modelFolder';
import type { ModelFolder } from './modelFolder';

export interface Inspection {
  /** d of the embedding or the tokens; null when the graph leaves it open */
  width: number | null;
}

/** Reads the configuration and opens every graph, one after the other. @throws ModelError naming the file */
export async function inspectModel(model: ModelFolder, threads = 1): Promise<Inspection> {
  const { preprocessor, tokenizerConfig, tokenizer } = model.files;
  for (const file of [preprocessor, tokenizerConfig, tokenizer]) if (file !== null) await readModelJson(file);
  const widths: number[] = [];
  for (const { file, input, output } of graphs[model.kind]) {
    const path = join(model.path, file);
    const width = await inspectGraph(path, input, output, threads);
    if (width !== null) widths.push(width);
  }
  if (new Set(widths).size > 1) {
    const [vision, text] = widths;
    throw new ModelError(model.path, `pictures have ${vision} numbers and texts ${text}: not the halves of one model`);
  }
  return { width: widths[0] ?? null };
}

async function inspectGraph(path: string, input: string, output: string, threads: number): Promise<number | null> {
  // Loaded here: who only looks for a model needs no runtime.
  const { InferenceSession } = await import('onnxruntime-node');
  // Nothing is computed here, so the graph is not optimised: that takes longer than opening it.
  const session = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(path, `does not open in onnxruntime (${reason}); pull or copy the model again`, error);
  });
  try {
    const taken = session.inputMetadata.find(({ name }) => name === input);
    const given = session.outputMetadata.find(({ name }) => name === output);
    if (taken === undefined || given === undefined) {
      const has = `takes ${session.inputNames.join(', ')} and gives ${session.outputNames.join(', ')}`;
      throw new ModelError(path, `${has}; expected ${input} and ${output}: this is another kind of model`);
    }
    const rank = input === 'pixel_values' ? 4 : 2;
    if (!taken.isTensor || (taken.shape.length > 0 && taken.shape.length !== rank))
      throw new ModelError(path, `${input} must be a tensor of ${rank} dimensions`);
    if (!given.isTensor || given.type !== 'float32')
      throw new ModelError(path, `${output} must be float32; take the folder’s full-precision graph`);
    const width = given.shape.at(-1);
    return typeof width === 'number' && width > 0 ? width : null;
  } finally {
    await session.release();
  }
}
