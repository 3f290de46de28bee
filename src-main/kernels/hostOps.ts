/**
 * Registers a `HostKernels` as a tfjs backend: the stock cpu kernels under its name, and ours for the custom ops.
 * Output arrays come from the backend's pool; inputs are the tensors' own arrays. Argument checks are the ops' matter.
 */
import * as tf from '@tensorflow/tfjs';
import { ADAM_KERNEL, type AdamAttributes } from './adam';
import { CODEBOOK_LOSS_GRADIENT_KERNEL, CODEBOOK_LOSS_KERNEL, type CodebookLossAttributes } from './codebook';
import { EXPOSE_GRADIENT_KERNEL, EXPOSE_KERNEL, exposePlanes, exposePlanesGradient, EXPOSURE_SHAPE } from './expose';
import {
  GATHER_PIXELS_GRADIENT_KERNEL,
  GATHER_PIXELS_KERNEL,
  GATHER_ROWS_GRADIENT_KERNEL,
  GATHER_ROWS_KERNEL,
  type GatherPixelsAttributes,
  type GatherRowsAttributes,
} from './gather';
import { HostBackend } from './hostBackend';
import type { HostKernels, RenderArrays } from './hostKernels';
import type { NetworkArrays } from './network.reference';
import { PROBE, SAMPLE, SEMANTICS, planeCount } from './layout';
import {
  DECODE_LOSS_GRADIENT_KERNEL,
  DECODE_LOSS_KERNELS,
  NETWORK_GRADIENT_KERNEL,
  NETWORK_KERNELS,
  type DecodeLossAttributes,
  type NetworkAttributes,
} from './network';
import { smoothness, SMOOTHNESS_GRADIENT_KERNEL, SMOOTHNESS_KERNEL, type SmoothnessAttributes } from './smoothness';
import { SAMPLE_GRADIENT_KERNEL, SAMPLE_KERNEL, type SampleAttributes } from './sample';
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

function networkArrays(backend: HostBackend, inputs: Inputs, widths: number[]): NetworkArrays<Float32Array> {
  const layers = widths.slice(1).map((_, l) => l);
  return {
    widths,
    kernels: layers.map((l) => backend.floats(inputs[`kernel${l}`])),
    biases: layers.map((l) => backend.floats(inputs[`bias${l}`])),
  };
}

/** Arrays for the gradients of all layers, and their shapes in the order kernel0, bias0, kernel1, … */
function layerGradients(backend: HostBackend, widths: number[]) {
  const pairs = widths.slice(1).map((out, l) => [widths[l], out] as const);
  const dKernels = pairs.map(([width, out]) => backend.allocate(width * out));
  const dBiases = pairs.map(([, out]) => backend.allocate(out));
  return {
    dKernels,
    dBiases,
    inOrder: dKernels.flatMap((kernel, l) => [kernel, dBiases[l]]),
    shapes: pairs.flatMap(([width, out]) => [[width, out], [out]]),
  };
}

function scale(gradient: Float32Array, dy: number): void {
  if (dy !== 1) for (let i = 0; i < gradient.length; i++) gradient[i] *= dy;
}

const networkKernel: HostKernel = (backend, inputs, attributes) => {
  const { widths } = attributes as NetworkAttributes;
  const [rows] = inputs.input.shape;
  const width = widths[widths.length - 1];
  const output = backend.allocate(rows * width);
  backend.kernels.network(networkArrays(backend, inputs, widths), rows, backend.floats(inputs.input), output);
  return backend.adopt(output, [rows, width]);
};

const decodeLossKernel: HostKernel = (backend, inputs, attributes) => {
  const { widths, labels, priced, weights, report, state } = attributes as DecodeLossAttributes;
  const samples = backend.floats(inputs.samples);
  const layers = state && layerGradients(backend, widths);
  const dSamples = state && backend.allocate(samples.length);
  const out = layers && dSamples ? { dKernels: layers.dKernels, dBiases: layers.dBiases, dSamples } : null;
  const network = networkArrays(backend, inputs, widths);
  Object.assign(report, backend.kernels.decodeLoss(network, samples, labels, priced, weights, out));
  if (state && layers && dSamples) state.gradients = [dSamples, ...layers.inOrder];
  return backend.makeTensorInfo([], 'float32', Float32Array.of(report.loss));
};

const KERNELS: Record<string, HostKernel> = {
  ...Object.fromEntries(NETWORK_KERNELS.map((name) => [name, networkKernel])),
  ...Object.fromEntries(DECODE_LOSS_KERNELS.map((name) => [name, decodeLossKernel])),

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

  [GATHER_ROWS_KERNEL](backend, inputs, attributes) {
    const { rows, shape } = attributes as GatherRowsAttributes;
    const table = backend.floats(inputs.table);
    const out = backend.allocate(rows.length * shape[1]);
    rows.forEach((row, i) => out.set(table.subarray(row * shape[1], (row + 1) * shape[1]), i * shape[1]));
    return backend.adopt(out, [rows.length, shape[1]]);
  },

  [GATHER_ROWS_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { rows, shape } = attributes as GatherRowsAttributes;
    const dy = backend.floats(inputs.dy);
    const gradient = backend.allocate(shape[0] * shape[1]).fill(0);
    rows.forEach((row, i) => {
      for (let k = 0; k < shape[1]; k++) gradient[row * shape[1] + k] += dy[i * shape[1] + k];
    });
    return backend.adopt(gradient, shape);
  },

  [GATHER_PIXELS_KERNEL](backend, inputs, attributes) {
    const { pixels, firstPlane, planes, shape } = attributes as GatherPixelsAttributes;
    const image = backend.floats(inputs.image);
    const size = shape[1] * shape[2];
    const out = backend.allocate(pixels.length * planes);
    pixels.forEach((pixel, i) => {
      for (let k = 0; k < planes; k++) out[i * planes + k] = image[(firstPlane + k) * size + pixel];
    });
    return backend.adopt(out, [pixels.length, planes]);
  },

  [GATHER_PIXELS_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { pixels, firstPlane, planes, shape } = attributes as GatherPixelsAttributes;
    const dy = backend.floats(inputs.dy);
    const size = shape[1] * shape[2];
    const gradient = backend.allocate(shape[0] * size).fill(0);
    pixels.forEach((pixel, i) => {
      for (let k = 0; k < planes; k++) gradient[(firstPlane + k) * size + pixel] += dy[i * planes + k];
    });
    return backend.adopt(gradient, shape);
  },

  [EXPOSE_KERNEL](backend, inputs) {
    const [, height, width] = inputs.image.shape;
    const out = backend.allocate(3 * width * height);
    exposePlanes(backend.floats(inputs.image), backend.floats(inputs.exposure), width * height, out);
    return backend.adopt(out, [3, height, width]);
  },

  [EXPOSE_GRADIENT_KERNEL](backend, inputs) {
    const [planes, height, width] = inputs.image.shape;
    const [image, exposure, dy] = [inputs.image, inputs.exposure, inputs.dy].map((input) => backend.floats(input));
    const dImage = backend.allocate(planes * width * height);
    const dExposure = backend.allocate(EXPOSURE_SHAPE[0] * EXPOSURE_SHAPE[1]);
    exposePlanesGradient(image, exposure, dy, width * height, dImage, dExposure);
    return [backend.adopt(dImage, inputs.image.shape), backend.adopt(dExposure, EXPOSURE_SHAPE)];
  },

  [SMOOTHNESS_KERNEL](backend, inputs, attributes) {
    const { rows, options, state } = attributes as SmoothnessAttributes;
    const [semantics, predicted] = [backend.floats(inputs.semantics), backend.floats(inputs.predicted)];
    return backend.makeTensorInfo(
      [],
      'float32',
      Float32Array.of(smoothness(semantics, rows, predicted, options, state)),
    );
  },

  [SMOOTHNESS_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { rows, state } = attributes as SmoothnessAttributes;
    const { toRows, toPredicted } = state as NonNullable<SmoothnessAttributes['state']>;
    const dy = backend.floats(inputs.dy)[0];
    const [capacity, columns] = inputs.semantics.shape;
    const toSemantics = backend.allocate(capacity * columns).fill(0);
    const out = backend.allocate(toPredicted.length);
    for (let i = 0; i < out.length; i++) out[i] = dy * toPredicted[i];
    rows.forEach((row, i) => {
      for (let k = 0; k < SEMANTICS.dimensions; k++)
        toSemantics[row * columns + k] += dy * toRows[i * SEMANTICS.dimensions + k];
    });
    return [
      backend.adopt(toSemantics, inputs.semantics.shape),
      backend.adopt(out, [rows.length, SEMANTICS.dimensions]),
    ];
  },

  [SAMPLE_KERNEL](backend, inputs, attributes) {
    const { frame, pixels, vote, state } = attributes as SampleAttributes;
    const out = backend.allocate(pixels.length * SAMPLE.columns);
    state.sample = backend.kernels.sampleSemantics(frame, pixels, backend.floats(inputs.semantics), out);
    if (vote) backend.kernels.voteLabels(state.sample, vote.splats, vote.labels);
    return backend.adopt(out, [pixels.length, SAMPLE.columns]);
  },

  [SAMPLE_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { frame, state } = attributes as SampleAttributes;
    const semantics = backend.floats(inputs.semantics);
    const gradient = backend.allocate(semantics.length);
    const dy = backend.floats(inputs.dy);
    backend.kernels.sampleSemanticsGradient(frame, state.sample as object, semantics, dy, gradient);
    return backend.adopt(gradient, inputs.semantics.shape);
  },

  [NETWORK_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { widths, toInput } = attributes as NetworkAttributes;
    const [rows, width] = inputs.input.shape;
    const { dKernels, dBiases, inOrder, shapes } = layerGradients(backend, widths);
    const dInput = toInput ? backend.allocate(rows * width) : null;
    const arrays = networkArrays(backend, inputs, widths);
    const [input, dOutput] = [backend.floats(inputs.input), backend.floats(inputs.dy)];
    backend.kernels.networkGradient(arrays, rows, input, dOutput, { dKernels, dBiases, dInput });
    const first = dInput
      ? backend.adopt(dInput, [rows, width])
      : backend.makeTensorInfo([0, width], 'float32', new Float32Array(0));
    return [first, ...inOrder.map((gradient, i) => backend.adopt(gradient, shapes[i]))];
  },

  [DECODE_LOSS_GRADIENT_KERNEL](backend, inputs, attributes) {
    const { widths, state } = attributes as DecodeLossAttributes;
    const gradients = state?.gradients ?? [];
    if (state) state.gradients = null;
    const dy = backend.floats(inputs.dy)[0];
    const shapes = [inputs.samples.shape, ...widths.slice(1).flatMap((out, l) => [[widths[l], out], [out]])];
    return gradients.map((gradient, i) => {
      scale(gradient, dy);
      return backend.adopt(gradient, shapes[i]);
    });
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

/**
 * tfjs sums the gradients of a parameter that several terms reach with its `Add`, whose kernel for the cpu takes ten nanoseconds a value
 * even where nothing is broadcast: a tenth of a step. Equal shapes take this loop, everything else the stock kernel.
 */
const addKernel: HostKernel = (backend, inputs, attributes) => {
  const { a, b } = inputs;
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || !tf.util.arraysEqual(a.shape, b.shape)) {
    const stock = tf.getKernel(tf.Add, 'cpu').kernelFunc;
    return stock({ inputs, backend, attrs: attributes as tf.NamedAttrMap });
  }
  const [left, right] = [backend.floats(a), backend.floats(b)];
  const sum = backend.allocate(left.length);
  for (let i = 0; i < sum.length; i++) sum[i] = left[i] + right[i];
  return backend.adopt(sum, a.shape);
};

/** Registers the backend once; later calls do nothing. */
export function registerHostBackend(backendName: string, kernels: HostKernels): void {
  if (tf.findBackendFactory(backendName)) return;
  tf.registerBackend(backendName, () => new HostBackend(kernels), 0);
  tf.copyRegisteredKernels('cpu', backendName);
  tf.unregisterKernel(tf.Add, backendName);
  for (const [kernelName, kernel] of Object.entries({ ...KERNELS, [tf.Add]: addKernel })) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => kernel(backend as HostBackend, inputs as Inputs, attrs as object),
    });
  }
}
