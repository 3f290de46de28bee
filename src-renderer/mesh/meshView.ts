/**
 * A segmented mesh on a canvas of its own: the bytes of the file, read by three's own loader, turned about, its parts coloured by what
 * they are or as photographed. Draws when something changed, and never while nothing does.
 *
 * Triangles have a front, the side that cameras saw. Backs are left out, so that one looks into a room through its walls.
 */
import {
  Box3,
  Color,
  DirectionalLight,
  HemisphereLight,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  PerspectiveCamera,
  Scene,
  Sphere,
  Vector3,
  WebGLRenderer,
} from 'three';
import type { BufferGeometry, Object3D } from 'three';
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js';

/** One named node with triangles. */
export interface MeshPart {
  /** its number in the file */
  readonly feature: number;
  readonly name: string;
  /** '' for what has no label */
  readonly className: string;
  /** number of the instance's label; −1 for none */
  readonly instanceId: number;
  /** of the class, #rrggbb; null for what has no label */
  readonly colour: string | null;
  readonly triangles: number;
}

export type Colouring = 'class' | 'photo';

/** sRGB; what has no label */
const GREY = '#9a9a9a';
const MOST_PIXELS_PER_PIXEL = 2;
/** Where one begins to look from, y up: over a corner. */
const FROM = new Vector3(0.8, 0.9, 1).normalize();
const FIELD_OF_VIEW = 40;
/** Of the ball about all of it: rooms leave its poles empty. */
const FILL = 0.7;

interface Shown extends MeshPart {
  readonly mesh: Mesh;
  readonly lit: MeshLambertMaterial;
  readonly photographed: MeshBasicMaterial;
}

export class MeshView {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 100);
  readonly #controls: OrbitControls;
  readonly #observer: ResizeObserver;
  #parts: Shown[] = [];
  #root: Object3D | null = null;
  #ball = new Sphere(new Vector3(), 1);
  #frame = 0;
  #disposed = false;
  /** files that were given so far */
  #turn = 0;

  /** @throws Error where the browser gives no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.#renderer.setClearColor(0, 0);
    const lamp = new DirectionalLight(0xffffff, 1.6);
    this.#camera.add(lamp);
    this.#scene.add(this.#camera, new HemisphereLight(0xffffff, 0x888888, 1.8));
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.listenToKeyEvents(canvas);
    this.#controls.addEventListener('change', () => this.#invalidate());
    canvas.addEventListener('webglcontextrestored', () => this.#invalidate());
    this.#observer = new ResizeObserver(() => this.#resize(canvas));
    this.#observer.observe(canvas);
  }

  /**
   * Takes a file in the place of the one before; the camera stays where a person put it.
   *
   * @returns its parts; null when it was closed or given another file before this one was read
   * @throws Error when it is no glTF
   */
  async show(glb: ArrayBuffer): Promise<readonly MeshPart[] | null> {
    const turn = ++this.#turn;
    const { scene } = await new GLTFLoader().parseAsync(glb, '');
    if (this.#disposed || turn !== this.#turn) return null;
    const first = this.#root === null;
    this.#clear();
    this.#root = scene;
    this.#scene.add(scene);
    scene.traverse((object) => {
      if (object instanceof Mesh) this.#parts.push(partOf(object as Mesh<BufferGeometry>));
    });
    this.#ball = new Box3().setFromObject(scene).getBoundingSphere(new Sphere());
    if (first) this.frame();
    this.#invalidate();
    return this.#parts.map(({ feature, name, className, instanceId, colour, triangles }) => ({
      ...{ feature, name, className, instanceId, colour, triangles },
    }));
  }

  /** @param colours  #rrggbb by feature; what is not named keeps its class's */
  draw(colouring: Colouring, hidden: ReadonlySet<number>, colours: ReadonlyMap<number, string>): void {
    for (const { feature, colour, mesh, lit, photographed } of this.#parts) {
      lit.color = new Color(colours.get(feature) ?? colour ?? GREY);
      mesh.material = colouring === 'class' ? lit : photographed;
      mesh.visible = !hidden.has(feature);
    }
    this.#invalidate();
  }

  /** All of it, from where one began. */
  frame(): void {
    const { center, radius } = this.#ball;
    const distance = (FILL * radius) / Math.sin((FIELD_OF_VIEW * Math.PI) / 360);
    this.#camera.position.copy(center).addScaledVector(FROM, distance);
    this.#camera.near = distance / 500;
    this.#camera.far = distance * 20;
    this.#camera.updateProjectionMatrix();
    this.#controls.target.copy(center);
    this.#controls.update();
  }

  /** What the graphics card holds, for tests of leaks. */
  get memory(): { geometries: number; textures: number; programs: number } {
    const { memory, programs } = this.#renderer.info;
    return { ...memory, programs: programs?.length ?? 0 };
  }

  /** Gives back what the graphics card holds. */
  dispose(): void {
    this.#disposed = true;
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#controls.dispose();
    this.#clear();
    this.#renderer.dispose();
    this.#renderer.forceContextLoss();
  }

  #clear(): void {
    for (const { mesh, lit, photographed } of this.#parts) {
      mesh.geometry.dispose();
      lit.dispose();
      photographed.dispose();
    }
    this.#parts = [];
    this.#root?.removeFromParent();
    this.#root = null;
  }

  #resize({ clientWidth, clientHeight }: HTMLCanvasElement): void {
    if (clientWidth === 0 || clientHeight === 0) return;
    this.#renderer.setPixelRatio(Math.min(MOST_PIXELS_PER_PIXEL, devicePixelRatio || 1));
    this.#renderer.setSize(clientWidth, clientHeight, false);
    this.#camera.aspect = clientWidth / clientHeight;
    this.#camera.updateProjectionMatrix();
    this.#invalidate();
  }

  #invalidate(): void {
    if (this.#frame !== 0 || this.#disposed) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#renderer.render(this.#scene, this.#camera);
    });
  }
}

/** The loader hands on a node's extras, and its name where it had to change it. */
function partOf(mesh: Mesh<BufferGeometry>): Shown {
  const {
    feature = 0,
    name = mesh.name,
    className = '',
    classId = -1,
    instanceId = -1,
  } = mesh.userData as Partial<MeshPart & { classId: number }>;
  const colour = classId === -1 ? null : colourOf(mesh.parent);
  for (const material of [mesh.material].flat()) material.dispose();
  return {
    ...{ feature, name, className: classId === -1 ? '' : className, instanceId, colour, mesh },
    triangles: (mesh.geometry.index?.count ?? 0) / 3,
    lit: new MeshLambertMaterial(),
    photographed: new MeshBasicMaterial({ vertexColors: true }),
  };
}

/** Of a class's node: sRGB bytes in its extras. */
function colourOf(node: Object3D | null): string | null {
  const bytes = (node?.userData as { colour?: readonly number[] } | undefined)?.colour;
  return bytes ? `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}` : null;
}
