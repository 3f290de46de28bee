/**
 * A segmented mesh as binary glTF 2.0.
 *
 *   root (turned so that the capture's up is +y; and moved and scaled, where the scene was trained in other coordinates)
 *   ├─ CLASS ─ INSTANCE     one named node an instance, with a mesh of its own
 *   └─ unlabelled           what has no label
 *
 *   POSITION, NORMAL   float; positions are the capture's coordinates, or become them below the root: numbers that do not fit 32 bits (a
 *                      surveyed capture, kilometres from its origin) lie in the root's translation alone
 *   COLOR_0            16 bits, linear as glTF wants it; splats are sRGB
 *   _FEATURE_ID_0      16 bits, the same for all vertices of a part: its number in `features` of the scene's extras (EXT_mesh_features
 *                      calls such an attribute so; the extension is not declared, since few tools read it and names say the same)
 *   _UNCERTAINTY       float, 0 … 1
 *
 * Triangles have a front, the side that cameras saw; a viewer that hides backs looks into a room through its walls.
 */
import { Document, NodeIO, type Node } from '@gltf-transform/core';
import type { SceneFrame } from '../capture/index';
import { rotation } from '../kernels/index';
import { NONE, separateParts, type MeshPart, type Segment, type SegmentedMesh } from '../mesh/index';
import type { ExportDescription } from './describe';

/** sRGB 0 … 1 to linear 16 bits (IEC 61966-2-1). */
function linear16(value: number): number {
  const v = Math.min(1, Math.max(0, value));
  return Math.round(65_535 * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
}

/** The turn that takes a unit vector to +y, xyzw. */
export function turnUp([x, y, z]: readonly [number, number, number]): [number, number, number, number] {
  // Half-way between: q = (up × y, 1 + up·y), and a half turn about x for the opposite.
  if (y < -0.999_999) return [1, 0, 0, 0];
  const q = [-z, 0, x, 1 + y];
  const length = Math.hypot(...q);
  return q.map((v) => v / length) as [number, number, number, number];
}

/** v turned by a unit quaternion xyzw. */
function turned(v: readonly number[], [x, y, z, w]: readonly number[]): [number, number, number] {
  const r = rotation([w, x, y, z]);
  const row = (k: number): number => r[3 * k] * v[0] + r[3 * k + 1] * v[1] + r[3 * k + 2] * v[2];
  return [row(0), row(1), row(2)];
}

export class GlbDocument {
  readonly #document = new Document();
  readonly #root: Node;
  readonly #classes = new Map<number, Node>();
  readonly #segments: readonly Segment[];

  constructor(name: string, segments: readonly Segment[], description: ExportDescription, frame: SceneFrame) {
    const document = this.#document;
    this.#segments = segments;
    document.getRoot().getAsset().generator = description.generator;
    document.createBuffer();
    document.createMaterial('surface').setBaseColorFactor([1, 1, 1, 1]).setMetallicFactor(0).setRoughnessFactor(1);
    const turn = turnUp(description.up);
    this.#root = document.createNode(name).setRotation(turn).setTranslation(turned(frame.centre, turn));
    this.#root.setScale([1 / frame.scale, 1 / frame.scale, 1 / frame.scale]);
    const scene = document.createScene(name).addChild(this.#root).setExtras({ legato: description });
    document.getRoot().setDefaultScene(scene);
  }

  add(part: MeshPart): void {
    const segment = this.#segments[part.segment];
    const { name, classId, instanceId, className } = segment;
    const node = this.#document.createNode(name).setMesh(this.#mesh(name, part));
    node.setExtras({ feature: part.segment, classId, instanceId, className });
    (classId === NONE ? this.#root : this.#classNode(segment)).addChild(node);
  }

  #classNode({ classId, className, colour }: Segment): Node {
    const known = this.#classes.get(classId);
    if (known) return known;
    const node = this.#document.createNode(className).setExtras({ classId, colour: [...colour] });
    this.#classes.set(classId, node);
    this.#root.addChild(node);
    return node;
  }

  #mesh(name: string, { segment, positions, normals, colours, uncertainties, triangles }: MeshPart) {
    const document = this.#document;
    const vertices = uncertainties.length;
    const colour = new Uint16Array(4 * vertices).fill(65_535);
    for (let v = 0; v < vertices; v++) for (let k = 0; k < 3; k++) colour[4 * v + k] = linear16(colours[3 * v + k]);
    const attribute = (type: 'SCALAR' | 'VEC3' | 'VEC4', array: Float32Array | Uint16Array | Uint32Array) =>
      document.createAccessor().setType(type).setArray(array);
    const primitive = document
      .createPrimitive()
      .setMaterial(document.getRoot().listMaterials()[0])
      .setIndices(attribute('SCALAR', vertices < 65_535 ? Uint16Array.from(triangles) : triangles))
      .setAttribute('POSITION', attribute('VEC3', positions))
      .setAttribute('NORMAL', attribute('VEC3', upright(normals)))
      .setAttribute('COLOR_0', attribute('VEC4', colour).setNormalized(true))
      .setAttribute('_FEATURE_ID_0', attribute('SCALAR', new Uint16Array(vertices).fill(segment)))
      .setAttribute('_UNCERTAINTY', attribute('SCALAR', uncertainties));
    return document.createMesh(name).addPrimitive(primitive);
  }

  bytes(): Promise<Uint8Array> {
    return new NodeIO().writeBinary(this.#document);
  }
}

/** glTF wants unit normals; a vertex of degenerate triangles alone has none. */
function upright(normals: Float32Array): Float32Array {
  for (let v = 0; v < normals.length; v += 3)
    if (normals[v] === 0 && normals[v + 1] === 0 && normals[v + 2] === 0) normals[v + 2] = 1;
  return normals;
}

/**
 * The whole file.
 *
 * @param frame   the coordinates that the mesh is in
 * @param signal  stops between parts, with its reason
 */
export async function glbBytes(
  name: string,
  mesh: SegmentedMesh,
  segments: readonly Segment[],
  description: ExportDescription,
  frame: SceneFrame,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const document = new GlbDocument(name, segments, description, frame);
  for (const part of separateParts(mesh)) {
    signal?.throwIfAborted();
    document.add(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return document.bytes();
}
