/**
 * What fusing depth costs: a room of 5 × 4 × 2.5 m seen from inside by 24 cameras of 320 × 240, in voxels of 2 cm.
 *
 *   npm run bench -- mesh
 *
 * Floor of `integrate`: the voxels that a view changes must be read and written once (distance and weight 8 bytes, and near the
 * surface 52 more); a projection, a plane and a mean take about 40 operations a voxel. They are counted from the voxels themselves.
 * Floor of `march`: every distance and weight read once, and what comes out written once.
 */
import os from 'node:os';
import { loadAddon } from '../../src-main/kernels/addon';
import { marchingTable } from '../../src-main/kernels/marchingTable';
import { lookAt, observe, type Surface, type Vector } from '../src-main/kernels/analytic';
import { format, header, time } from './measure';

const VOXEL = 0.02;
const [LONG, WIDE, HIGH] = [5, 4, 2.5];
const VIEWS = 24;
const FLOPS_PER_VOXEL = 40;
const [ALWAYS, NEAR] = [2 * 8, 2 * 52];

/** The inside of a box about the origin. */
const room: Surface = (from, direction) =>
  Math.min(
    ...[LONG, WIDE, HIGH].map((side, k) => {
      const t = ((Math.sign(direction[k]) * side) / 2 - from[k]) / direction[k];
      return t > 0 ? t : Infinity;
    }),
  );

export function printMeshCost(): void {
  const addon = loadAddon();
  const views = Array.from({ length: VIEWS }, (_, i) => {
    const angle = (2 * Math.PI * i) / VIEWS;
    const from: Vector = [Math.cos(angle), 0.8 * Math.sin(angle), 0.3 * Math.sin(3 * angle)];
    const to: Vector = [-2 * Math.cos(angle), -2 * Math.sin(angle), Math.sin(2 * angle)];
    const { camera, ...planes } = observe(lookAt(from, to, 320, 260), room, ([x, y]) => (x > 0 ? 1 : y > 0 ? 2 : 3));
    const { fx, fy, cx, cy, worldToCamera } = camera;
    return { ...planes, width: 320, height: 320, fx, fy, cx, cy, worldToCamera: [...worldToCamera] };
  });
  console.log(
    `${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.availableParallelism()} cores, Node ${process.version}`,
  );
  for (const threads of new Set([1, os.availableParallelism()])) {
    addon.setThreads(threads);
    const machine = addon.measureMachine();
    const volume = new addon.Volume({ voxel: VOXEL, truncation: 3 * VOXEL, maxBlocks: 100_000 });
    for (const view of views) volume.integrate(view);
    const before = volume.read();
    volume.integrate(views[0]);
    const after = volume.read();
    let [changed, near] = [0, 0];
    for (let i = 0; i < after.weight.length; i++) {
      if (after.weight[i] === before.weight[i]) continue;
      changed++;
      if (Math.abs(after.distance[i]) < 3 * VOXEL) near++;
    }
    const integrate = time(5, () => volume.integrate(views[0]));
    const surface = volume.march(marchingTable, 0);
    const march = time(3, () => volume.march(marchingTable, 0));
    const blocks = volume.blocks();
    console.log(
      `\n${threads} ${threads === 1 ? 'thread' : 'threads'}: ${machine.gigaflops.toFixed(0)} GFLOP/s, ` +
        `${machine.gigabytesPerSecond.toFixed(1)} GB/s read; ${blocks.toLocaleString('en')} blocks, ` +
        `${(volume.memoryBytes() / 2 ** 20).toFixed(0)} MB\n${header}`,
    );
    const size = `${(changed / 1000).toFixed(0)}k of ${((blocks * 512) / 1000).toFixed(0)}k voxels`;
    const bytes = ALWAYS * changed + NEAR * near;
    console.log(
      format(
        { kernel: 'integrate', size, threads, timing: integrate, flops: FLOPS_PER_VOXEL * changed, bytes },
        machine,
      ),
    );
    const vertices = surface.labels.length;
    console.log(
      format(
        {
          ...{
            kernel: 'march',
            size: `${(surface.triangles.length / 3000).toFixed(0)}k triangles`,
            threads,
            timing: march,
          },
          ...{ flops: 30 * vertices, bytes: blocks * 512 * 8 + 30 * vertices + 4 * surface.triangles.length },
        },
        machine,
      ),
    );
    volume.release();
  }
}
