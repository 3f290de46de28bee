/**
 * What the trainer itself sees at a viewer's pose, as a frame: colour, depth and opacity as they are rendered, and what pixels mean in two
 * ways, decoded (decodedPictures.ts) or blended as in a live view (blendedPictures.ts). Labels are blended alone, since nothing decodes
 * to them.
 *
 * A look at what has no label sees the scene as if nothing else were there.
 *
 * Among classes, what a person's own hand said stands above answers wherever it has at least half of a pixel's light, both ways.
 *
 * Numbers are 0 where the accumulated α is below COVERAGE; `alpha` tells. Channels that a scene has no semantics for are 0 everywhere.
 */
import type { PinholeCamera } from '#contract/camera';
import { encodeFrame } from '#contract/frame';
import type { PictureChannel } from '#contract/frame';
import type { TrainerCommand } from '#contract/messages';
import { blendedPicture } from './blendedPictures';
import { decodedPicture } from './decodedPictures';
import type { OverlayParts } from './frames';
import { labelPicture } from './pixelNames';
import { byteOf, colourPicture, depthPicture, opacityPicture } from './renderedPictures';
import type { Picture } from './renderedPictures';
import type { ViewedScene } from './scene';

export type Look = Extract<TrainerCommand, { type: 'look' }>;

/** Zeros, for what a scene does not have yet. */
function emptyPicture(scene: ViewedScene, camera: PinholeCamera, channel: PictureChannel): Picture {
  const { alpha } = opacityPicture(scene, camera);
  const [none, scalars] = [new Uint8Array(alpha.length), new Uint16Array(alpha.length)];
  if (channel === 'components') return { values: new Uint32Array(alpha.length).fill(0xff00_0000), alpha };
  if (channel === 'class') return { values: none, relevancy: scalars, alpha };
  return { values: channel === 'entry' ? none : scalars, alpha };
}

function pictureOf(scene: ViewedScene, { camera, channel, way }: Look, parts: OverlayParts): Picture {
  switch (channel) {
    case 'colour':
      return colourPicture(scene, camera);
    case 'depth':
      return depthPicture(scene, camera);
    case 'opacity':
      return opacityPicture(scene, camera);
    case 'label':
      return labelPicture(scene, camera, parts) ?? emptyPicture(scene, camera, channel);
    default: {
      const made = way === 'decoded' ? decodedPicture : blendedPicture;
      return made(scene, camera, channel, parts) ?? emptyPicture(scene, camera, channel);
    }
  }
}

/** Whether a look needs the codes of splats. */
export function needsCodes({ channel, way }: Look): boolean {
  return way === 'blended' && (channel === 'entry' || channel === 'relevancy' || channel === 'class');
}

export function pictureFrame(
  scene: ViewedScene,
  look: Look,
  parts: OverlayParts,
  sequence: number,
): Uint8Array<ArrayBuffer> {
  const begun = performance.now();
  const make = (): Picture => pictureOf(scene, look, parts);
  const { model } = scene;
  const picture = look.unlabelled && parts.labels ? model.hiding(parts.labels.labelsOf(model), make) : make();
  const { values, alpha, relevancy, near = 0, far = 1, ask = 0, labels = 0 } = picture;
  const { request, channel, way, camera } = look;
  const { width, height } = camera;
  return encodeFrame(
    {
      ...{ kind: 'picture', sequence, step: scene.step, request, channel, way, ask, labels, width, height, near, far },
      cost: performance.now() - begun,
    },
    { alpha: Uint8Array.from(alpha, byteOf), values, ...(relevancy && { relevancy }) },
  );
}
