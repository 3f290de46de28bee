/** One process that exports or previews, and what it says; it ends with its one job. */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exportEvent } from '#contract/exportMessages';
import type { ExportCommand, ExportEvent } from '#contract/exportMessages';
import { StudioError } from '../studio';

/** The built process: the same place seen from src-main/studio/session and, flat, from out/main. */
const places = ['../../../out/main/exporter.js', './exporter.js'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

export interface ExporterChild {
  /** Ends it; nothing is left half-written, and nothing more is heard. */
  cancel(): void;
}

/**
 * @param hear  progress, then one outcome; a process that dies fails
 * @throws StudioError when the process was not built
 */
export function forkExporter(command: ExportCommand, hear: (event: ExportEvent) => void): ExporterChild {
  const entry = places.find((path) => existsSync(path));
  if (!entry) throw new StudioError(places[0], 'not built; run: npm run build');
  const child = fork(entry, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  let over = false;
  const tell = (event: ExportEvent): void => {
    if (over) return;
    over = event.type !== 'progress';
    hear(event);
  };
  const died = (message: string): void =>
    tell({ type: 'failed', failure: { kind: 'crash', message, fault: 'internal' } });
  child.on('message', (message) => {
    const event = exportEvent.safeParse(message).data;
    if (event) tell(event);
  });
  child.on('error', (error) => died(error.message));
  child.on('exit', (code, signal) => died(`the export ended (${signal ?? `exit code ${code}`}); nothing was written`));
  child.send(command);
  return {
    cancel: () => {
      over = true;
      if (child.connected) child.disconnect();
    },
  };
}
