/** Frustums as lines over the picture. Splats have no depth to hide them. */
import { BufferAttribute, BufferGeometry, LineBasicMaterial, LineSegments, Scene } from 'three';
import type { PerspectiveCamera, WebGLRenderer } from 'three';
import type { Vector } from './cameras';
import { frustumLines } from './frustums';
import type { PhotoCamera } from './interface';

export class FrustumDrawing {
  readonly #scene = new Scene();
  readonly #material = new LineBasicMaterial({
    vertexColors: true,
    depthTest: false,
    transparent: true,
    opacity: 0.8,
    toneMapped: false,
  });
  readonly #lines = new LineSegments(new BufferGeometry(), this.#material);

  constructor() {
    this.#lines.frustumCulled = false;
    this.#scene.add(this.#lines);
  }

  place(photos: readonly PhotoCamera[], extent: number, base: Vector): void {
    const { positions, colours } = frustumLines(photos, extent, base);
    this.#lines.geometry.dispose();
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(positions, 3));
    geometry.setAttribute('color', new BufferAttribute(colours, 3));
    this.#lines.geometry = geometry;
  }

  draw(renderer: WebGLRenderer, view: PerspectiveCamera): void {
    renderer.setRenderTarget(null);
    renderer.render(this.#scene, view);
  }

  dispose(): void {
    this.#lines.geometry.dispose();
    this.#material.dispose();
  }
}
