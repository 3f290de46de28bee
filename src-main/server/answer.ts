/** From what a page sends (contract: wire) to the answer that it gets, the same through every door. */
import { z } from 'zod';
import { studioReplies } from '#contract/studio';
import type { CommandFailure } from '#contract/studio';
import { pageMessage } from '#contract/wire';
import type { Answer } from '#contract/wire';
import { describeFailure } from '../studio/failures';
import type { PageLink } from '../studio/session/door';

const MESSAGE_LIMIT = 4000;

/** A message that cannot even be refused, since it does not say which answer belongs to it. */
export class MessageError extends Error {
  override name = 'MessageError';
}

const numbered = z.looseObject({ id: z.int().min(0), command: z.looseObject({ type: z.string() }).optional() });

/**
 * Performs what a message asks. Never rejects but with MessageError: whatever goes wrong with the command is a refusal.
 *
 * @param message  as it came, parsed from JSON at most
 * @throws MessageError
 */
export async function answerMessage(link: PageLink, message: unknown): Promise<Answer> {
  const parsed = pageMessage.safeParse(message);
  if (!parsed.success) {
    const known = numbered.safeParse(message);
    if (!known.success) throw new MessageError('a message is an object with an id (a whole number) and a command');
    const [problem] = parsed.error.issues;
    const where = problem.path.length > 0 ? `${problem.path.join('.')}: ` : '';
    return refused(known.data.id, { kind: 'InputError', message: `${where}${problem.message}`, fault: 'input' });
  }
  const { id, command } = parsed.data;
  try {
    const reply = await link.perform(command);
    if (!isQuestion(command.type)) return { type: 'reply', id, reply: null };
    const checked = studioReplies[command.type].safeParse(reply);
    if (checked.success) return { type: 'reply', id, reply: checked.data };
    const [problem] = checked.error.issues;
    throw new Error(
      `the answer to "${command.type}" breaks the contract: ${problem.path.join('.')}: ${problem.message}`,
    );
  } catch (error) {
    return refused(id, describeFailure(error));
  }
}

const isQuestion = (type: string): type is keyof typeof studioReplies => type in studioReplies;

function refused(id: number, { kind, message, fault, code, values }: CommandFailure): Answer {
  return {
    type: 'refused',
    id,
    failure: { kind: kind.slice(0, 100), message: message.slice(0, MESSAGE_LIMIT), fault, code, values },
  };
}
