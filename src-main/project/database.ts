/** `project.db`: what a project remembers besides large arrays, one method a question. How it is kept: connection.ts. */
import { ProjectConnection } from './connection';

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

export class ProjectDatabase extends ProjectConnection {
  /** Records the start of a run; returns its id. */
  startRun(run: { settings: unknown; backend: string; firstStep: number }): number {
    const { lastInsertRowid } = this.write(
      "INSERT INTO runs (startedAt, status, settings, backend, firstStep) VALUES (?, 'running', ?, ?, ?)",
      ...[new Date().toISOString(), JSON.stringify(run.settings), run.backend, run.firstStep],
    );
    return Number(lastInsertRowid);
  }

  /** Notes how a run stands; a status that ends it also stamps the time. */
  updateRun(id: number, status: RunStatus, lastStep: number): void {
    const ended = status === 'running' || status === 'paused' ? null : new Date().toISOString();
    this.write('UPDATE runs SET status = ?, lastStep = ?, endedAt = ? WHERE id = ?', status, lastStep, ended, id);
  }

  /** All runs, oldest first. */
  runs(): RunRecord[] {
    const rows = this.statement(
      'SELECT id, startedAt, endedAt, status, settings, backend, firstStep, lastStep FROM runs ORDER BY id',
    ).all() as StoredRun[];
    return rows.map((row) => ({ ...row, settings: JSON.parse(row.settings) as unknown }));
  }

  /** Stores the figures of one step; a step that is trained again after a resume replaces its figures. */
  recordMetrics(run: number, step: number, figures: Record<string, number | null>): void {
    const insert = this.statement('INSERT OR REPLACE INTO metrics (run, name, step, value) VALUES (?, ?, ?, ?)');
    this.transaction(() => {
      for (const [name, value] of Object.entries(figures)) insert.run(run, name, step, storable(value));
    });
  }

  /** One curve in step order, from `fromStep` on. */
  metrics(run: number, name: string, fromStep = 0): MetricPoint[] {
    return this.statement('SELECT step, value FROM metrics WHERE run = ? AND name = ? AND step >= ? ORDER BY step').all(
      run,
      name,
      fromStep,
    ) as MetricPoint[];
  }

  /** Something that happened in a run: density control, a changed setting, a warning. */
  recordEvent(run: number, step: number, kind: string, data: unknown = null): void {
    this.write(
      'INSERT INTO events (run, step, at, kind, data) VALUES (?, ?, ?, ?, ?)',
      ...[run, step, new Date().toISOString(), kind, JSON.stringify(data)],
    );
  }

  events(run: number): { step: number; at: string; kind: string; data: unknown }[] {
    const rows = this.statement('SELECT step, at, kind, data FROM events WHERE run = ? ORDER BY id').all(run) as {
      step: number;
      at: string;
      kind: string;
      data: string;
    }[];
    return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as unknown }));
  }

  recordEvaluation(run: number, step: number, rows: readonly EvaluationRow[]): void {
    const insert = this.statement(
      'INSERT OR REPLACE INTO evaluations (run, step, photo, name, value) VALUES (?, ?, ?, ?, ?)',
    );
    this.transaction(() => {
      for (const { photo, name, value } of rows) insert.run(run, step, photo, name, storable(value));
    });
  }

  /** Figures per held-out photo, in step, photo, name order. */
  evaluations(run: number): (EvaluationRow & { step: number })[] {
    return this.statement(
      'SELECT step, photo, name, value FROM evaluations WHERE run = ? ORDER BY step, photo, name',
    ).all(run) as (EvaluationRow & { step: number })[];
  }

  /** Saves a view under a name, replacing the one that had it. `camera` is stored as JSON. */
  saveView(name: string, camera: unknown): void {
    this.write(
      'INSERT INTO views (name, camera, createdAt) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET camera = excluded.camera',
      ...[name, JSON.stringify(camera), new Date().toISOString()],
    );
  }

  views(): { name: string; camera: unknown }[] {
    const rows = this.statement('SELECT name, camera FROM views ORDER BY id').all() as {
      name: string;
      camera: string;
    }[];
    return rows.map((row) => ({ name: row.name, camera: JSON.parse(row.camera) as unknown }));
  }

  deleteView(name: string): void {
    this.write('DELETE FROM views WHERE name = ?', name);
  }

  recordQuery(text: string, options: unknown = null): void {
    this.write(
      'INSERT INTO queries (text, options, at) VALUES (?, ?, ?)',
      ...[text, JSON.stringify(options), new Date().toISOString()],
    );
  }

  /** Newest first. */
  queries(limit = 100): { text: string; options: unknown; at: string }[] {
    const rows = this.statement('SELECT text, options, at FROM queries ORDER BY id DESC LIMIT ?').all(limit) as {
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
    return this.statement(
      'SELECT name, at, step, nextId, data, ids FROM edits ORDER BY position',
    ).all() as StoredEdit[];
  }

  putEdit(position: number, { name, at, step, nextId, data, ids }: StoredEdit): void {
    this.statement('INSERT OR REPLACE INTO edits VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      ...([position, name, at, step, nextId, data, ids] as const),
    );
  }

  dropEditsFrom(position: number): void {
    this.statement('DELETE FROM edits WHERE position >= ?').run(position);
  }
}
