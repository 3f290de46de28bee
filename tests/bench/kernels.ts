/**
 * The native kernels one by one: what a call costs, and what share of the machine that is.
 *
 * The work is counted from the formulas, not from the code: operations that a pair, a pixel or a parameter needs at least, and
 * bytes that must be read or written at least once. A kernel that recomputes or moves more scores lower, as it should.
 */
import { CHANNELS, channelMask, planeCount, type Channel } from '../../src-main/kernels/layout';
import type { NativeAddon } from '../../src-main/kernels/addon';
import { time, type Row } from './measure';
import { benchCamera, type BenchScene } from './scene';

/** α of a pair: offset 2, quadratic form 8, exponential 15, cap and cut 2; blending: transmittance and weight 3. */
const PAIR_FORWARD = 30;
/** α again, then ∂α 8, the six sums 13; per moving channel 2 for q. */
const PAIR_BACKWARD = 30 + 21;
/** SSIM: four maps there and three back through 2 × 11 taps, multiply and add, and the formula itself; L1. */
const PIXEL_PHOTOMETRIC = 7 * 2 * 11 * 2 + 60;
const ADAM_OPERATIONS = 14;
const PARAMETERS = 11 + 48 + 9;

export interface RenderCase {
  readonly scene: BenchScene;
  readonly width: number;
  readonly height: number;
  readonly channels: Channel[];
  /** counted pairs a pixel */
  readonly pairs: number;
}

export function benchRender(addon: NativeAddon, input: RenderCase, threads: number): Row[] {
  const { scene, width, height, pairs } = input;
  addon.setThreads(threads);
  const mask = channelMask(input.channels);
  const planes = planeCount(mask);
  const moving = CHANNELS.reduce((n, c) => n + (mask & c.bit && c.movesGeometry ? c.planes : 0), 0);
  const { fx, fy, cx, cy, worldToCamera } = benchCamera(width, height);
  const args = {
    geometry: scene.geometry,
    sphericalHarmonics: scene.sphericalHarmonics,
    semantics: scene.semantics,
    count: scene.count,
    shDegree: 3,
    ...{ width, height, fx, fy, cx, cy, worldToCamera: [...worldToCamera] },
    background: [0, 0, 0] as [number, number, number],
    channels: mask,
    antialiased: false,
    semanticsMovesGeometry: false,
  };
  const pixels = width * height;
  const image = new Float32Array(planes * pixels);
  const dImage = Float32Array.from(image, (_, i) => Math.sin(i));
  const gradients = {
    geometry: new Float32Array(scene.count * 11),
    sphericalHarmonics: new Float32Array(scene.count * 48),
    semantics: new Float32Array(scene.count * 9),
    probe: new Float32Array(scene.count * 3),
  };
  const rasterizer = new addon.Rasterizer();
  let report = { visible: 0, instances: 0, vectors: 0, frame: 0 };
  const forward = () => (report = rasterizer.forward(args, image, null));
  const forwardTime = time(7, forward);
  const bothTime = time(7, () => {
    forward();
    rasterizer.backward(args, report.frame, dImage, gradients);
  });
  const size = `${scene.count / 1000}k ${width}×${height} C${planes}`;
  const total = pairs * pixels;
  const forwardFlops = total * (PAIR_FORWARD + 2 * planes) + scene.count * 500;
  const backwardFlops = total * (PAIR_BACKWARD + 2 * planes + 2 * moving) + scene.count * 1000;
  const forwardBytes = scene.count * PARAMETERS * 4 + planes * pixels * 4;
  return [
    {
      kernel: 'render',
      size,
      threads,
      timing: forwardTime,
      flops: forwardFlops,
      bytes: forwardBytes,
      note: `${pairs.toFixed(0)} pairs a pixel`,
    },
    {
      kernel: 'render + gradient',
      size,
      threads,
      timing: bothTime,
      flops: forwardFlops + backwardFlops,
      bytes: 2 * forwardBytes + scene.count * PARAMETERS * 4,
      note: `${(rasterizer.memoryBytes() / 1e6).toFixed(0)} MB of scratch`,
    },
  ];
}

export function benchPhotometric(addon: NativeAddon, width: number, height: number, threads: number): Row {
  addon.setThreads(threads);
  const image = Float32Array.from({ length: 3 * width * height }, (_, i) => 0.5 + 0.4 * Math.sin(i));
  const target = Float32Array.from(image, (v, i) => v + 0.05 * Math.cos(i));
  const gradient = new Float32Array(image.length);
  const args = { image, target, mask: null, width, height, ssimWeight: 0.2, gradient };
  const timing = time(15, () => addon.photometric(args));
  const values = 3 * width * height;
  return {
    kernel: 'photometric + gradient',
    size: `${width}×${height}`,
    threads,
    timing,
    flops: values * PIXEL_PHOTOMETRIC,
    bytes: values * 12,
  };
}

export function benchAdam(addon: NativeAddon, count: number, threads: number): Row {
  addon.setThreads(threads);
  const columns = 48;
  const array = () => new Float32Array(count * columns).fill(1e-3);
  const args = {
    parameter: array(),
    gradient: array(),
    firstMoment: array(),
    secondMoment: array(),
    ...{
      count,
      columns,
      rates: new Float32Array(columns).fill(1e-3),
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-15,
      step: 10,
      weightDecay: 0,
    },
  };
  const timing = time(15, () => addon.adam(args));
  const values = count * columns;
  return {
    kernel: 'Adam',
    size: `${count / 1000}k × ${columns}`,
    threads,
    timing,
    flops: values * ADAM_OPERATIONS,
    bytes: values * 28,
  };
}

export function benchNeighbours(addon: NativeAddon, scene: BenchScene, threads: number): Row {
  addon.setThreads(threads);
  const points = new Float32Array(scene.count * 3);
  for (let i = 0; i < scene.count; i++) for (let k = 0; k < 3; k++) points[3 * i + k] = scene.geometry[11 * i + k];
  const out = new Float32Array(scene.count);
  const timing = time(5, () => addon.neighbours(points, scene.count, 3, out));
  // A search of a balanced tree looks at about two leaves of twelve points, eight operations each.
  return {
    kernel: '3 nearest neighbours',
    size: `${scene.count / 1000}k`,
    threads,
    timing,
    flops: scene.count * 200,
    bytes: scene.count * 16,
  };
}

export function benchPhoto(addon: NativeAddon, width: number, height: number): Row {
  addon.setThreads(1);
  const rgb = new Uint8Array(3 * width * height).fill(100);
  const planes = new Float32Array(rgb.length);
  const timing = time(15, () => addon.photoToPlanes(rgb, width, height, planes));
  return {
    kernel: 'photo to planes',
    size: `${width}×${height}`,
    threads: 1,
    timing,
    flops: rgb.length,
    bytes: rgb.length * 5,
  };
}
