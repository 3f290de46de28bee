/**
 * The edit journal in `project.db`: a row an edit, its ids packed, and the cursor beside them. An edit is on the disk when `append` returns.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { editNames, labelOp } from '#contract/labels';
import { namesSplats } from '../labels/index';
import type { Edit, EditJournal } from '../labels/index';
import type { ProjectDatabase, StoredEdit } from './database';
import { ProjectError } from './errors';

const CURSOR = 'labelCursor';
/** Ids of one edit, in bytes; more is damage. */
const LIMIT = 512 * 2 ** 20;
const counts = z.array(z.int().min(0));

/** Ascending ids are close to each other: their distances deflate well. */
function pack(arrays: readonly Uint32Array[]): Buffer {
  const all = new Uint32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const ids of arrays) {
    let before = 0;
    for (const id of ids) {
      all[at++] = id - before;
      before = id;
    }
  }
  return deflateRawSync(new Uint8Array(all.buffer), { level: 1 });
}

function unpack(packed: Uint8Array, lengths: readonly number[]): Uint32Array[] {
  const bytes = inflateRawSync(packed, { maxOutputLength: LIMIT });
  const wanted = lengths.reduce((sum, length) => sum + length, 0);
  if (bytes.length !== 4 * wanted) throw new Error(`${bytes.length} bytes for ${wanted} ids`);
  const all = new Uint32Array(wanted);
  new Uint8Array(all.buffer).set(bytes);
  let at = 0;
  return lengths.map((length) => {
    const ids = all.slice(at, at + length);
    at += length;
    for (let i = 1; i < length; i++) ids[i] += ids[i - 1];
    return ids;
  });
}

/** Ids beside the JSON that the rest of an edit is. */
function store({ name, at, step, nextId, ops, saved }: Edit): StoredEdit {
  const arrays: Uint32Array[] = [];
  const plain = ops.map((op) => {
    if (!namesSplats(op)) return op;
    arrays.push(op.ids);
    return { ...op, ids: null };
  });
  if (saved) arrays.push(saved.ids);
  const data = { ops: plain, counts: arrays.map(({ length }) => length), savedNextId: saved?.nextId ?? null };
  return { name, at, step, nextId, data: JSON.stringify(data), ids: pack(arrays) };
}

const plainEdit = z.object({
  ops: z.array(z.record(z.string(), z.unknown())),
  counts,
  savedNextId: z.int().min(0).max(0xffff_ffff).nullable(),
});

function restore({ name, at, step, nextId, data, ids }: StoredEdit): Edit {
  const { ops, counts: lengths, savedNextId } = plainEdit.parse(JSON.parse(data));
  const arrays = unpack(ids, lengths);
  return {
    ...{ name: z.enum(editNames).parse(name), at, step, nextId },
    ops: ops.map((op) => labelOp.parse('ids' in op ? { ...op, ids: arrays.shift() } : op)),
    saved: savedNextId === null ? null : { nextId: savedNextId, ids: arrays.shift() ?? new Uint32Array(0) },
  };
}

export class LabelJournal implements EditJournal {
  readonly #database: ProjectDatabase;
  readonly #path: string;

  /** @param path  of the database, for messages */
  constructor(database: ProjectDatabase, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** @throws ProjectError 'corrupt' */
  load(): { edits: Edit[]; cursor: number } {
    const rows = this.#database.edits();
    const edits = rows.map((row, index) => {
      try {
        return restore(row);
      } catch (error) {
        throw new ProjectError(
          'corrupt',
          this.#path,
          `label edit ${index + 1} of ${rows.length} is damaged; restore the file from a backup`,
          error,
        );
      }
    });
    const cursor = Number(this.#database.getMeta(CURSOR) ?? edits.length);
    return { edits, cursor: Number.isInteger(cursor) ? Math.min(Math.max(0, cursor), edits.length) : edits.length };
  }

  append(at: number, edit: Edit): void {
    this.#database.durably(() => {
      this.#database.dropEditsFrom(at);
      this.#database.putEdit(at, store(edit));
      this.#database.setMeta(CURSOR, String(at + 1));
    });
  }

  moveCursor(cursor: number): void {
    this.#database.durably(() => this.#database.setMeta(CURSOR, String(cursor)));
  }

  rewrite(edits: ReadonlyMap<number, Edit>): void {
    this.#database.durably(() => {
      for (const [index, edit] of edits) this.#database.putEdit(index, store(edit));
    });
  }
}
