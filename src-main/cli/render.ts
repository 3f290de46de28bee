/** `legato render`: PNG pictures of a trained project from the poses of its photos, on request next to the photo. */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { PhotoStore } from '../capture/index';
import type { Photo } from '../capture/index';
import { besides, drawChannel, pictureChannels } from '../studio/channelPicture';
import type { Picture, PictureChannel } from '../studio/channelPicture';
import { openTrainedScene } from '../studio/trainedScene';
import type { TrainedScene } from '../studio/trainedScene';
import { exitCodes, InputError, UsageError } from './exit';
import type { ExitCode } from './exit';
import { sceneOptions, warn } from './sceneOptions';
import type { SceneFlags } from './sceneOptions';

export interface RenderOptions extends SceneFlags {
  view?: string;
  all?: boolean;
  heldout?: boolean;
  out?: string;
  channel: string;
  beside?: boolean;
}

export async function renderCommand(path: string, options: RenderOptions): Promise<ExitCode> {
  const channel = pictureChannels.find((name) => name === options.channel);
  if (!channel) throw new UsageError(`--channel ${options.channel}: expected one of ${pictureChannels.join(', ')}`);
  const asked = [options.view !== undefined, options.all, options.heldout].filter(Boolean).length;
  if (asked !== 1) throw new UsageError('say what to draw: one of --view PHOTO, --heldout or --all');
  const trained = await openTrainedScene(path, sceneOptions(options), warn);
  const photos = chosenPhotos(trained, options);
  const single = options.view !== undefined && options.out !== undefined && extname(options.out) === '.png';
  const folder = single ? dirname(resolve(options.out!)) : resolve(options.out ?? join(trained.exports, 'renders'));
  await mkdir(folder, { recursive: true });
  const { settings } = trained;
  const store = new PhotoStore(photos, {
    longSide: settings.resolution || undefined,
    maxBytes: settings.photoCache * 2 ** 20,
    threads: settings.threads || undefined,
  });
  for (let index = 0; index < photos.length; index++) {
    if (index + 1 < photos.length) store.prefetch(index + 1);
    const photo = await store.load(index);
    const drawn = drawChannel(trained.scene, photo.camera, { ...settings, shDegree: trained.shDegree }, channel);
    const { width, height } = photo.camera;
    const picture = options.beside ? besides({ width, height, rgb: photo.rgb, range: null }, drawn) : drawn;
    const file = single ? resolve(options.out!) : join(folder, fileName(photos[index], channel));
    await writePng(picture, file);
    if (options.json) {
      const line = { view: photos[index].name, channel, file, width: picture.width, height, range: picture.range };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    } else
      process.stdout.write(
        `${file}${picture.range ? ` (range ${picture.range.map((v) => v.toPrecision(4)).join(' … ')})` : ''}\n`,
      );
  }
  return exitCodes.ok;
}

function chosenPhotos({ photos, heldOut, root }: TrainedScene, options: RenderOptions): Photo[] {
  if (options.all) return photos;
  if (options.heldout) {
    if (heldOut.length === 0) throw new InputError(`${root}: no photo was held out; use --all or --view`);
    return heldOut;
  }
  const named = photos.filter(({ name }) => name === options.view || basename(name, extname(name)) === options.view);
  if (named.length === 0) {
    const some = photos
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ');
    throw new InputError(`--view ${options.view}: no such photo; there are ${photos.length}, such as ${some}`);
  }
  return named.slice(0, 1);
}

/** A photo's name may hold folders; the picture's does not. */
function fileName(photo: Photo, channel: PictureChannel): string {
  const plain = photo.name.slice(0, photo.name.length - extname(photo.name).length).replace(/[\\/]/g, '_');
  return `${plain}${channel === 'rgb' ? '' : `.${channel}`}.png`;
}

async function writePng({ rgb, width, height }: Picture, file: string): Promise<void> {
  await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toFile(file);
}
