/** Errors of the kernels: what was wrong, where, and what to do about it. */

export class KernelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** An op was called with an argument of the wrong shape, type or value. */
export class KernelArgumentError extends KernelError {
  readonly op: string;
  readonly argument: string;

  constructor(op: string, argument: string, problem: string) {
    super(`${op}(${argument}): ${problem}`);
    this.op = op;
    this.argument = argument;
  }
}

/** The groups of parameters that a live row consists of, as error messages name them. */
export const PARAMETER_GROUPS = [
  'means',
  'logScales',
  'quaternions',
  'opacityLogits',
  'sphericalHarmonics',
  'semantics',
  'uncertainty',
] as const;

export type ParameterGroup = (typeof PARAMETER_GROUPS)[number];

/** A live row holds a NaN or an infinity: training has diverged, or the file that it came from is damaged. */
export class NonFiniteParameterError extends KernelError {
  readonly group: ParameterGroup;
  readonly row: number;

  constructor(group: ParameterGroup, row: number) {
    super(`render: ${group} of Gaussian ${row} is not finite; lower the learning rates or reload the last checkpoint`);
    this.group = group;
    this.row = row;
  }
}

/** Depth pictures cover more space than a volume may hold at its size of voxels. */
export class VolumeFullError extends KernelError {
  readonly maxBlocks: number;

  constructor(maxBlocks: number) {
    super(`the surface needs more than ${maxBlocks} blocks of 8³ voxels; use larger voxels`);
    this.maxBlocks = maxBlocks;
  }
}

/** The native addon is missing or does not load. */
export class AddonError extends KernelError {}

/** A backend was asked for that cannot serve here. */
export class BackendUnavailableError extends KernelError {}
