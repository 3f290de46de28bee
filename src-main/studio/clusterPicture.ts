/**
 * The most probable codebook entry of every pixel, argmax M̂, in the colours that the codebook's own pictures give to its entries: fuller
 * entries the more different ones. Black where too little of the scene is seen to have an answer.
 */
import type { PinholeCamera } from '#contract/camera';
import { categoricalPalette } from '../language/codebook/index';
import { CODES, decodePixels } from '../semantics/index';
import type { Picture } from './channelPicture';
import { semanticSceneOf } from './semanticScene';
import type { TrainedScene } from './trainedScene';

/** Draws views of a scene. @throws StudioError for one without semantics, and what opening them throws */
export async function clusterPainter(trained: TrainedScene): Promise<(camera: PinholeCamera) => Picture> {
  const { view, layers, codebook } = await semanticSceneOf(trained);
  const palette = categoricalPalette(codebook.size, codebook.counts);
  return (camera) => {
    const { antialiased } = trained.settings;
    const { width, height, pixels, codes } = decodePixels(view, camera, antialiased, layers, new Float32Array(0));
    const rgb = new Uint8Array(3 * width * height);
    pixels.forEach((pixel, at) => rgb.set(palette[codes.entries[at * CODES]], 3 * pixel));
    return { width, height, rgb, range: null };
  };
}
