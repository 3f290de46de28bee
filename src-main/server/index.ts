/** The server door: `serve` for programs, `serveUntilInterrupted` for the command line. */
export { serve, ServeError } from './serve';
export type { ServeOptions, Serving } from './serve';
export { serveUntilInterrupted } from './terminal';
export type { TerminalOptions } from './terminal';
