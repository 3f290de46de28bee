/**
 * One ONNX graph in onnxruntime, under the common thread budget: `threads` threads inside an operator, one between operators,
 * and no spinning while a batch is prepared (measured: a third of the CPU time of small batches). A run is synchronous; what
 * comes back is checked for its shape.
 */
import { basename } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ExecutionProvider } from '#contract/languageMessages';
import { ModelError } from '../errors';

export interface GraphOptions {
  readonly provider: ExecutionProvider;
  /** at least 1 */
  readonly threads: number;
  /** where to write a profile of its runs: the start of a path; null for none */
  readonly profile?: string | null;
}

/** What was asked for does not run on this machine. */
export class ProviderError extends Error {
  override name = 'EnvironmentError';
}

export interface GraphOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export class GraphSession {
  readonly file: string;
  /** of the picture input: [batch, 3, height, width], null where the graph leaves it open */
  readonly inputShape: readonly (number | null)[];
  readonly outputs: readonly string[];
  readonly #session: InferenceSession;

  private constructor(file: string, session: InferenceSession, inputShape: readonly (number | null)[]) {
    this.file = file;
    this.#session = session;
    this.inputShape = inputShape;
    this.outputs = session.outputNames;
  }

  /** @throws ModelError when it is no graph of pictures, ProviderError when the provider is not to be had */
  static async open(file: string, { provider, threads, profile }: GraphOptions): Promise<GraphSession> {
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(file, {
        executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        // Names and shapes of the standard operators survive in a profile up to the basic level.
        graphOptimizationLevel: profile ? 'basic' : 'all',
        enableProfiling: Boolean(profile),
        ...(profile ? { profileFilePrefix: profile } : {}),
        logSeverityLevel: 3,
        extra: { 'session.intra_op.allow_spinning': '0' },
      });
    } catch (error) {
      const reason = firstLine(error);
      if (provider !== 'cpu' && !/protobuf|no such file|model/i.test(reason)) {
        throw new ProviderError(`${provider}: not available here (${reason}); use --provider cpu`);
      }
      throw new ModelError(file, `onnxruntime cannot load it (${reason}); copy the model folder again`, error);
    }
    const input = session.inputMetadata.find(({ name }) => name === 'pixel_values');
    if (!input?.isTensor || input.type !== 'float32' || input.shape.length !== 4) {
      await session.release();
      throw new ModelError(
        file,
        'has no float32 input "pixel_values" [batch, 3, height, width]; use the float32 export',
      );
    }
    const extra = session.inputNames.filter((name) => name !== 'pixel_values');
    if (extra.length > 0) {
      await session.release();
      throw new ModelError(file, `also asks for ${extra.join(', ')}; use the export of the picture encoder alone`);
    }
    const shape = input.shape.map((size) => (typeof size === 'number' ? size : null));
    return new GraphSession(file, session, shape);
  }

  /**
   * @param pixels  [batch, 3, height, width], read before this returns
   * @param names  outputs that are wanted
   * @throws ModelError when onnxruntime refuses the input or an output is no float32 tensor
   */
  async run(pixels: Float32Array, dims: readonly number[], names: readonly string[]): Promise<GraphOutput[]> {
    const length = dims.reduce((product, size) => product * size, 1);
    let results: InferenceSession.OnnxValueMapType;
    try {
      const input = new Tensor('float32', pixels.subarray(0, length), dims);
      results = await this.#session.run({ pixel_values: input }, names);
    } catch (error) {
      throw new ModelError(
        this.file,
        `onnxruntime failed on pictures [${dims.join(', ')}] (${firstLine(error)})`,
        error,
      );
    }
    return names.map((name) => {
      const { data, dims: shape } = results[name];
      if (!(data instanceof Float32Array))
        throw new ModelError(this.file, `output "${name}" is not float32; use the float32 export`);
      return { data, dims: shape };
    });
  }

  /** Writes the profile, where one was asked for. */
  endProfiling(): void {
    this.#session.endProfiling();
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  get name(): string {
    return basename(this.file);
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0].slice(0, 300);
}
