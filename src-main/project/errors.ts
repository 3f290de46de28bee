/**
 * Why a project, or a file of it, could not be opened or written. The message names the file and says what to do; the
 * code lets a window choose its own words.
 */
export type ProjectErrorCode =
  'exists' | 'not-a-project' | 'newer-version' | 'read-only' | 'locked' | 'no-space' | 'corrupt' | 'io';

export class ProjectError extends Error {
  readonly code: ProjectErrorCode;
  readonly path: string;

  constructor(code: ProjectErrorCode, path: string, message: string, cause?: unknown) {
    super(`${path}: ${message}`, { cause });
    this.name = 'ProjectError';
    this.code = code;
    this.path = path;
  }
}

/** The `code` of a Node system error such as 'ENOENT', or null for anything else. */
export function systemErrorCode(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

/** Translates what the system says when writing fails into what a person can do about it; ProjectErrors pass through. */
export function writeError(path: string, error: unknown): ProjectError {
  if (error instanceof ProjectError) return error;
  switch (systemErrorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ProjectError('no-space', path, 'the disk is full; free some space and save again', error);
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new ProjectError('read-only', path, 'no permission to write here; choose another folder', error);
    default:
      return new ProjectError(
        'io',
        path,
        `cannot be written (${error instanceof Error ? error.message : 'unknown'})`,
        error,
      );
  }
}
