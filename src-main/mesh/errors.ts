/** Why a scene could not become a mesh; the message says what to change. */
export class MeshError extends Error {
  /** 'empty': nothing to see a surface of; 'labels': labels that do not fit */
  readonly code: 'empty' | 'labels';

  constructor(code: MeshError['code'], message: string) {
    super(message);
    this.name = 'MeshError';
    this.code = code;
  }
}
