import type { Rule } from 'eslint';

/** The room that a path relative to the root lies in, or null. */
export declare function roomOf(path: string): string | null;
/** Why `room` (in the file `from`, relative to the root) may not import `specifier`; null when it may. */
export declare function verdict(room: string, from: string, specifier: string): string | null;
export declare const layersRule: Rule.RuleModule;
