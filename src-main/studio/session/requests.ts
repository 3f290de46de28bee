/** Questions to the trainer that are answered by an event. They are over when the trainer is. */
import { SaidError } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { TrainerEvent, TrainerEventOf } from '#contract/messages';

const answers = ['inspected', 'explained', 'gestured', 'uncertain'] as const;
type Answer = TrainerEventOf<(typeof answers)[number]>;

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export const isAnswer = (event: TrainerEvent): event is Answer => (answers as readonly string[]).includes(event.type);

/** There is no trainer that could answer. */
export class NoTrainerError extends SaidError {
  override name = 'InputError';
}

export class TrainerRequests {
  readonly #pending = new Map<number, Pending>();
  #next = 1;

  /** Sends a question under a number of its own. @throws NoTrainerError when the trainer ends before it answers */
  ask<Kind extends Answer['type']>(
    kind: Kind,
    send: (request: number) => void,
  ): Promise<Extract<Answer, { type: Kind }>> {
    const request = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(request, {
        resolve: (answer) => {
          if (answer.type === kind) resolve(answer as Extract<Answer, { type: Kind }>);
        },
        reject,
      });
      send(request);
    });
  }

  hear(answer: Answer): void {
    this.#pending.get(answer.request)?.resolve(answer);
    this.#pending.delete(answer.request);
  }

  /** Nobody will answer any more. */
  drop(why: Saying): void {
    for (const { reject } of this.#pending.values()) reject(new NoTrainerError(why));
    this.#pending.clear();
  }
}
