/** The server door: `serve` for programs, `serveUntilInterrupted` for the command line. */
export { serve, ServeError } from './serve';
export type { ServeOptions, Serving } from './serve';
export { serveUntilInterrupted } from './terminal';
export type { TerminalOptions } from './terminal';
export { answerMessage, MessageError } from './answer';
export { mediaAnswer } from './media';
export type { MediaAnswer } from './media';
export { examinePage } from './examinePage';
export { pageFolder } from './page';
