/** GLB files hold what they should: Khronos' validator finds no error, and three's loader sees the same nodes, places and numbers. */
import { validateBytes } from 'gltf-validator';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { Mesh, type BufferGeometry, type Object3D } from 'three';
import { describe, expect, it } from 'vitest';
import { OWN_FRAME } from '../../../src-main/capture/index';
import { featuresOf, glbBytes, turnUp, type ExportDescription } from '../../../src-main/export/index';
import { cutAlongLabels, NONE, separateParts, UNLABELLED, type Segment } from '../../../src-main/mesh/index';
import { ball } from '../mesh/surfaces';

const NAMES = ['unlabelled', 'a/b\\c', '红色的杯子 ☕', '"; <b>'];
const segments: Segment[] = [
  UNLABELLED,
  { classId: 5, instanceId: NONE, className: NAMES[1], name: NAMES[1], colour: [255, 0, 0] },
  { classId: 9, instanceId: 70, className: '杯子', name: NAMES[2], colour: [0, 255, 0] },
  { classId: 9, instanceId: 71, className: '杯子', name: NAMES[3], colour: [0, 255, 0] },
];

const describedAs = (up: [number, number, number]): ExportDescription => ({
  ...{ version: 1, generator: 'Legato', project: 'room', format: 'glb', step: 7, units: 'metre', up },
  ...{ settings: { voxel: 0.02 }, figures: {}, features: featuresOf(segments) },
  taxonomy: {
    classes: [
      { id: 5, name: NAMES[1], colour: [255, 0, 0] },
      { id: 9, name: '杯子', colour: [0, 255, 0] },
    ],
    instances: [
      { id: 70, classId: 9, name: NAMES[2] },
      { id: 71, classId: 9, name: NAMES[3] },
    ],
  },
});

const mesh = cutAlongLabels(ball(5, (x, y, z) => (z > 0.3 ? 0 : x > 0 ? 1 : y > 0 ? 2 : 3)));
const made = glbBytes('房间/room', mesh, segments, describedAs([0, 0, 1]), OWN_FRAME);

async function load(
  bytes: Uint8Array,
): Promise<{ scene: Object3D; json: { scenes: { extras: { legato: ExportDescription } }[] } }> {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const gltf = await new GLTFLoader().parseAsync(buffer, '');
  return { scene: gltf.scene, json: gltf.parser.json as { scenes: { extras: { legato: ExportDescription } }[] } };
}

describe('a GLB', () => {
  it('is valid', async () => {
    const report = await validateBytes(await made, { maxIssues: 50 });
    expect(report.issues.messages.filter(({ severity }) => severity <= 1)).toEqual([]);
    expect(report.issues.numErrors).toBe(0);
    expect(report.info.totalVertexCount).toBeGreaterThan(1000);
  });

  it('opens in three with one node an instance under its class, and "unlabelled" by itself', async () => {
    const { scene, json } = await load(await made);
    const [root] = scene.children;
    const classes = root.children.filter(({ userData }) => userData.className === undefined);
    expect(classes.map(({ userData }) => userData.classId as number)).toEqual([5, 9]);
    expect(classes.map(({ userData }) => userData.name as string)).toEqual([NAMES[1], '杯子']);
    expect(classes[1].children.map(({ userData }) => userData.instanceId as number)).toEqual([70, 71]);
    const alone = root.children.filter(({ userData }) => userData.className !== undefined);
    expect(alone.map(({ name }) => name)).toEqual(['unlabelled']);
    expect(json.scenes[0].extras.legato).toEqual(describedAs([0, 0, 1]));
  });

  it('holds places, feature numbers, uncertainty and linear colours', async () => {
    const { scene } = await load(await made);
    const parts = new Map([...separateParts(mesh)].map((part) => [part.segment, part]));
    let meshes = 0;
    scene.traverse((node) => {
      if (!(node instanceof Mesh)) return;
      meshes++;
      const { attributes, index } = node.geometry as BufferGeometry;
      const part = parts.get(node.userData.feature as number);
      if (!part) return expect.fail('a part that the mesh does not have');
      expect(index?.count).toBe(part.triangles.length);
      for (const v of [0, part.uncertainties.length - 1]) {
        expect([attributes.position.getX(v), attributes.position.getY(v), attributes.position.getZ(v)]).toEqual([
          ...part.positions.subarray(3 * v, 3 * v + 3),
        ]);
        expect(attributes._feature_id_0.getX(v)).toBe(part.segment);
        expect(attributes._uncertainty.getX(v)).toBe(part.uncertainties[v]);
        // sRGB 0.5 is linear 0.214; 16 bits.
        const srgb = part.colours[3 * v];
        const linear = srgb <= 0.04045 ? srgb / 12.92 : ((srgb + 0.055) / 1.055) ** 2.4;
        expect(attributes.color.getX(v)).toBeCloseTo(linear, 4);
      }
    });
    expect(meshes).toBe(4);
  });

  it.each([[[0, 0, 1]], [[0, -1, 0]], [[0, 1, 0]], [[0.6, 0, -0.8]]] as [[number, number, number]][])(
    'turns up %o to +y',
    (up) => {
      const [x, y, z, w] = turnUp(up);
      expect(Math.hypot(x, y, z, w)).toBeCloseTo(1, 12);
      // v' = v + 2q × (q × v + w·v)
      const [a, b, c] = [
        y * up[2] - z * up[1] + w * up[0],
        z * up[0] - x * up[2] + w * up[1],
        x * up[1] - y * up[0] + w * up[2],
      ];
      const turned = [up[0] + 2 * (y * c - z * b), up[1] + 2 * (z * a - x * c), up[2] + 2 * (x * b - y * a)];
      [0, 1, 0].forEach((value, k) => expect(turned[k]).toBeCloseTo(value, 9));
    },
  );

  it('brings a scene that was trained elsewhere back to the capture’s coordinates, in the root alone', async () => {
    const frame = { centre: [500_000, 4_000_000, 300] as const, scale: 2 };
    const { scene } = await load(await glbBytes('room', mesh, segments, describedAs([0, 0, 1]), frame));
    const [root] = scene.children;
    // z-up to y-up: (x, y, z) → (x, z, −y).
    root.position.toArray().forEach((value, k) => expect(value).toBeCloseTo([500_000, 300, -4_000_000][k], 6));
    expect(root.scale.toArray()).toEqual([0.5, 0.5, 0.5]);
    const plain = (await load(await made)).scene.children[0];
    expect(plain.position.toArray()).toEqual([0, 0, 0]);
    expect(plain.scale.toArray()).toEqual([1, 1, 1]);
  });

  it('stops between parts when it is told to', async () => {
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(glbBytes('room', mesh, segments, describedAs([0, 0, 1]), OWN_FRAME, stopped)).rejects.toThrow(
      'enough',
    );
  });
});
