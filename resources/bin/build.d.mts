export declare const root: string;
/** Why the bundles need building, or null. */
export declare function staleness(): string | null;
/** Builds when needed, one process at a time; prints one line. Throws when the build fails. */
export declare function ensureBuilt(log?: (line: string) => void): void;
