/** Entry of a rendering thread: builds the room of its plan, then performs one task after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import type { RenderPlan, RenderTask } from './renderMessages';
import { RenderShare } from './renderTask';

const port = parentPort;
if (port) {
  const share = new RenderShare(workerData as RenderPlan);
  port.on('message', (task: RenderTask) => {
    const answer = share.perform(task);
    const { photo } = answer;
    const buffers = photo
      ? [photo.rgb, photo.instances, photo.classes, photo.depth, photo.surface.positions, photo.surface.normals]
      : [];
    port.postMessage(
      answer,
      buffers.map(({ buffer }) => buffer as ArrayBuffer),
    );
  });
}
