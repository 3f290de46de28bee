/**
 * `project.db`: what a project remembers besides large arrays. SQLite in WAL mode, so that a reader (a second window, the
 * command line) sees the last committed state while a run writes, and a crash loses at most the running transaction.
 *
 * The schema is a list of migrations; `PRAGMA user_version` counts those that ran. A file with a higher count was written
 * by a newer Legato and is refused rather than guessed at.
 */
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { ProjectError } from './errors';

type Connection = Database.Database;

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

export type RunStatus = 'running' | 'paused' | 'finished' | 'stopped' | 'failed';

export interface RunRecord {
  id: number;
  /** ISO 8601, UTC */
  startedAt: string;
  endedAt: string | null;
  status: RunStatus;
  settings: unknown;
  backend: string;
  firstStep: number;
  lastStep: number | null;
}

export interface MetricPoint {
  step: number;
  /** null where the figure was not finite */
  value: number | null;
}

export interface EvaluationRow {
  photo: string;
  /** 'psnr', 'ssim', … */
  name: string;
  value: number | null;
}

/** A label edit as a row; labelJournal.ts says what is in it. */
export interface StoredEdit {
  name: string;
  at: string;
  step: number;
  nextId: number;
  /** JSON */
  data: string;
  ids: Uint8Array;
}

interface StoredRun extends Omit<RunRecord, 'settings'> {
  settings: string;
}

/** SQLite has no NaN: a figure that is not finite is stored as NULL. */
const storable = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

export class ProjectDatabase {
  readonly #path: string;
  readonly #connection: Connection;
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
      this.#connection = new Database(mode === 'write' ? path : `${pathToFileURL(path).href}?mode=ro`);
    } catch (error) {
      throw new ProjectError('io', path, 'cannot be opened; check that the folder exists and is readable', error);
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
      if (error instanceof ProjectError) throw error;
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

  /** Runs `work` in one transaction: all of its writes happen, or none. */
  transaction(work: () => void): void {
    this.#connection.transaction(work)();
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
    if (this.#writes) this.#connection.pragma('wal_checkpoint(TRUNCATE)');
    this.#connection.close();
  }

  #statement(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  getMeta(key: string): string | null {
    const row = this.#statement('SELECT value FROM meta WHERE key = ?').get(key) as { value: string } | undefined;
    return row?.value ?? null;
  }

  setMeta(key: string, value: string): void {
    this.#statement('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(
      key,
      value,
    );
  }

  /** Records the start of a run; returns its id. */
  startRun(run: { settings: unknown; backend: string; firstStep: number }): number {
    const { lastInsertRowid } = this.#statement(
      "INSERT INTO runs (startedAt, status, settings, backend, firstStep) VALUES (?, 'running', ?, ?, ?)",
    ).run(new Date().toISOString(), JSON.stringify(run.settings), run.backend, run.firstStep);
    return Number(lastInsertRowid);
  }

  /** Notes how a run stands; a status that ends it also stamps the time. */
  updateRun(id: number, status: RunStatus, lastStep: number): void {
    const ended = status === 'running' || status === 'paused' ? null : new Date().toISOString();
    this.#statement('UPDATE runs SET status = ?, lastStep = ?, endedAt = ? WHERE id = ?').run(
      status,
      lastStep,
      ended,
      id,
    );
  }

  /** All runs, oldest first. */
  runs(): RunRecord[] {
    const rows = this.#statement(
      'SELECT id, startedAt, endedAt, status, settings, backend, firstStep, lastStep FROM runs ORDER BY id',
    ).all() as StoredRun[];
    return rows.map((row) => ({ ...row, settings: JSON.parse(row.settings) as unknown }));
  }

  /** Stores the figures of one step; a step that is trained again after a resume replaces its figures. */
  recordMetrics(run: number, step: number, figures: Record<string, number | null>): void {
    const insert = this.#statement('INSERT OR REPLACE INTO metrics (run, name, step, value) VALUES (?, ?, ?, ?)');
    this.transaction(() => {
      for (const [name, value] of Object.entries(figures)) insert.run(run, name, step, storable(value));
    });
  }

  /** One curve in step order, from `fromStep` on. */
  metrics(run: number, name: string, fromStep = 0): MetricPoint[] {
    return this.#statement(
      'SELECT step, value FROM metrics WHERE run = ? AND name = ? AND step >= ? ORDER BY step',
    ).all(run, name, fromStep) as MetricPoint[];
  }

  /** Something that happened in a run: density control, a changed setting, a warning. */
  recordEvent(run: number, step: number, kind: string, data: unknown = null): void {
    this.#statement('INSERT INTO events (run, step, at, kind, data) VALUES (?, ?, ?, ?, ?)').run(
      run,
      step,
      new Date().toISOString(),
      kind,
      JSON.stringify(data),
    );
  }

  events(run: number): { step: number; at: string; kind: string; data: unknown }[] {
    const rows = this.#statement('SELECT step, at, kind, data FROM events WHERE run = ? ORDER BY id').all(run) as {
      step: number;
      at: string;
      kind: string;
      data: string;
    }[];
    return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as unknown }));
  }

  recordEvaluation(run: number, step: number, rows: readonly EvaluationRow[]): void {
    const insert = this.#statement(
      'INSERT OR REPLACE INTO evaluations (run, step, photo, name, value) VALUES (?, ?, ?, ?, ?)',
    );
    this.transaction(() => {
      for (const { photo, name, value } of rows) insert.run(run, step, photo, name, storable(value));
    });
  }

  /** Figures per held-out photo, in step, photo, name order. */
  evaluations(run: number): (EvaluationRow & { step: number })[] {
    return this.#statement(
      'SELECT step, photo, name, value FROM evaluations WHERE run = ? ORDER BY step, photo, name',
    ).all(run) as (EvaluationRow & { step: number })[];
  }

  /** Saves a view under a name, replacing the one that had it. `camera` is stored as JSON. */
  saveView(name: string, camera: unknown): void {
    this.#statement(
      'INSERT INTO views (name, camera, createdAt) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET camera = excluded.camera',
    ).run(name, JSON.stringify(camera), new Date().toISOString());
  }

  views(): { name: string; camera: unknown }[] {
    const rows = this.#statement('SELECT name, camera FROM views ORDER BY id').all() as {
      name: string;
      camera: string;
    }[];
    return rows.map((row) => ({ name: row.name, camera: JSON.parse(row.camera) as unknown }));
  }

  deleteView(name: string): void {
    this.#statement('DELETE FROM views WHERE name = ?').run(name);
  }

  recordQuery(text: string, options: unknown = null): void {
    this.#statement('INSERT INTO queries (text, options, at) VALUES (?, ?, ?)').run(
      text,
      JSON.stringify(options),
      new Date().toISOString(),
    );
  }

  /** Newest first. */
  queries(limit = 100): { text: string; options: unknown; at: string }[] {
    const rows = this.#statement('SELECT text, options, at FROM queries ORDER BY id DESC LIMIT ?').all(limit) as {
      text: string;
      options: string;
      at: string;
    }[];
    return rows.map((row) => ({ ...row, options: JSON.parse(row.options) as unknown }));
  }

  /** Label edits in their order. */
  edits(): StoredEdit[] {
    // A project of an older schema that is only read has none.
    if (this.version < 2) return [];
    return this.#statement(
      'SELECT name, at, step, nextId, data, ids FROM edits ORDER BY position',
    ).all() as StoredEdit[];
  }

  putEdit(position: number, { name, at, step, nextId, data, ids }: StoredEdit): void {
    this.#statement('INSERT OR REPLACE INTO edits VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      ...([position, name, at, step, nextId, data, ids] as const),
    );
  }

  dropEditsFrom(position: number): void {
    this.#statement('DELETE FROM edits WHERE position >= ?').run(position);
  }
}
