/**
 * `legato doctor`: one line for each thing that Legato stands on. Only what training needs decides the exit code.
 * `--desktop` tries the parts of the window too, in this process and, where Electron can run, once more inside of it.
 */
import { examine } from '../studio/examination';
import type { Finding } from '../studio/examination';
import { exitCodes } from './exit';
import type { ExitCode } from './exit';

export interface DoctorFlags {
  json?: boolean;
  desktop?: boolean;
}

export async function doctorCommand({ json, desktop }: DoctorFlags): Promise<ExitCode> {
  const findings = await examine();
  if (desktop) findings.push(...(await (await import('./doctorDesktop')).examineDesktop()));
  const well = findings.every(({ ok, needed }) => ok !== false || !needed);
  if (json) process.stdout.write(`${JSON.stringify({ ok: well, findings })}\n`);
  else process.stdout.write(table(findings));
  return well ? exitCodes.ok : exitCodes.environment;
}

function table(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const word = (ok: boolean | null): string => (ok === null ? 'unknown' : ok ? 'ok     ' : 'missing');
  return findings.map(({ name, ok, detail }) => `${word(ok)}  ${name.padEnd(width)}  ${detail}\n`).join('');
}
