/**
 * The trainer's side of its process: commands arrive as process messages, events leave the same way,
 * frames through a pipe.
 *
 * The parent coordinates interruptions, so SIGINT (which a terminal sends to the whole group) is ignored here. When the parent
 * goes away the run is saved and the process ends: nothing trains unwatched.
 */
import { trainerCommand } from '#contract/messages';
import type { TrainerEvent } from '#contract/messages';
import { sendToParent } from '../base/index';
import { warningOf } from './failure';
import { FrameWriter } from './framePipe';
import { Trainer } from './trainer';
import type { TrainerPorts } from './trainer';

/** Serves the parent until it disconnects. Only for a process that was forked. */
export function serveParent(ports: Omit<TrainerPorts, 'publish' | 'sendFrame'>): void {
  const publish = (event: TrainerEvent): void => sendToParent(event);
  const frames = new FrameWriter();
  const trainer = new Trainer({ ...ports, publish, sendFrame: (bytes) => frames.send(bytes) });
  process.on('SIGINT', () => undefined);
  process.on('message', (message) => {
    const command = trainerCommand.safeParse(message);
    try {
      if (!command.success) throw new TypeError(`not a command: ${command.error.issues[0].message}`);
      trainer.send(command.data);
    } catch (error) {
      publish(warningOf(error));
    }
  });
  process.on('disconnect', () => {
    const active = trainer.state === 'preparing' || trainer.state === 'running' || trainer.state === 'paused';
    if (active) trainer.send({ type: 'stop', evaluate: false });
    void trainer.ended.then(() => process.exit(0));
  });
}
