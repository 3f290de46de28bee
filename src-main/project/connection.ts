/**
 * The connection to `project.db`: SQLite in WAL mode, so that a reader (a second window, the command line) sees the last committed
 * state while a run writes, and a crash loses at most the running transaction.
 *
 * The schema is a list of migrations; `PRAGMA user_version` counts those that ran. A file with a higher count was written
 * by a newer Legato and is refused rather than guessed at.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { FileError, systemErrorCode, writeError } from '../base/index';
import { ProjectError } from './errors';

/** Tells our files from other people's databases that happen to be called project.db. */
const MARK = 'legato-project';

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('format', '${MARK}');
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY, startedAt TEXT NOT NULL, endedAt TEXT, status TEXT NOT NULL,
    settings TEXT NOT NULL, backend TEXT NOT NULL, firstStep INTEGER NOT NULL, lastStep INTEGER
  );
  CREATE TABLE events (
    id INTEGER PRIMARY KEY, run INTEGER REFERENCES runs(id), step INTEGER NOT NULL, at TEXT NOT NULL,
    kind TEXT NOT NULL, data TEXT NOT NULL
  );
  CREATE TABLE metrics (
    run INTEGER NOT NULL REFERENCES runs(id), name TEXT NOT NULL, step INTEGER NOT NULL, value REAL,
    PRIMARY KEY (run, name, step)
  ) WITHOUT ROWID;
  CREATE TABLE evaluations (
    run INTEGER NOT NULL REFERENCES runs(id), step INTEGER NOT NULL, photo TEXT NOT NULL, name TEXT NOT NULL, value REAL,
    PRIMARY KEY (run, step, photo, name)
  ) WITHOUT ROWID;
  CREATE TABLE views (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, camera TEXT NOT NULL, createdAt TEXT NOT NULL);
  CREATE TABLE queries (id INTEGER PRIMARY KEY, text TEXT NOT NULL, options TEXT NOT NULL, at TEXT NOT NULL);
  `,
  `
  CREATE TABLE edits (
    position INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL, step INTEGER NOT NULL, nextId INTEGER NOT NULL,
    data TEXT NOT NULL, ids BLOB NOT NULL
  );
  `,
];

/** The number of migrations this Legato knows. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Whether SQLite complains of the disk, not of the file. */
function unwritable(error: unknown): boolean {
  return /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(systemErrorCode(error) ?? '');
}

/** In a folder that cannot be written SQLite cannot make the index of its log: where nothing is in the log, it need not. */
function readingAddress(path: string): string {
  let writable = true;
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    writable = false;
  }
  const logged = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return `${pathToFileURL(path).href}?${writable || logged > 0 ? 'mode=ro' : 'immutable=1'}`;
}

/** Transactions, statements and meta data; what is in the tables is database.ts. */
export class ProjectConnection {
  readonly #path: string;
  readonly #connection: Database.Database;
  #writes = false;
  readonly #statements = new Map<string, Database.Statement>();

  /**
   * Opens the file, or creates it when `mode` is 'write'; migrations run in 'write' only, and never on a foreign file.
   *
   * @throws ProjectError 'not-a-project', 'newer-version', 'corrupt', 'io'
   */
  constructor(path: string, mode: 'read' | 'write') {
    this.#path = path;
    try {
      this.#connection = new Database(mode === 'write' ? path : readingAddress(path));
    } catch (error) {
      const remedy =
        mode === 'write' ? 'free some space, and check that the folder may be written' : 'check that it may be read';
      throw new ProjectError('io', path, `cannot be opened; ${remedy}`, error);
    }
    try {
      this.#connection.exec('PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON');
      this.#refuseForeign(mode);
      if (mode === 'write') {
        this.#writes = true;
        this.#connection.pragma('journal_mode = WAL');
        this.#connection.exec('PRAGMA synchronous = NORMAL');
      }
      this.#migrate(mode);
    } catch (error) {
      this.close();
      if (error instanceof FileError) throw error;
      if (unwritable(error)) throw writeError(path, error);
      throw new ProjectError(
        'corrupt',
        path,
        'is not a readable database; restore it from a backup, or move it away',
        error,
      );
    }
  }

  #refuseForeign(mode: 'read' | 'write'): void {
    const tables = this.#connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {
      name: string;
    }[];
    if (tables.length === 0 && mode === 'write') return;
    if (tables.some(({ name }) => name === 'meta') && this.version > 0 && this.getMeta('format') === MARK) return;
    throw new ProjectError('not-a-project', this.#path, 'was not written by Legato; choose another folder');
  }

  #migrate(mode: 'read' | 'write'): void {
    const version = this.version;
    if (version > SCHEMA_VERSION)
      throw new ProjectError(
        'newer-version',
        this.#path,
        `written by a newer Legato (schema ${version}, this one knows ${SCHEMA_VERSION}); update Legato`,
      );
    if (mode === 'read') return;
    for (let next = version; next < SCHEMA_VERSION; next++)
      this.transaction(() => this.#connection.exec(`${MIGRATIONS[next]}; PRAGMA user_version = ${next + 1}`));
  }

  /** How many migrations the file has seen. */
  get version(): number {
    const row = this.#connection.prepare('PRAGMA user_version').get() as { user_version: number };
    return row.user_version;
  }

  /**
   * Runs `work` in one transaction: all of its writes happen, or none.
   *
   * @throws FileError 'no-space', 'read-only', 'io'
   */
  transaction(work: () => void): void {
    try {
      this.#connection.exec('BEGIN');
      work();
      this.#connection.exec('COMMIT');
    } catch (error) {
      // A full disk has rolled it back already; to do so again would hide why.
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      throw unwritable(error) ? writeError(this.#path, error) : error;
    }
  }

  /** One statement that writes. @throws FileError */
  protected write(sql: string, ...values: (string | number | null)[]): Database.RunResult {
    try {
      return this.statement(sql).run(...values);
    } catch (error) {
      throw unwritable(error) ? writeError(this.#path, error) : error;
    }
  }

  /** As `transaction`, and on the disk when it returns: what a person did is not lost with the machine's power. */
  durably(work: () => void): void {
    this.#connection.exec('PRAGMA synchronous = FULL');
    try {
      this.transaction(work);
    } finally {
      this.#connection.exec('PRAGMA synchronous = NORMAL');
    }
  }

  /** Folds the write-ahead log into the file, so that a copied project.db is whole, and lets go. */
  close(): void {
    this.#statements.clear();
    try {
      if (this.#writes) this.#connection.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // On a full disk the log stays beside the file, and is read with it.
    } finally {
      this.#connection.close();
    }
  }

  protected statement(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  getMeta(key: string): string | null {
    const row = this.statement('SELECT value FROM meta WHERE key = ?').get(key) as { value: string } | undefined;
    return row?.value ?? null;
  }

  setMeta(key: string, value: string): void {
    this.write('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
  }
}
