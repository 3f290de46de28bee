/** `legato render`: PNG pictures of a trained project from the poses of its photos, on request next to the photo. */
import { pictureChannels, renderProject } from '../studio/renderProject';
import type { Views } from '../studio/renderProject';
import { exitCodes, UsageError } from './exit';
import type { ExitCode } from './exit';
import { sceneOptions, viewsAsked, warn } from './sceneOptions';
import type { SceneFlags, ViewFlags } from './sceneOptions';

export interface RenderOptions extends SceneFlags, ViewFlags {
  out?: string;
  channel: string;
  beside?: boolean;
}

function chosenViews(flags: ViewFlags): Views {
  const asked = viewsAsked(flags);
  if (asked.length !== 1) throw new UsageError('say what to draw: one of --view PHOTO, --heldout or --all');
  return asked[0];
}

export async function renderCommand(path: string, options: RenderOptions): Promise<ExitCode> {
  const channel = pictureChannels.find((name) => name === options.channel);
  if (!channel) throw new UsageError(`--channel ${options.channel}: expected one of ${pictureChannels.join(', ')}`);
  const views = chosenViews(options);
  const wanted = {
    ...sceneOptions(options),
    views,
    channel,
    beside: options.beside ?? false,
    out: options.out ?? null,
  };
  for await (const picture of renderProject(path, wanted, warn)) {
    const range = picture.range ? ` (range ${picture.range.map((value) => value.toPrecision(4)).join(' … ')})` : '';
    process.stdout.write(options.json ? `${JSON.stringify(picture)}\n` : `${picture.file}${range}\n`);
  }
  return exitCodes.ok;
}
