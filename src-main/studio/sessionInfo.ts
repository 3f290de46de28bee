/**
 * What a page is told when it opens (contract: session). The kernels are asked once per process and lazily, because
 * loading tfjs takes a second that the first paint should not wait for twice.
 */
import { resolve } from 'node:path';
import type { BackendInfo, SessionInfo } from '#contract/session';
import { version } from '../../package.json';
import type { DemoRoom } from './demoRoom';
import { recentProjects } from './recent';

/** The checkout or the installed package; the same place seen from src-main/studio and from out/main. */
const folder = resolve(import.meta.dirname, '../..');
const shell = process.platform === 'win32' ? 'windows' : 'posix';

interface BackendAnswer {
  backend: BackendInfo | null;
  backendProblem: string | null;
}

let answer: Promise<BackendAnswer> | undefined;

async function askKernels(): Promise<BackendAnswer> {
  try {
    const { initKernels } = await import('../kernels/index');
    const { name, reason, instructionSet, threads } = await initKernels({ backend: 'auto' });
    return {
      backend: { name, reason, instructionSet: name === 'native' ? instructionSet : null, threads },
      backendProblem: null,
    };
  } catch (error) {
    return { backend: null, backendProblem: error instanceof Error ? error.message : String(error) };
  }
}

/** Which Legato this is, what computes, and what was open last. */
export async function sessionInfo(door: SessionInfo['door'], room: DemoRoom): Promise<SessionInfo> {
  answer ??= askKernels();
  const [kernels, recent, demo] = await Promise.all([answer, recentProjects(), room.state()]);
  return { version, door, folder, shell, ...kernels, recent, demo };
}
