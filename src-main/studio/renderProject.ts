/** PNG pictures of a trained project from the poses of its photos, on request next to the photo. */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import sharp from 'sharp';
import type { PinholeCamera } from '#contract/camera';
import { PhotoStore } from '../capture/index';
import type { Photo } from '../capture/index';
import { maskName } from '../export/index';
import { besides, drawChannel, renderedChannels } from './channelPicture';
import type { Picture } from './channelPicture';
import { clusterPainter } from './clusterPicture';
import { StudioError } from './studio';
import { openTrainedScene } from './trainedScene';
import type { SceneOptions, TrainedScene } from './trainedScene';

export const pictureChannels = [...renderedChannels, 'clusters'] as const;
export type PictureChannel = (typeof pictureChannels)[number];

/** Which poses: every photo's, the held-out ones', or that of one photo by name, with or without its folder and suffix. */
export type Views = { kind: 'all' } | { kind: 'heldOut' } | { kind: 'photo'; name: string };

export interface PictureOptions extends SceneOptions {
  views: Views;
  channel: PictureChannel;
  /** put the photo to the left */
  beside: boolean;
  /** a .png for a single view, else a folder; null = `exports/renders` of the project */
  out: string | null;
}

/** A picture that was written. */
export interface WrittenPicture {
  view: string;
  channel: PictureChannel;
  file: string;
  width: number;
  height: number;
  range: Picture['range'];
}

/** Draws, writes and yields one picture after the other. */
export async function* renderProject(
  path: string,
  options: PictureOptions,
  warn: (message: string) => void,
): AsyncGenerator<WrittenPicture> {
  const { channel, beside, views, out } = options;
  const trained = await openTrainedScene(path, options, warn);
  const { settings, scene, shDegree } = trained;
  const photos = chosenPhotos(trained, views);
  const single = views.kind === 'photo' && out !== null && extname(out) === '.png' ? resolve(out) : null;
  const folder = single === null ? resolve(out ?? join(trained.exports, 'renders')) : dirname(single);
  await mkdir(folder, { recursive: true });
  const nameOf = pictureNames(trained.photos);
  const draw =
    channel === 'clusters'
      ? await clusterPainter(trained)
      : (camera: PinholeCamera) => drawChannel(scene, camera, { ...settings, shDegree }, channel);
  const store = new PhotoStore(photos, {
    longSide: settings.resolution || undefined,
    maxBytes: settings.photoCache * 2 ** 20,
    threads: settings.threads || undefined,
  });
  for (let index = 0; index < photos.length; index++) {
    if (index + 1 < photos.length) store.prefetch(index + 1);
    const photo = await store.load(index);
    const drawn = draw(photo.camera);
    const left = { width: photo.camera.width, height: photo.camera.height, rgb: photo.rgb, range: null };
    const { width, height, rgb, range } = beside ? besides(left, drawn) : drawn;
    const file = single ?? join(folder, nameOf(photos[index], channel));
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 6 })
      .toFile(file);
    yield { view: photos[index].name, channel, file, width, height, range };
  }
}

/** @throws StudioError when there is none */
export function chosenPhotos({ photos, heldOut, root }: TrainedScene, views: Views): Photo[] {
  if (views.kind === 'all') return photos;
  if (views.kind === 'heldOut') {
    if (heldOut.length === 0) throw new StudioError(root, 'no photo was held out; draw all, or one by name');
    return heldOut;
  }
  const wanted = views.name.normalize('NFC');
  const exact = photos.find(({ name }) => name === wanted);
  if (exact) return [exact];
  const alike = photos.filter(({ name }) => [basename(name), stemOf(name), basename(stemOf(name))].includes(wanted));
  if (alike.length === 1) return alike;
  if (alike.length > 1) {
    const names = alike.slice(0, 3).map(({ name }) => name);
    throw new StudioError(root, `"${views.name}" may be ${names.join(' or ')}; name the photo with its folder`);
  }
  const some = photos.slice(0, 3).map(({ name }) => name);
  throw new StudioError(root, `no photo "${views.name}"; there are ${photos.length}, such as ${some.join(', ')}`);
}

/**
 * Names for pictures of photos, all in one folder: `a/b.jpg` becomes `a_b.png`. Where that would not be the only one of its name
 * (`a_b.jpg`, `a/b.png`), a number follows, the same whichever photos are drawn.
 *
 * @param photos  all of the capture, in its order
 */
export function pictureNames(photos: readonly Photo[]): (photo: Photo, kind: string) => string {
  const taken = new Set<string>();
  const stems = new Map(photos.map(({ name }) => [name, stemOf(maskName(name, taken))]));
  return ({ name }, kind) => `${stems.get(name)}${kind === 'rgb' ? '' : `.${kind}`}.png`;
}

/** Without the suffix. */
function stemOf(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}
