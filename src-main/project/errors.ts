/** Why a project could not be opened; what fails while writing one is a FileError like everywhere. */
import { FileError } from '../base/index';

export type ProjectErrorCode =
  'exists' | 'missing' | 'not-a-project' | 'newer-version' | 'read-only' | 'locked' | 'corrupt' | 'io';

export class ProjectError extends FileError {
  override name = 'ProjectError';

  constructor(code: ProjectErrorCode, path: string, message: string, cause?: unknown) {
    super(code, path, message, cause);
  }
}
