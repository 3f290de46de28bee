/**
 * Why a file or folder could not be written. The message names it and says what to do; the code lets a window choose its own
 * words.
 */
export class FileError extends Error {
  /** 'read-only', 'no-space', 'io', or one that a derived class adds */
  readonly code: string;
  readonly path: string;
  /** the message without the path */
  readonly problem: string;

  constructor(code: string, path: string, problem: string, cause?: unknown) {
    super(`${path}: ${problem}`, { cause });
    this.name = 'FileError';
    this.code = code;
    this.path = path;
    this.problem = problem;
  }
}

/** The `code` of a Node system error such as 'ENOENT', or null for anything else. */
export function systemErrorCode(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

/** Translates what the system says when writing fails into what a person can do about it; FileErrors pass through. */
export function writeError(path: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const code = systemErrorCode(error);
  // Where room runs out for its log's index or while it syncs, SQLite has no better word than this.
  if (code?.startsWith('SQLITE_IOERR') || code === 'SQLITE_CANTOPEN')
    return new FileError(
      'io',
      path,
      'the disk does not take it; free some space, check the disk, and try again',
      error,
    );
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'SQLITE_FULL':
      return new FileError('no-space', path, 'the disk is full; free some space and save again', error);
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
      return new FileError('read-only', path, 'no permission to write here; choose another folder', error);
    default: {
      const reason = error instanceof Error ? error.message : 'unknown';
      return new FileError('io', path, `cannot be written (${reason})`, error);
    }
  }
}

/** The same for reading. */
export function readError(path: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  switch (systemErrorCode(error)) {
    case 'ENOENT':
      return new FileError('missing', path, 'is not there; check the path', error);
    case 'ENOTDIR':
      return new FileError('missing', path, 'is not a folder; check the path', error);
    case 'EACCES':
    case 'EPERM':
      return new FileError('forbidden', path, 'may not be read by this user; choose another', error);
    default: {
      const reason = error instanceof Error ? error.message : 'unknown';
      return new FileError('io', path, `cannot be read (${reason})`, error);
    }
  }
}
