/**
 * A trained demo room's mesh against its true surface.
 *
 *   npm run bench -- mesh room.legato [--voxel 0.02] [--truth] [--glb FILE] [--picture FILE.png]
 *
 * True labels are lifted onto splats from the truth's class maps by blending weight, as training lifts index maps; what they then
 * become on the mesh is measured.
 *
 *   accuracy       mean distance of points on the mesh (200,000, by area) to the nearest true point
 *   completeness   mean distance of true points to the nearest point on the mesh;   chamfer = mean of both
 *   F at τ         harmonic mean of the shares of both that lie within τ, at 1 % and 2 % of the room's longest side
 *   labels         share of the mesh's vertices that carry the class of the nearest true point, of those with one within 1 % or 2 %;
 *                  a vertex of a seam carries those of the parts that share it. What is wrong is told by how far the next true point of
 *                  its class is, which tells borders that lie a little beside from splats that are labelled otherwise
 *
 * --truth fuses the truth's own depth and class maps instead of splats: what the way from pictures to a mesh costs by itself.
 *
 * True points stand 2 cm apart and are those that some photo sees. Distances above 4 % of the side count as that.
 */
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import { reduceCamera } from '#contract/camera';
import { CounterRandom } from '../../src-main/base/index';
import { readTruth, truthMap } from '../../src-main/capture/demo/index';
import { render, sampleWeights, Volume, type RenderFrame } from '../../src-main/kernels/index';
import {
  cutAlongLabels,
  dropSmallPieces,
  meshDefaults,
  meshOf,
  NONE,
  segmentsOf,
  type MeshSettings,
  type Segmentation,
  type SegmentedMesh,
  type SplatLabels,
} from '../../src-main/mesh/index';
import { LabelLift } from '../../src-main/semantics/index';
import { exportTrained } from '../../src-main/studio/exportProject';
import { idsOf, meshSceneOf } from '../../src-main/studio/exportScene';
import { readTruthSurface, type TruthSurface } from '../../src-main/studio/surfaceClasses';
import { openTrainedScene, type TrainedScene } from '../../src-main/studio/trainedScene';
import { drawMesh } from './meshPicture';
import { PointGrid } from './pointGrid';

const SAMPLES = 200_000;

/** Classes of all splats by the truth's maps of the photos that were trained on. */
export async function trueLabels(trained: TrainedScene): Promise<SplatLabels> {
  const { scene, photos, heldOut, settings, capture } = trained;
  const truth = await readTruth(capture);
  const { liftGate: gate, liftPower: power } = settings;
  const lift = new LabelLift(scene.count, 255, { gate, power });
  const kept = new Set(heldOut.map(({ name }) => name));
  for (const photo of photos.filter(({ name }) => !kept.has(name))) {
    const camera = reduceCamera(photo.camera, settings.resolution);
    const { data, info } = await sharp(truthMap(capture, 'class', photo.name))
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const size = camera.width * camera.height;
    const labels = Uint8Array.from({ length: size }, (_, i) => {
      const x = Math.floor((((i % camera.width) + 0.5) * info.width) / camera.width);
      const y = Math.floor(((Math.floor(i / camera.width) + 0.5) * info.height) / camera.height);
      return data[(y * info.width + x) * info.channels];
    });
    const frame: RenderFrame = { forward: null, view: null };
    tf.tidy(() => {
      render(scene, camera, {
        ...{ count: scene.count, shDegree: 0, background: [0, 0, 0], antialiased: settings.antialiased },
        ...{ channels: ['alpha'], semanticsMovesGeometry: false, frame },
      });
      lift.addView(
        sampleWeights(
          frame,
          Int32Array.from({ length: size }, (_, i) => i),
          gate,
        ),
        labels,
      );
    });
  }
  const { labels } = lift.result();
  return {
    taxonomy: { classes: truth.classes, instances: truth.instances },
    ids: idsOf(trained).slice(0, scene.count),
    classes: Int32Array.from(labels, (label) => (label === 0 ? NONE : label)),
    instances: new Int32Array(scene.count).fill(NONE),
  };
}

/** The truth's depth and class maps through the same volume. */
async function meshOfTruth(
  { photos, heldOut, settings: trained, capture }: TrainedScene,
  { segments }: Segmentation,
  settings: MeshSettings,
): Promise<{ mesh: SegmentedMesh; report: object }> {
  const voxel = settings.voxel ?? 0.02;
  const { truncation, maxBlocks } = settings;
  const volume = new Volume({ voxel, truncation: truncation * voxel, maxBlocks });
  const kept = new Set(heldOut.map(({ name }) => name));
  const segmentOf = new Map(segments.map(({ classId }, segment) => [classId, segment]));
  for (const photo of photos.filter(({ name }) => !kept.has(name))) {
    const camera = reduceCamera(photo.camera, trained.resolution);
    const size = camera.width * camera.height;
    const { data } = await sharp(truthMap(capture, 'depth', photo.name))
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const depths = new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
    const classes = await sharp(truthMap(capture, 'class', photo.name))
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    volume.integrate({
      ...{ camera, weight: 1, confidence: new Float32Array(size).fill(1) },
      depth: Float32Array.from(depths, (depth) => depth / 1000),
      labels: Uint16Array.from(classes, (id) => segmentOf.get(id) ?? 0),
      ...{ rgb: new Float32Array(3 * size).fill(0.5), uncertainty: new Float32Array(size) },
    });
  }
  const blocks = volume.blocks;
  const { surface, pieces, dropped } = dropSmallPieces(
    volume.surface(settings.leastWeight),
    settings.leastPiece * voxel ** 2,
  );
  volume.dispose();
  return {
    mesh: cutAlongLabels(surface),
    report: { voxel, blocks, pieces, dropped, triangles: surface.triangles.length / 3 },
  };
}

/** Points on a mesh, as many in each area. */
function samplesOf({ positions: p, parts }: SegmentedMesh): Float32Array {
  const triangles = [...parts.values()].flatMap((list) => [list]);
  const areas: number[] = [];
  let total = 0;
  const corners: [number, number, number][] = [];
  for (const list of triangles)
    for (let t = 0; t < list.length; t += 3) {
      const [a, b, c] = [3 * list[t], 3 * list[t + 1], 3 * list[t + 2]];
      const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
      const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
      total += Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2;
      areas.push(total);
      corners.push([a, b, c]);
    }
  const random = new CounterRandom(1, 'mesh samples');
  const out = new Float32Array(3 * SAMPLES);
  // Evenly along the running area, so that one walk finds every triangle.
  for (let i = 0, t = 0; i < SAMPLES; i++) {
    const at = ((i + random.uniform(3 * i)) / SAMPLES) * total;
    while (t + 1 < areas.length && areas[t] < at) t++;
    const root = Math.sqrt(random.uniform(3 * i + 1));
    const share = random.uniform(3 * i + 2);
    const [a, b, c] = corners[t];
    for (let k = 0; k < 3; k++)
      out[3 * i + k] = (1 - root) * p[a + k] + root * ((1 - share) * p[b + k] + share * p[c + k]);
  }
  return out;
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);

function distances(from: Float32Array, to: Float32Array, reach: number): number[] {
  const grid = new PointGrid(to, reach / 6);
  return Array.from({ length: from.length / 3 }, (_, i) => grid.nearest(from, i, reach).distance);
}

/** Where a wrong vertex's own class is to be found, centimetres. */
const NEARBY = [0.02, 0.04, 0.08];

interface LabelQuality {
  readonly reach: number;
  readonly all: number;
  /** vertices with a true point within reach, and those of them with its class */
  readonly known: number;
  readonly right: number;
  /** of the known, those on a seam */
  readonly seams: number;
  readonly wrong: readonly { readonly within: string; readonly count: number }[];
  /** "class true class" → vertices */
  readonly pairs: ReadonlyMap<string, number>;
}

function labelQuality(
  { positions, parts }: SegmentedMesh,
  { segments }: Segmentation,
  surface: TruthSurface,
  reach: number,
): LabelQuality {
  const classesOf = new Map<number, number[]>();
  for (const [segment, list] of parts)
    for (const v of new Set(list)) {
      const known = classesOf.get(v);
      if (known) known.push(segments[segment].classId);
      else classesOf.set(v, [segments[segment].classId]);
    }
  const grid = new PointGrid(surface.positions, reach / 2);
  const own = new Map<number, PointGrid>();
  const gridOf = (classId: number): PointGrid => {
    let made = own.get(classId);
    if (!made) {
      const points = surface.positions.filter((_, i) => surface.classes[Math.floor(i / 3)] === classId);
      own.set(classId, (made = new PointGrid(points, reach / 2)));
    }
    return made;
  };
  const counts = new Array<number>(NEARBY.length + 2).fill(0);
  const pairs = new Map<string, number>();
  let [known, right, seams] = [0, 0, 0];
  for (const [v, classes] of classesOf) {
    const { index } = grid.nearest(positions, v, reach);
    if (index < 0) continue;
    known++;
    if (classes.length > 1) seams++;
    const wanted = surface.classes[index];
    if (classes.includes(wanted)) {
      right++;
      continue;
    }
    const [is] = classes;
    pairs.set(`${is} ${wanted}`, (pairs.get(`${is} ${wanted}`) ?? 0) + 1);
    if (is === NONE) counts[NEARBY.length + 1]++;
    else {
      const { distance } = gridOf(is).nearest(positions, v, NEARBY[NEARBY.length - 1]);
      const step = NEARBY.findIndex((limit) => distance < limit);
      counts[step < 0 ? NEARBY.length : step]++;
    }
  }
  const names = [...NEARBY.map((limit) => `within ${100 * limit} cm`), 'farther', 'none'];
  const wrong = names.map((within, i) => ({ within, count: counts[i] }));
  return { reach, all: classesOf.size, known, right, seams, wrong, pairs };
}

export async function printMeshQuality(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{
        voxel: { type: 'string' },
        glb: { type: 'string' },
        picture: { type: 'string' },
        'extra-views': { type: 'string' },
        'least-weight': { type: 'string' },
      },
      ...{ truncation: { type: 'string' }, opacity: { type: 'string' }, truth: { type: 'boolean' } },
    },
  });
  const options = { backend: 'auto', threads: 0, resolution: null } as const;
  const trained = await openTrainedScene(positionals[0], options, console.warn);
  const truth = await readTruth(trained.capture);
  const surface = await readTruthSurface(trained.capture);
  const labels = await trueLabels(trained);
  const segmentation = segmentsOf(labels, idsOf(trained));
  const given = {
    ...(values.voxel !== undefined && { voxel: Number(values.voxel) }),
    ...(values['extra-views'] !== undefined && { extraViews: Number(values['extra-views']) }),
    ...(values['least-weight'] !== undefined && { leastWeight: Number(values['least-weight']) }),
    ...(values.truncation !== undefined && { truncation: Number(values.truncation) }),
    ...(values.opacity !== undefined && { leastOpacity: Number(values.opacity) }),
  };
  const settings = { ...meshDefaults, ...given };
  const begun = performance.now();
  const { mesh, report } = values.truth
    ? await meshOfTruth(trained, segmentation, settings)
    : await meshOf(meshSceneOf(trained), segmentation, settings);
  const seconds = (performance.now() - begun) / 1000;

  const side = Math.max(
    ...[0, 1, 2].map((k) => {
      const along = surface.positions.filter((_, i) => i % 3 === k).sort();
      return along[along.length - 1] - along[0];
    }),
  );
  const reach = 0.04 * side;
  const points = samplesOf(mesh);
  const accuracy = distances(points, surface.positions, reach);
  const completeness = distances(surface.positions, points, reach);
  const within = (all: readonly number[], limit: number): number => mean(all.map((d) => (d <= limit ? 1 : 0)));
  const figures = [0.01, 0.02].map((share) => {
    const [precision, recall] = [within(accuracy, share * side), within(completeness, share * side)];
    return { share, precision, recall, f: (2 * precision * recall) / Math.max(1e-9, precision + recall) };
  });

  const labelled = [0.01, 0.02].map((share) => labelQuality(mesh, segmentation, surface, share * side));
  const centimetres = (value: number): string => `${(100 * value).toFixed(2)} cm`;
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  console.log(
    `${positionals[0]}, step ${trained.snapshot.step}, room ${truth.seed}: longest side ${side.toFixed(2)} m`,
  );
  console.log(JSON.stringify(report));
  console.log(`mesh in ${seconds.toFixed(1)} s`);
  console.log(
    `accuracy ${centimetres(mean(accuracy))} · completeness ${centimetres(mean(completeness))} · ` +
      `chamfer ${centimetres((mean(accuracy) + mean(completeness)) / 2)}`,
  );
  for (const { share, precision, recall, f } of figures)
    console.log(
      `F at ${percent(share)}: ${f.toFixed(3)} (precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)})`,
    );
  const nameOf = (classId: number): string => truth.classes.find(({ id }) => id === classId)?.name ?? 'unlabelled';
  for (const { reach: limit, all, known, right, seams, wrong, pairs } of labelled) {
    console.log(
      `labels right at ${percent(right / Math.max(1, known))} of ${known} vertices with a true point within ` +
        `${centimetres(limit)} (${percent(known / all)} of all; ${percent(seams / Math.max(1, known))} are on seams)`,
    );
    const told = wrong.map(({ within, count }) => `${percent(count / Math.max(1, known))} ${within}`);
    console.log(`  the others' own class: ${told.join(' · ')}`);
    const most = [...pairs].sort((a, b) => b[1] - a[1]).slice(0, 6);
    console.log(
      '  most often: ' +
        most
          .map(([pair, count]) => {
            const [is, should] = pair.split(' ').map(Number);
            return `${nameOf(is)} for ${nameOf(should)} ${percent(count / Math.max(1, known))}`;
          })
          .join(' · '),
    );
  }
  if (values.picture !== undefined) {
    const [x, y, z] = truth.up;
    await drawMesh(values.picture, mesh, segmentation.segments, [x, y, z], [0.5, -0.6, 0.9]);
  }
  if (values.glb !== undefined) {
    const request = { format: 'glb', out: values.glb, mesh: given, words: null, layer: null } as const;
    const { file } = await exportTrained(trained, labels, request, {});
    console.log(file);
  }
}
