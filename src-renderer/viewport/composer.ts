/** Makes the picture of what was blended and of what the trainer sent (composeShader.ts). */
import { Color, DataTexture, NearestFilter, RGBAFormat, UnsignedByteType, Vector2 } from 'three';
import type { IUniform, Texture, WebGLRenderer } from 'three';
import { CODE_WORDS } from './codes';
import { colourMapBytes, parseColour } from './colourMaps';
import { channelCodes, composeFragmentShader, fullScreenVertexShader, maskCodes } from './composeShader';
import type { ExactPicture } from './exactPictures';
import { FullScreen } from './fullScreen';
import type { CategoricalChannel, Category, Channel, ColourMap, Look } from './interface';
import type { Layers } from './splatLayers';

/** Behind the scene, and the line around an answer; the room is grey so that the picture's colours are judged as they are. */
const BACKGROUND = [0x12 / 255, 0x12 / 255, 0x12 / 255] as const;
const ACCENT = [0x6e / 255, 0xa8 / 255, 0xfe / 255] as const;

export interface Composition {
  readonly look: Look;
  /** what a channel shows: itself, or the colours while its numbers are missing */
  readonly channel: (channel: Channel) => Channel;
  readonly exact: (channel: Channel) => ExactPicture | null;
  readonly depthRange: readonly [number, number];
  readonly width: number;
  readonly height: number;
}

function rowOf(bytes: Uint8Array<ArrayBuffer>): DataTexture {
  const texture = new DataTexture(bytes, bytes.length / 4, 1, RGBAFormat, UnsignedByteType);
  texture.minFilter = NearestFilter;
  texture.magFilter = NearestFilter;
  texture.needsUpdate = true;
  return texture;
}

/** Alpha of a palette's colour: shown, grey, hidden (composeShader.ts). */
const paletteAlpha = { shown: 255, grey: 128, hidden: 0 } as const;

class Palette {
  readonly #bytes = new Uint8Array(4 * CODE_WORDS);
  readonly texture = rowOf(this.#bytes);
  #categories: readonly Category[] | null = null;
  #isolated: number | null = null;

  set(categories: readonly Category[], isolated: number | null): void {
    if (categories === this.#categories && isolated === this.#isolated) return;
    this.#categories = categories;
    this.#isolated = isolated;
    const alone = isolated === null ? undefined : categories.at(isolated)?.group;
    categories.slice(0, CODE_WORDS).forEach(({ colour, hidden, group }, index) => {
      const aside = isolated !== null && isolated !== index && (alone === undefined || group !== alone);
      const alpha = aside ? paletteAlpha.grey : hidden ? paletteAlpha.hidden : paletteAlpha.shown;
      this.#bytes.set([...parseColour(colour), alpha], 4 * index);
    });
    this.texture.needsUpdate = true;
  }
}

export class Composer {
  readonly #empty = rowOf(new Uint8Array(4));
  readonly #maps = new Map<ColourMap, DataTexture>();
  readonly #palettes: Record<CategoricalChannel, Palette> = {
    entry: new Palette(),
    class: new Palette(),
    label: new Palette(),
  };
  readonly #pass: FullScreen;

  constructor(labelSlots: Texture) {
    const texture = (): IUniform<Texture> => ({ value: this.#empty });
    const side = (): IUniform => ({ value: { channel: 0, exact: false } });
    this.#pass = new FullScreen(fullScreenVertexShader, composeFragmentShader, {
      left: side(),
      right: side(),
      divider: { value: 1 },
      colours: texture(),
      scalars: texture(),
      principal: texture(),
      answers: texture(),
      answered: { value: false },
      entryNames: texture(),
      classNames: texture(),
      labelNames: texture(),
      leftValues: texture(),
      leftAlpha: texture(),
      rightValues: texture(),
      rightAlpha: texture(),
      colourMap: texture(),
      entryPalette: { value: this.#palettes.entry.texture },
      classPalette: { value: this.#palettes.class.texture },
      labelPalette: { value: this.#palettes.label.texture },
      labelSlots: { value: labelSlots },
      size: { value: new Vector2() },
      background: { value: new Color(...BACKGROUND) },
      accent: { value: new Color(...ACCENT) },
      mixture: { value: 1 },
      threshold: { value: 0.5 },
      mask: { value: 0 },
      depthRange: { value: new Vector2() },
      leftRange: { value: new Vector2() },
      rightRange: { value: new Vector2() },
    });
  }

  draw(renderer: WebGLRenderer, layers: Layers, composition: Composition): void {
    const { look, width, height } = composition;
    const u = this.#pass.uniforms;
    u.colours.value = layers.colours;
    u.scalars.value = layers.scalars;
    u.principal.value = layers.components;
    u.answers.value = layers.answers ?? this.#empty;
    u.answered.value = layers.answers !== null;
    u.entryNames.value = layers.entry;
    u.classNames.value = layers.class;
    u.labelNames.value = layers.label;
    u.colourMap.value = this.#map(look.colourMap);
    const isolated = (channel: CategoricalChannel): number | null =>
      look.isolated?.channel === channel ? look.isolated.index : null;
    this.#palettes.entry.set(look.entries, isolated('entry'));
    this.#palettes.class.set(look.classes, isolated('class'));
    this.#palettes.label.set(look.labels, isolated('label'));
    u.mixture.value = look.mix;
    u.threshold.value = look.threshold;
    u.mask.value = maskCodes[look.mask];
    (u.size.value as Vector2).set(width, height);
    (u.depthRange.value as Vector2).set(...composition.depthRange);
    u.divider.value = look.second === null ? 2 : look.divider;
    this.#side('left', look.channel, composition);
    this.#side('right', look.second ?? look.channel, composition);
    this.#pass.draw(renderer, null);
  }

  #side(name: 'left' | 'right', channel: Channel, { channel: shownAs, exact }: Composition): void {
    const u = this.#pass.uniforms;
    const picture = exact(channel);
    u[name].value = { channel: channelCodes[shownAs(channel)], exact: picture !== null };
    u[`${name}Values`].value = picture?.values ?? this.#empty;
    u[`${name}Alpha`].value = picture?.alpha ?? this.#empty;
    (u[`${name}Range`].value as Vector2).set(picture?.header.near ?? 0, picture?.header.far ?? 1);
  }

  #map(name: ColourMap): DataTexture {
    const known = this.#maps.get(name);
    if (known) return known;
    const texture = rowOf(colourMapBytes(name));
    this.#maps.set(name, texture);
    return texture;
  }

  dispose(): void {
    for (const texture of this.#maps.values()) texture.dispose();
    for (const palette of Object.values(this.#palettes)) palette.texture.dispose();
    this.#empty.dispose();
    this.#pass.dispose();
  }
}
