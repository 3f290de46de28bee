/**
 * Errors as data for the other side of a process: what happened, to which file, and whose fault it is, so that the command
 * line can choose an exit code and a window its words.
 */
import type { TrainerEventOf, TrainerFailure } from '#contract/messages';
import { SaidError } from '#contract/sayings';
import type { Saying } from '#contract/sayings';

/** Errors in what the person gave us, by class. */
const INPUT = new Set([
  'CaptureError',
  'PlyError',
  'SettingsError',
  'ProjectError',
  'FileError',
  'LanguageError',
  'ModelError',
  'TextError',
  'ExpressionError',
  'SemanticsError',
  'ResumeError',
  'MeshError',
  'VolumeFullError',
  'InputError',
]);
/** Errors of this machine. */
const ENVIRONMENT = new Set(['AddonError', 'BackendUnavailableError', 'ServeError', 'EnvironmentError']);
const ENVIRONMENT_CODES = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'ENOMEM', 'EMFILE', 'no-space', 'read-only']);
const INPUT_CODES = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR']);

function textOf(error: object, ...names: string[]): string | undefined {
  for (const name of names) {
    const value: unknown = Reflect.get(error, name);
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

export function describeFailure(error: unknown): TrainerFailure {
  if (!(error instanceof Error)) return { kind: 'Error', message: String(error), fault: 'internal' };
  const code = textOf(error, 'code') ?? '';
  let fault: TrainerFailure['fault'] = 'internal';
  if (ENVIRONMENT.has(error.name) || ENVIRONMENT_CODES.has(code)) fault = 'environment';
  else if (INPUT.has(error.name) || INPUT_CODES.has(code)) fault = 'input';
  const file = textOf(error, 'file', 'path');
  return { kind: error.name, ...sayingOf(error), file, fault, stack: error.stack };
}

/** What an error says, with its code, of whatever kind, and the values that pages say it with. */
export function sayingOf(error: unknown): Saying {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = textOf(error, 'code') ?? '';
  const values = error instanceof SaidError ? error.values : undefined;
  return { message: error.message, ...(code !== '' && { code }), ...(values && { values }) };
}

/** An error that nothing ends by. */
export function warningOf(error: unknown): TrainerEventOf<'warning'> {
  return { type: 'warning', ...sayingOf(error) };
}

/** Photos that cannot be left out. */
export class PhotosError extends SaidError {
  override name = 'InputError';
}

/** A resume that cannot continue: no checkpoint, or one of another capture. */
export class ResumeError extends SaidError {
  readonly file: string;
  constructor(file: string, said: Saying) {
    super({ ...said, message: `${file}: ${said.message}` });
    this.name = 'ResumeError';
    this.file = file;
  }
}
