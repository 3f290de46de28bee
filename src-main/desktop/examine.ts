/**
 * `--examine`: what `legato doctor --desktop` asks of Electron itself. The studio's parts are tried inside of this process, a hidden
 * window loads the page as always and tells what it finds; the findings leave as one line of JSON on stdout.
 */
import { BrowserWindow } from 'electron';
import { z } from 'zod';
import { sessionInfo } from '#contract/session';
import { examineParts } from '../studio/desktopExamination';
import { finding } from '../studio/examination';
import type { Finding } from '../studio/examination';
import { pagePreferences } from './windows';

const examineSwitch = '--examine';

export const asksForExamination = (argv: readonly string[]): boolean => argv.includes(examineSwitch);

/** What the page tells of itself. */
const pageReport = z.object({
  /** names of the bridge's functions */
  bridge: z.array(z.string()),
  /** whether the page can reach Node */
  node: z.boolean(),
  /** what main answers over the bridge */
  session: z.unknown(),
  /** what draws WebGL 2; null without it */
  renderer: z.string().nullable(),
});

/** Runs in the page, as text: it may use nothing from outside of itself. */
async function tellOfPage(): Promise<z.infer<typeof pageReport>> {
  const bridge = (Reflect.get(window, 'legato') ?? {}) as { session?: () => Promise<unknown> };
  const gl = document.createElement('canvas').getContext('webgl2');
  const names = gl?.getExtension('WEBGL_debug_renderer_info');
  return {
    bridge: Object.keys(bridge),
    node: 'require' in window || 'process' in window,
    session: await bridge.session?.(),
    renderer: gl && String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)),
  };
}

/** The window stays: closing the last one would end the program before it has told.
 *
 * @param url  of the page
 */
async function examineWindow(url: string): Promise<Finding[]> {
  const window = new BrowserWindow({ show: false, webPreferences: pagePreferences() });
  const complaints: string[] = [];
  window.webContents.on('console-message', ({ level, message }) => {
    if (level === 'error' || level === 'warning') complaints.push(message);
  });
  await window.loadURL(url);
  const told: unknown = await window.webContents.executeJavaScript(`(${tellOfPage.toString()})()`);
  const { bridge, node, session, renderer } = pageReport.parse(told);
  const { version } = sessionInfo.parse(session);
  const calm = complaints.length === 0;
  return Promise.all([
    finding('page in Electron', false, () => ({
      ok: calm,
      detail: calm ? url : complaints.join('; ').slice(0, 2000),
    })),
    finding('bridge', false, () => ({
      ok: !node,
      detail: node ? 'the page can reach Node' : `${bridge.length} functions, Legato ${version} answers, no Node`,
    })),
    finding('WebGL 2', false, () => ({
      ok: renderer !== null,
      detail: renderer ?? 'none; update the graphics driver, or see chrome://gpu',
    })),
  ]);
}

/** Examines parts and window; never rejects. */
export async function examineAll(url: string): Promise<Finding[]> {
  const electron = await finding('Electron', false, () => {
    const { electron: version, chrome, node } = process.versions;
    return { ok: true, detail: `${version}, Chromium ${chrome}, Node ${node}` };
  });
  const parts = (await examineParts()).map((one) => ({ ...one, name: `${one.name}, in Electron`, needed: false }));
  try {
    return [electron, ...parts, ...(await examineWindow(url))];
  } catch (error) {
    const detail = error instanceof Error ? error.message.slice(0, 2000) : String(error);
    return [electron, ...parts, { name: 'page in Electron', ok: false, needed: false, detail }];
  }
}
