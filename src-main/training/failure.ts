/**
 * Errors as data for the other side of a process: what happened, to which file, and whose fault it is, so that the command
 * line can choose an exit code and a window its words.
 */
import type { TrainerFailure } from '#contract/messages';

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
  return { kind: error.name, message: error.message, file, fault, stack: error.stack, ...(code !== '' && { code }) };
}

/** Photos that cannot be left out. */
export class PhotosError extends Error {
  override name = 'InputError';
}

/** A resume that cannot continue: no checkpoint, or one of another capture. */
export class ResumeError extends Error {
  readonly file: string;
  constructor(file: string, message: string) {
    super(`${file}: ${message}`);
    this.name = 'ResumeError';
    this.file = file;
  }
}
