export interface Room {
  path: string;
  may: string[];
  closed?: boolean;
  packages?: string[];
  node?: boolean;
  reserved?: string[];
}
export declare const rooms: Record<string, Room>;
export declare const reserved: string[];
export declare const common: string[];
/** All rooms that a room may import, itself included. */
export declare function reach(room: string): Set<string>;
