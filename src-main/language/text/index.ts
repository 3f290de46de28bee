/** The door to text/: texts to unit vectors, and how relevant features are to them. */
export { cleanText } from './clean';
export { TextError } from './errors';
export type { TextFault } from './errors';
export { defaultNegatives, relevancy, RELEVANCY_SCALE } from './relevancy';
export { photoTemplates, TextEncoder } from './textEncoder';
export type { TextEncoderOptions } from './textEncoder';
