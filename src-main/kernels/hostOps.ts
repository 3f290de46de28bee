/**
 * Registers a `HostKernels` as a tfjs backend: the stock cpu kernels under its name, and ours for the custom ops.
 * Output arrays come from the backend's pool; inputs are the tensors' own arrays. Argument checks are the ops' matter.
 */
import * as tf from '@tensorflow/tfjs';
import { ADAM_KERNEL, type AdamAttributes } from './adam';
import { CODEBOOK_LOSS_GRADIENT_KERNEL, CODEBOOK_LOSS_KERNEL, type CodebookLossAttributes } from './codebook';
import { HostBackend } from './hostBackend';
import type { HostKernels, RenderArrays } from './hostKernels';
import { PROBE, planeCount } from './layout';
import { PHOTO_KERNEL, type PhotoAttributes } from './photo';
import { PHOTOMETRIC_GRADIENT_KERNEL, PHOTOMETRIC_KERNEL, type PhotometricAttributes } from './photometric';
import { RENDER_GRADIENT_KERNEL, RENDER_KERNEL, type RenderAttributes } from './render';

type Inputs = Record<string, tf.TensorInfo>;
type HostKernel = (backend: HostBackend, inputs: Inputs, attributes: object) => tf.TensorInfo | tf.TensorInfo[];

function renderArrays(backend: HostBackend, inputs: Inputs): RenderArrays {
  const hasSemantics = inputs.semantics.shape[0] === inputs.geometry.shape[0];
  return {
    geometry: backend.floats(inputs.geometry),
    sphericalHarmonics: backend.floats(inputs.sphericalHarmonics),
    semantics: hasSemantics ? backend.floats(inputs.semantics) : null,
  };
}

function scale(gradient: Float32Array, dy: number): void {
  if (dy !== 1) for (let i = 0; i < gradient.length; i++) gradient[i] *= dy;
}

const KERNELS: Record<string, HostKernel> = {
  [RENDER_KERNEL](backend, inputs, attributes) {
    const { view, semanticsMovesGeometry, state } = attributes as RenderAttributes;
    const { width, height } = view.camera;
    const planes = planeCount(view.channels);
    const image = backend.allocate(planes * width * height);
    const result = backend.kernels.render(renderArrays(backend, inputs), view, semanticsMovesGeometry, image);
    if (state) state.forward = result;
    return backend.adopt(image, [planes, height, width]);
  },

  [RENDER_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { view, state, semanticsMovesGeometry, wanted } = attributes as RenderAttributes;
    const capacity = inputs.geometry.shape[0];
    const shapes = {
      geometry: inputs.geometry.shape,
      sphericalHarmonics: inputs.sphericalHarmonics.shape,
      semantics: inputs.semantics.shape,
      probe: [capacity, PROBE.columns],
    };
    const out = { geometry: null, sphericalHarmonics: null, semantics: null, probe: null } as Record<
      keyof typeof shapes,
      Float32Array | null
    >;
    for (const name of wanted) out[name] = backend.allocate(tf.util.sizeFromShape(shapes[name]));
    const arrays = renderArrays(backend, inputs);
    const forward = state?.forward ?? {};
    backend.kernels.renderGradient(arrays, view, semanticsMovesGeometry, forward, backend.floats(inputs.dy), out);
    return wanted.map((name) => backend.adopt(out[name] as Float32Array, shapes[name]));
  },

  [PHOTOMETRIC_KERNEL](backend, inputs, attributes) {
    const { ssimWeight, state } = attributes as PhotometricAttributes;
    const [planes, height, width] = inputs.image.shape;
    const size = 3 * width * height;
    const gradient = state && backend.allocate(planes * width * height).fill(0, size);
    const loss = backend.kernels.photometric({
      image: backend.floats(inputs.image),
      target: backend.floats(inputs.target),
      mask: inputs.mask ? backend.floats(inputs.mask) : null,
      ...{ width, height, ssimWeight },
      gradient: gradient && gradient.subarray(0, size),
    });
    if (state) state.gradient = gradient;
    return backend.makeTensorInfo([], 'float32', Float32Array.of(loss));
  },

  [PHOTOMETRIC_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { state, shape } = attributes as PhotometricAttributes;
    const gradient = state?.gradient as Float32Array;
    if (state) state.gradient = null;
    scale(gradient, backend.floats(inputs.dy)[0]);
    return backend.adopt(gradient, shape);
  },

  [CODEBOOK_LOSS_KERNEL](backend, inputs, attributes) {
    const { shape, weights, statistics, state } = attributes as CodebookLossAttributes;
    const [[count], [entries, width]] = [inputs.cells.shape, inputs.codebook.shape];
    const gradient = state && backend.allocate(entries * width);
    const input = {
      ...shape,
      cells: backend.floats(inputs.cells),
      codebook: backend.floats(inputs.codebook),
      ...{ count, entries },
    };
    const { assigned, counts } = statistics;
    const { loss, ...parts } = backend.kernels.codebookLoss(input, weights, { gradient, assigned, counts });
    Object.assign(statistics, parts);
    if (state) state.gradient = gradient;
    return backend.makeTensorInfo([], 'float32', Float32Array.of(loss));
  },

  [CODEBOOK_LOSS_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { state } = attributes as CodebookLossAttributes;
    const gradient = state?.gradient as Float32Array;
    if (state) state.gradient = null;
    scale(gradient, backend.floats(inputs.dy)[0]);
    return backend.adopt(gradient, inputs.codebook.shape);
  },

  [ADAM_KERNEL](backend, inputs, attributes) {
    const { rates, ...rest } = attributes as AdamAttributes;
    backend.kernels.adam({
      parameter: backend.floats(inputs.parameter),
      gradient: backend.floats(inputs.gradient),
      firstMoment: backend.floats(inputs.firstMoment),
      secondMoment: backend.floats(inputs.secondMoment),
      columns: rates.length,
      rates,
      ...rest,
    });
    return [];
  },

  [PHOTO_KERNEL](backend, _inputs, attributes) {
    const { rgb, width, height } = attributes as PhotoAttributes;
    const planes = backend.allocate(3 * width * height);
    backend.kernels.photoToPlanes(rgb, width, height, planes);
    return backend.adopt(planes, [3, height, width]);
  },
};

/** Registers the backend once; later calls do nothing. */
export function registerHostBackend(backendName: string, kernels: HostKernels): void {
  if (tf.findBackendFactory(backendName)) return;
  tf.registerBackend(backendName, () => new HostBackend(kernels), 0);
  tf.copyRegisteredKernels('cpu', backendName);
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => kernel(backend as HostBackend, inputs as Inputs, attrs as object),
    });
  }
}
