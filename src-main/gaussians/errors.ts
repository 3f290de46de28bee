/** Something is wrong with a set of Gaussians: its sizes, its ids, or what it was to be made from. */
export class GaussianError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GaussianError';
  }
}
