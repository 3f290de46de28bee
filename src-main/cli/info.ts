/** `legato info`: what a project, a capture or a splat file holds. */
import { describePath } from '../studio/describePath';
import type { Fact, Facts } from '../studio/describePath';
import { exitCodes } from './exit';
import type { ExitCode } from './exit';

export async function infoCommand(path: string, { json }: { json?: boolean }): Promise<ExitCode> {
  const facts = await describePath(path);
  process.stdout.write(json ? `${JSON.stringify(facts)}\n` : `${inWords(facts)}\n`);
  return exitCodes.ok;
}

function inWords(facts: Facts): string {
  const width = Math.max(...Object.keys(facts).map((key) => key.length));
  const indent = `\n${' '.repeat(width + 2)}`;
  const text = (fact: Fact): string => {
    if (!Array.isArray(fact)) return String(fact ?? '–');
    return fact.join(typeof fact[0] === 'number' ? ', ' : indent) || '–';
  };
  return Object.entries(facts)
    .map(([name, fact]) => `${name.padEnd(width)}  ${text(fact)}`)
    .join('\n');
}
