/**
 * Draws the sorted splats into targets of numbers: first what blends as numbers (colour, scalars, components), then, for every
 * channel of names that is shown, its codes, which are resolved to one name a pixel at once.
 *
 * Targets are half floats: linear, wide enough (11 bits at every size) and blendable wherever WebGL 2 draws to floats.
 */
import {
  BufferAttribute,
  CustomBlending,
  DataTexture,
  DoubleSide,
  FloatType,
  GLSL3,
  HalfFloatType,
  InstancedBufferGeometry,
  Mesh,
  NearestFilter,
  OneFactor,
  OneMinusSrcAlphaFactor,
  RGBAFormat,
  Scene,
  ShaderMaterial,
  UnsignedByteType,
  Vector2,
  Vector4,
  WebGLRenderTarget,
} from 'three';
import type { IUniform, PerspectiveCamera, Texture, WebGLRenderer } from 'three';
import type { PinholeCamera } from '#contract/camera';
import { groupsOf } from '#contract/answerTables';
import type { AnswerTables } from '#contract/answerTables';
import { TableTextures } from './tableTextures';
import { CODE_WORDS, codesFor } from './codes';
import type { CodeBook } from './codes';
import { fullScreenVertexShader, RESOLVE_TARGETS, resolveFragmentShader } from './composeShader';
import { FullScreen } from './fullScreen';
import type { CategoricalChannel } from './interface';
import { meaningFragmentShader } from './meaningShader';
import type { OverlayTextures } from './overlayTextures';
import { guardBand } from './picking';
import type { SortedSplats } from './sortedSplats';
import { MEANING_SLOTS, slots, splatFragmentShader, splatVertexShader } from './splatShader';

/** What a picture needs blended. */
export interface LayerNeeds {
  /** leaves out splats that have a label */
  readonly unlabelled: boolean;
  readonly scalars: boolean;
  readonly components: boolean;
  /** S_G, for what pixels answer */
  readonly meaning: boolean;
  /** how many names there are; 0: not shown */
  readonly entry: number;
  readonly class: number;
  readonly label: number;
}

/** Blended numbers, ready to be composed. */
export interface Layers {
  readonly colours: Texture;
  readonly scalars: Texture;
  readonly components: Texture;
  /** scores of pixels (meaningShader.ts); null where only splats have them */
  readonly answers: Texture | null;
  readonly entry: Texture;
  readonly class: Texture;
  readonly label: Texture;
}

const slotOf = { entry: slots.entryCodes, class: slots.classCodes, label: slots.labelCodes } as const;

function quad(): InstancedBufferGeometry {
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(new Float32Array([-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0]), 3));
  geometry.setIndex([0, 1, 2, 0, 2, 3]);
  return geometry;
}

function codeTexture({ texels, targets }: CodeBook): DataTexture {
  const texture = new DataTexture(texels, CODE_WORDS, targets, RGBAFormat, FloatType);
  texture.minFilter = NearestFilter;
  texture.magFilter = NearestFilter;
  texture.needsUpdate = true;
  return texture;
}

interface Names {
  readonly book: CodeBook;
  readonly texture: DataTexture;
}

export class SplatLayers {
  readonly #renderer: WebGLRenderer;
  readonly #overlays: OverlayTextures;
  readonly #scene = new Scene();
  readonly #geometry = quad();
  readonly #mesh = new Mesh(this.#geometry);
  /** by number of targets */
  readonly #materials = new Map<number, ShaderMaterial>();
  readonly #targets = new Map<string, WebGLRenderTarget>();
  readonly #names = new Map<CategoricalChannel, Names>();
  readonly #resolve: FullScreen;
  readonly #answer: FullScreen;
  /** of the present question; null where pixels cannot be looked up */
  #tables: TableTextures | null = null;
  readonly #perPass: number;
  readonly #empty = new DataTexture(new Uint8Array(4), 1, 1, RGBAFormat, UnsignedByteType);
  readonly #uniforms = {
    ordering: { value: null },
    extSplats: { value: null },
    extSplats2: { value: null },
    lens: { value: new Vector4() },
    guardBand: { value: new Vector4() },
    imageSize: { value: new Vector2() },
    antialiased: { value: false },
    answered: { value: false },
    unlabelled: { value: false },
    uncertainties: { value: null },
    relevancies: { value: null },
    entries: { value: null },
    classes: { value: null },
    components: { value: null },
    meaningLow: { value: null },
    meaningHigh: { value: null },
    entryCodes: { value: null },
    classCodes: { value: null },
    labels: { value: null },
    labelSlots: { value: null },
    labelCodes: { value: null },
  } satisfies Record<string, IUniform> as Record<string, IUniform>;

  constructor(renderer: WebGLRenderer, overlays: OverlayTextures, labelSlots: Texture) {
    this.#renderer = renderer;
    this.#overlays = overlays;
    this.#uniforms.labelSlots.value = labelSlots;
    this.#mesh.frustumCulled = false;
    this.#scene.add(this.#mesh);
    this.#empty.needsUpdate = true;
    const gl = renderer.getContext() as WebGL2RenderingContext;
    this.#perPass = Math.min(RESOLVE_TARGETS, gl.getParameter(gl.MAX_DRAW_BUFFERS) as number);
    this.#resolve = new FullScreen(fullScreenVertexShader, resolveFragmentShader, {
      blended: { value: new Array<Texture>(RESOLVE_TARGETS).fill(this.#empty) },
      codes: { value: this.#empty },
      names: { value: 0 },
      targets: { value: 0 },
    });
    const texture = (): IUniform<Texture> => ({ value: this.#empty });
    this.#answer = new FullScreen(fullScreenVertexShader, meaningFragmentShader, {
      ...{ first: texture(), second: texture(), third: texture() },
      ...{ cells: texture(), texts: texture(), program: texture(), groups: { value: 0 }, steps: { value: 0 } },
    });
  }

  /** What pixels answer from now on. */
  setTables(tables: AnswerTables | null): void {
    this.#tables?.dispose();
    this.#tables = tables && new TableTextures(tables);
  }

  /** @param camera of the target: its width and height are the target's @param view the same for three */
  draw(
    splats: SortedSplats | null,
    camera: PinholeCamera,
    view: PerspectiveCamera,
    antialiased: boolean,
    needs: LayerNeeds,
  ): Layers {
    const { width, height } = camera;
    this.#aim(splats, camera, antialiased);
    const tables = needs.meaning ? this.#tables : null;
    this.#uniforms.answered.value = tables !== null;
    this.#uniforms.unlabelled.value = needs.unlabelled;
    const base: number[] = [slots.colour];
    if (needs.scalars) base.push(slots.scalars);
    if (needs.components) base.push(slots.components);
    const target = this.#target('numbers', width, height, base.length);
    this.#drawInto(target, base, splats, view);
    const at = (slot: number): Texture => (base.includes(slot) ? target.textures[base.indexOf(slot)] : this.#empty);
    return {
      colours: at(slots.colour),
      scalars: at(slots.scalars),
      components: at(slots.components),
      answers: tables && this.#drawAnswers(tables, width, height, splats, view),
      entry: needs.entry > 0 ? this.#drawNames('entry', needs.entry, width, height, splats, view) : this.#empty,
      class: needs.class > 0 ? this.#drawNames('class', needs.class, width, height, splats, view) : this.#empty,
      label:
        needs.label > 0
          ? this.#drawNames('label', Math.min(256, needs.label + 1), width, height, splats, view)
          : this.#empty,
    };
  }

  #aim(splats: SortedSplats | null, camera: PinholeCamera, antialiased: boolean): void {
    const u = this.#uniforms;
    u.ordering.value = splats?.ordering ?? null;
    u.extSplats.value = splats?.splats ?? null;
    u.extSplats2.value = splats?.shapes ?? null;
    (u.lens.value as Vector4).set(camera.fx, camera.fy, camera.cx, camera.cy);
    const { xLow, xHigh, yLow, yHigh } = guardBand(camera);
    (u.guardBand.value as Vector4).set(xLow, xHigh, yLow, yHigh);
    (u.imageSize.value as Vector2).set(camera.width, camera.height);
    u.antialiased.value = antialiased;
    u.uncertainties.value = this.#overlays.texture('uncertainty');
    u.relevancies.value = this.#overlays.texture('relevancy');
    u.entries.value = this.#overlays.texture('entry');
    u.classes.value = this.#overlays.texture('class');
    u.labels.value = this.#overlays.texture('label');
    u.components.value = this.#overlays.texture('components');
    u.meaningLow.value = this.#overlays.texture('meaningLow');
    u.meaningHigh.value = this.#overlays.texture('meaningHigh');
    u.entryCodes.value = this.#names.get('entry')?.texture ?? this.#empty;
    u.classCodes.value = this.#names.get('class')?.texture ?? this.#empty;
    u.labelCodes.value = this.#names.get('label')?.texture ?? this.#empty;
    this.#geometry.instanceCount = splats?.active ?? 0;
  }

  #drawInto(target: WebGLRenderTarget, kinds: readonly number[], splats: SortedSplats | null, view: PerspectiveCamera) {
    const renderer = this.#renderer;
    renderer.setRenderTarget(target);
    renderer.setClearColor(0x000000, 0);
    renderer.clear(true, false, false);
    if (!splats || splats.active === 0) return;
    const material = this.#material(kinds.length);
    material.uniforms.slot.value = kinds;
    material.uniformsNeedUpdate = true;
    this.#mesh.material = material;
    renderer.render(this.#scene, view);
  }

  #drawAnswers(
    { cells, texts, program }: TableTextures,
    width: number,
    height: number,
    splats: SortedSplats | null,
    view: PerspectiveCamera,
  ): Texture {
    const blended = this.#target('meaning', width, height, MEANING_SLOTS);
    const kinds = Array.from({ length: MEANING_SLOTS }, (_, t) => slots.meaning + t);
    this.#drawInto(blended, kinds, splats, view);
    const answers = this.#target('answers', width, height, 1);
    const { uniforms } = this.#answer;
    [uniforms.first.value, uniforms.second.value, uniforms.third.value] = blended.textures;
    uniforms.cells.value = cells;
    uniforms.texts.value = texts;
    uniforms.program.value = program;
    uniforms.groups.value = groupsOf(cells.image.width);
    uniforms.steps.value = program.image.width;
    this.#answer.draw(this.#renderer, answers);
    return answers.texture;
  }

  #drawNames(
    channel: CategoricalChannel,
    count: number,
    width: number,
    height: number,
    splats: SortedSplats | null,
    view: PerspectiveCamera,
  ): Texture {
    const { book, texture } = this.#codes(channel, count);
    this.#uniforms[`${channel}Codes`].value = texture;
    const blended: Texture[] = [];
    for (let first = 0; first < book.targets; first += this.#perPass) {
      const taken = Math.min(this.#perPass, book.targets - first);
      const target = this.#target(`codes${first}`, width, height, taken);
      const kinds = Array.from({ length: taken }, (_, t) => slotOf[channel] + first + t);
      this.#drawInto(target, kinds, splats, view);
      blended.push(...target.textures);
    }
    const names = this.#nameTarget(channel, width, height);
    const { uniforms } = this.#resolve;
    uniforms.blended.value = Array.from({ length: RESOLVE_TARGETS }, (_, t) => blended[t] ?? this.#empty);
    uniforms.codes.value = texture;
    uniforms.names.value = book.names;
    uniforms.targets.value = book.targets;
    this.#resolve.draw(this.#renderer, names);
    return names.texture;
  }

  #codes(channel: CategoricalChannel, count: number): Names {
    const known = this.#names.get(channel);
    if (known?.book.names === count) return known;
    known?.texture.dispose();
    const book = codesFor(count);
    const names = { book, texture: codeTexture(book) };
    this.#names.set(channel, names);
    return names;
  }

  #material(targets: number): ShaderMaterial {
    const known = this.#materials.get(targets);
    if (known) return known;
    const material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: splatVertexShader(),
      fragmentShader: splatFragmentShader(targets),
      uniforms: { ...this.#uniforms, slot: { value: [] } },
      defines: { TARGETS: targets },
      depthTest: false,
      depthWrite: false,
      side: DoubleSide,
      transparent: true,
      toneMapped: false,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor,
      blendSrcAlpha: OneFactor,
      blendDstAlpha: OneMinusSrcAlphaFactor,
    });
    this.#materials.set(targets, material);
    return material;
  }

  #target(name: string, width: number, height: number, count: number): WebGLRenderTarget {
    return this.#keep(name, width, height, count, () => ({ type: HalfFloatType, count }));
  }

  #nameTarget(channel: CategoricalChannel, width: number, height: number): WebGLRenderTarget {
    return this.#keep(`names ${channel}`, width, height, 1, () => ({ type: UnsignedByteType, count: 1 }));
  }

  #keep(
    name: string,
    width: number,
    height: number,
    count: number,
    options: () => { type: typeof HalfFloatType | typeof UnsignedByteType; count: number },
  ): WebGLRenderTarget {
    const known = this.#targets.get(name);
    if (known && known.width === width && known.height === height && known.textures.length === count) return known;
    known?.dispose();
    const target = new WebGLRenderTarget(width, height, {
      ...options(),
      format: RGBAFormat,
      depthBuffer: false,
      stencilBuffer: false,
      generateMipmaps: false,
      minFilter: NearestFilter,
      magFilter: NearestFilter,
    });
    this.#targets.set(name, target);
    return target;
  }

  dispose(): void {
    for (const target of this.#targets.values()) target.dispose();
    for (const material of this.#materials.values()) material.dispose();
    for (const { texture } of this.#names.values()) texture.dispose();
    this.#geometry.dispose();
    this.#resolve.dispose();
    this.#answer.dispose();
    this.#tables?.dispose();
    this.#empty.dispose();
  }
}
