/** One triangle over everything, with a fragment shader of its own. */
import {
  BufferAttribute,
  BufferGeometry,
  GLSL3,
  Mesh,
  NoBlending,
  OrthographicCamera,
  Scene,
  ShaderMaterial,
} from 'three';
import type { IUniform, WebGLRenderer, WebGLRenderTarget } from 'three';

export class FullScreen<U extends Record<string, IUniform> = Record<string, IUniform>> {
  readonly uniforms: U;
  readonly #scene = new Scene();
  readonly #camera = new OrthographicCamera();
  readonly #geometry = new BufferGeometry();
  readonly #material: ShaderMaterial;

  constructor(vertexShader: string, fragmentShader: string, uniforms: U) {
    this.uniforms = uniforms;
    this.#geometry.setAttribute('position', new BufferAttribute(new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]), 3));
    this.#material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader,
      fragmentShader,
      uniforms,
      depthTest: false,
      depthWrite: false,
      toneMapped: false,
      blending: NoBlending,
    });
    const mesh = new Mesh(this.#geometry, this.#material);
    mesh.frustumCulled = false;
    this.#scene.add(mesh);
  }

  /** @param target null: the canvas */
  draw(renderer: WebGLRenderer, target: WebGLRenderTarget | null): void {
    renderer.setRenderTarget(target);
    this.#material.uniformsNeedUpdate = true;
    renderer.render(this.#scene, this.#camera);
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
  }
}
