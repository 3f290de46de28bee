/** Entry of the process that exports for the studio, so that neither a window nor the trainer waits. It ends with its one job. */
import { exportCommand } from '#contract/exportMessages';
import type { ExportEvent } from '#contract/exportMessages';
import { deliverToParent } from '../base/index';
import { describeFailure } from './failures';
import { exportProject } from './exportProject';
import type { ExportProgress } from './exportProject';
import { previewMesh } from './previewMesh';

const stop = new AbortController();
const say = (event: ExportEvent): Promise<void> => deliverToParent(event);
process.on('SIGINT', () => undefined);
process.on('disconnect', () => stop.abort(new Error('the studio went away')));
process.once('message', (message) => {
  void (async () => {
    try {
      const command = exportCommand.parse(message);
      const options = {
        warn: () => undefined,
        signal: stop.signal,
        onProgress: (progress: ExportProgress) => void say({ type: 'progress', ...progress }),
      };
      const { project, layer, threads } = command;
      const scene = { backend: 'auto', threads, resolution: null } as const;
      if (command.type === 'preview') {
        await say({ type: 'previewed', ...(await previewMesh(project, { layer, threads }, options)) });
        return;
      }
      const request = { ...scene, format: command.format, layer, out: null, words: null, mesh: {} };
      const { file, step, labelled, features } = await exportProject(project, request, options);
      await say({ type: 'exported', file, step, labelled, features });
    } catch (error) {
      if (!stop.signal.aborted) await say({ type: 'failed', failure: describeFailure(error) });
    } finally {
      if (process.connected) process.disconnect();
    }
  })();
});
