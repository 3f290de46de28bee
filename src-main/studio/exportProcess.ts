/** Entry of the process that exports for the studio, so that neither a window nor the trainer waits. It ends with its one job. */
import { exportCommand } from '#contract/exportMessages';
import type { ExportEvent } from '#contract/exportMessages';
import { sendToParent } from '../base/index';
import { describeFailure } from './failures';
import { exportProject } from './exportProject';

const stop = new AbortController();
const say = (event: ExportEvent): void => sendToParent(event);
process.on('SIGINT', () => undefined);
process.on('disconnect', () => stop.abort(new Error('the studio went away')));
process.once('message', (message) => {
  void (async () => {
    try {
      const { project, format, layer, threads } = exportCommand.parse(message);
      const exported = await exportProject(
        project,
        { ...{ format, layer, out: null, words: null, mesh: {} }, ...{ backend: 'auto', threads, resolution: null } },
        {
          warn: () => undefined,
          signal: stop.signal,
          onProgress: (progress) => say({ type: 'progress', ...progress }),
        },
      );
      const { file, step, labelled, features } = exported;
      say({ type: 'exported', file, step, labelled, features });
    } catch (error) {
      if (!stop.signal.aborted) say({ type: 'failed', failure: describeFailure(error) });
    } finally {
      if (process.connected) process.disconnect();
    }
  })();
});
