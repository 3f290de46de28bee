/** `legato doctor`: one line for each thing that Legato stands on. Only what training needs decides the exit code. */
import { examine } from '../studio/examination';
import { exitCodes } from './exit';
import type { ExitCode } from './exit';

export async function doctorCommand({ json }: { json?: boolean }): Promise<ExitCode> {
  const findings = await examine();
  const well = findings.every(({ ok, needed }) => ok || !needed);
  if (json) process.stdout.write(`${JSON.stringify({ ok: well, findings })}\n`);
  else {
    const width = Math.max(...findings.map(({ name }) => name.length));
    for (const { name, ok, detail } of findings) {
      process.stdout.write(`${ok ? 'ok     ' : 'missing'}  ${name.padEnd(width)}  ${detail}\n`);
    }
  }
  return well ? exitCodes.ok : exitCodes.environment;
}
