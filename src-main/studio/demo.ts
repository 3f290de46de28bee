/** The demo room for the doors: made in a folder that a person names, or once in their cache. */
export { defaultDemo, demoLimits, makeDemo } from '../capture/demo/index';
export type { DemoOptions, DemoProgress, DemoTruth } from '../capture/demo/index';
