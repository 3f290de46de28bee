/** Errors as data, for the doors: what happened, to which file, and whose fault it is. */
export { describeFailure, sayingOf } from '../training/failure';
