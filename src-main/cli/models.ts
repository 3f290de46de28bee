/**
 * `legato models list | pull | add | verify`: the encoders that give features their words. Nothing is downloaded but by `pull`;
 * Ctrl-C keeps what came, and the next pull continues there.
 */
import { resolve } from 'node:path';
import { addModel, knownModel, listModels, modelsFolder, pullModel, sizeInWords, verifyModel } from '../studio/models';
import type { ListedModel, PullProgress, Verification } from '../studio/models';
import { exitCodes } from './exit';
import type { ExitCode } from './exit';
import { duration } from './progress';
import { stoppable } from './stoppable';

export interface ModelsFlags {
  /** the folder of models instead of this person's */
  models?: string;
  json?: boolean;
}

export interface PullFlags extends ModelsFlags {
  mirror?: string;
  force?: boolean;
}

export interface AddFlags extends ModelsFlags {
  name?: string;
  copy?: boolean;
}

const PLAIN_SECONDS = 5;
const folderOf = ({ models }: ModelsFlags): string => (models ? resolve(models) : modelsFolder());
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const write = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const writeJson = (value: unknown): void => write(JSON.stringify(value));

/** Columns as wide as their longest text. */
function table(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

export async function listCommand(flags: ModelsFlags): Promise<ExitCode> {
  const folder = folderOf(flags);
  const models = await listModels(folder);
  if (flags.json) {
    writeJson({ folder, models: models.map((model) => ({ ...model, remark: model.remark?.message ?? null })) });
    return exitCodes.ok;
  }
  write(`models in ${folder}; \`legato models pull NAME\` fetches one`);
  for (const line of table(models.map(rowOf))) write(line);
  const notes = new Set(models.map(({ notice }) => notice).filter((notice) => notice !== null));
  for (const notice of notes) {
    const names = models.filter((model) => model.notice === notice).map(({ name }) => name);
    write(`${names.join(', ')}: ${notice}`);
  }
  return exitCodes.ok;
}

function rowOf(model: ListedModel): string[] {
  const known = knownModel(model.name);
  const size = model.bytes > 0 ? `${megabytes(model.bytes)} on disk` : known ? sizeInWords(known) : '';
  const origin = model.origin === null ? '' : ` (${model.origin})`;
  const remark =
    model.state === 'damaged' || model.state === 'partial' ? (model.remark?.message ?? '') : (model.licence ?? '');
  return [model.name, model.kind ?? '', `${model.state}${origin}`, size, remark];
}

export async function pullCommand(name: string, flags: PullFlags): Promise<ExitCode> {
  const models = folderOf(flags);
  const known = knownModel(name);
  if (known && !flags.json) {
    say(`${known.title} (${known.repository}, ${sizeInWords(known)}) into ${models}; licence: ${known.licence}`);
    if (known.notice !== null) say(known.notice);
  }
  const show = await makeShow(flags.json ?? false);
  const close = (): void => show.close();
  return stoppable(
    async (signal) => {
      const pulled = await pullModel(name, {
        models,
        mirror: flags.mirror,
        force: flags.force,
        signal,
        onProgress: (progress) => show.progress(progress),
        onRetry: (failure, wait) => show.retry(failure.message, wait),
      });
      close();
      if (flags.json) writeJson({ type: 'result', ...pulled });
      else {
        const done = pulled.alreadyThere ? 'is there already, whole' : `${megabytes(pulled.bytes)}, checksums right`;
        write(`${pulled.folder}: ${done}`);
      }
      return exitCodes.ok;
    },
    { close, stopped: `stopped; what came is kept, and \`legato models pull ${name}\` continues there` },
  );
}

interface Show {
  progress(progress: PullProgress): void;
  retry(message: string, wait: number): void;
  close(): void;
}

function progressText(progress: PullProgress): string {
  const { file, receivedBytes, totalBytes, bytesPerSecond, etaSeconds } = progress;
  const speed = bytesPerSecond === null ? [] : [`${megabytes(bytesPerSecond)}/s`];
  const left = etaSeconds === null ? [] : [`left ${duration(etaSeconds)}`];
  return [`${megabytes(receivedBytes)} of ${megabytes(totalBytes)}`, ...left, ...speed, file].join(' · ');
}

async function makeShow(json: boolean): Promise<Show> {
  // What to do about it is said if the last try fails too.
  const again = (message: string, wait: number): string =>
    `${message.split(';')[0]}; again in ${duration(wait / 1000)}`;
  const close = (): void => undefined;
  if (json) {
    const progress = (event: PullProgress): void => writeJson({ type: 'progress', ...event });
    return {
      progress,
      retry: (message, wait) => writeJson({ type: 'retry', message, waitSeconds: wait / 1000 }),
      close,
    };
  }
  if (!process.stderr.isTTY) {
    let last = -Infinity;
    const progress = (event: PullProgress): void => {
      const now = performance.now() / 1000;
      if (now - last < PLAIN_SECONDS && event.receivedBytes < event.totalBytes) return;
      last = now;
      say(progressText(event));
    };
    return { progress, retry: (message, wait) => say(again(message, wait)), close };
  }
  const { default: progress } = await import('cli-progress');
  const format = '{bar} {percentage}% {text}';
  const options = { format, barsize: 10, hideCursor: true, clearOnComplete: true, stream: process.stderr };
  const bars = new progress.MultiBar(options, progress.Presets.shades_classic);
  let bar: ReturnType<typeof bars.create> | null = null;
  return {
    progress(event) {
      bar ??= bars.create(event.totalBytes, 0, { text: '' });
      bar.update(event.receivedBytes, { text: progressText(event) });
    },
    retry: (message, wait) => bars.log(`${again(message, wait)}\n`),
    close: () => bars.stop(),
  };
}

export async function addCommand(folder: string, flags: AddFlags): Promise<ExitCode> {
  const added = await addModel(folder, { models: folderOf(flags), name: flags.name, copy: flags.copy });
  if (flags.json) writeJson(added);
  else {
    const place = added.copied ? `copied to ${added.folder}` : `used where it lies, ${added.folder}`;
    const width = added.width === null ? '' : `, ${added.width} values`;
    write(`${added.name}: ${added.kind.toUpperCase()}${width}, ${megabytes(added.bytes)}, ${place}`);
  }
  return exitCodes.ok;
}

/** One model, or every one that is here. Ends with the code for bad input when one is damaged. */
export async function verifyCommand(name: string | undefined, flags: ModelsFlags): Promise<ExitCode> {
  const models = folderOf(flags);
  const names = name === undefined ? await present(models) : [name];
  const checks: Verification[] = [];
  for (const each of names) {
    const check = await verifyModel(each, { models });
    checks.push(check);
    if (flags.json) continue;
    const files = check.files.length > 0 ? `, ${check.files.length} files` : '';
    write(
      `${check.ok ? 'ok     ' : 'damaged'}  ${check.name}${files}${check.remark === null ? '' : `: ${check.remark}`}`,
    );
  }
  const ok = checks.every((check) => check.ok);
  if (flags.json) writeJson({ ok, models: checks });
  else if (checks.length === 0) write(`no models in ${models}; \`legato models list\` shows which there are`);
  return ok ? exitCodes.ok : exitCodes.input;
}

async function present(models: string): Promise<string[]> {
  const listed = await listModels(models);
  return listed.filter(({ folder, state }) => folder !== null || state === 'damaged').map(({ name }) => name);
}
