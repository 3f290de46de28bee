/** `legato query`: where a text applies, as pictures at the poses of photos and as scores of splats. */
import { queryProject } from '../studio/queryProject';
import type { Like, QueryRequest, QueryResult } from '../studio/queryProject';
import { exitCodes, UsageError } from './exit';
import type { ExitCode } from './exit';
import { wholeNumber } from './numbers';
import { grouped } from './progress';
import { sceneOptions, viewsAsked, warn } from './sceneOptions';
import type { SceneFlags, ViewFlags } from './sceneOptions';
import { wordOptions } from './wordOptions';
import type { WordFlags } from './wordOptions';

export interface QueryFlags extends SceneFlags, ViewFlags, WordFlags {
  '3d'?: boolean;
  likeSplat?: string;
  likePixel?: string;
  blended?: boolean;
  out?: string;
}

function likeOf({ likeSplat, likePixel }: QueryFlags): Like | null {
  if (likeSplat !== undefined && likePixel !== undefined)
    throw new UsageError('--like-splat and --like-pixel exclude each other');
  if (likeSplat !== undefined) return { kind: 'splat', id: wholeNumber('--like-splat', likeSplat, 0, 0xffff_ffff) };
  if (likePixel === undefined) return null;
  const parts = /^(.+):(\d+),(\d+)$/.exec(likePixel);
  if (!parts) throw new UsageError(`--like-pixel ${likePixel}: expected PHOTO:x,y in pixels of the photo`);
  return { kind: 'pixel', photo: parts[1], x: Number(parts[2]), y: Number(parts[3]) };
}

/** What the flags ask for. @throws UsageError */
export function queryRequest(queries: readonly string[], flags: QueryFlags): QueryRequest {
  const like = likeOf(flags);
  if (queries.length > 0 && like) throw new UsageError('give queries or --like-…, not both');
  if (queries.length === 0 && !like) throw new UsageError('say what to look for, such as: legato query PROJECT "mug"');
  if (queries.length > 255) throw new UsageError('at most 255 queries can compete');
  const words = wordOptions(flags);
  const views = viewsAsked(flags);
  if (views.length > 1) throw new UsageError('one of --view PHOTO, --heldout and --all');
  const splats = flags['3d'] ?? false;
  if (views.length === 0 && !splats)
    throw new UsageError('say where to look: --view PHOTO, --heldout or --all for pictures, --3d for splats');
  const { blended = false, out = null } = flags;
  return { ...sceneOptions(flags), ...words, ...{ queries, like, splats, blended, out, views: views[0] ?? null } };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** One result in words. */
function lines(result: QueryResult, several: boolean, threshold: number): string[] {
  if (result.type === 'words') {
    if (result.texts.length === 0) return [];
    return [
      `${result.texts.map((text) => `"${text}"`).join(', ')} against ${result.negatives.join(', ')}: ` +
        `${result.milliseconds.toFixed(0)} ms to embed`,
    ];
  }
  const what = result.type === 'view' ? 'pixels' : 'splats';
  const answers = result.answers.map(({ query, range: [low, high], share }) => {
    const taken = several ? `${percent(share)} of ${what}` : `${percent(share)} of ${what} ≥ ${threshold}`;
    return `  ${query}: scores ${low.toFixed(3)} … ${high.toFixed(3)}, ${taken}`;
  });
  if (result.type === 'splats') {
    const { splats, milliseconds, refreshMilliseconds, file } = result;
    const cost = `${milliseconds.toFixed(1)} ms on cached codes, which took ${refreshMilliseconds.toFixed(0)} ms`;
    return [`${grouped(splats)} splats: ${cost}`, ...answers, `  ${file}`];
  }
  const { view, width, height, milliseconds, unanswered, files } = result;
  const without = unanswered > 0 ? `, ${percent(unanswered)} without an answer` : '';
  const head = `${view}, ${width} × ${height}: ${milliseconds.toFixed(0)} ms${without}`;
  return [head, ...answers, ...files.map((file) => `  ${file}`)];
}

export async function queryCommand(path: string, queries: string[], flags: QueryFlags): Promise<ExitCode> {
  const request = queryRequest(queries, flags);
  for await (const result of queryProject(path, request, warn)) {
    if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else for (const line of lines(result, queries.length > 1, request.threshold)) process.stdout.write(`${line}\n`);
  }
  return exitCodes.ok;
}
