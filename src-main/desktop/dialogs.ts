/** The native dialogs. Every one hangs on its window where there is one. */
import { dialog } from 'electron';
import type { BrowserWindow, MessageBoxOptions, OpenDialogOptions } from 'electron';
import { splatEndings } from '#contract/splatFiles';
import type { PickKind } from '#contract/session';
import { describeFailure } from '../studio/failures';
import type { Words } from './words';

type Window = BrowserWindow | null;

/** Absolute path, or null when a person cancelled. */
export async function pickPath(kind: PickKind, words: Words, window: Window): Promise<string | null> {
  const options: OpenDialogOptions =
    kind === 'folder'
      ? { title: words.pickFolder, properties: ['openDirectory', 'treatPackageAsDirectory'] }
      : {
          title: words.pickSplats,
          properties: ['openFile'],
          filters: [{ name: words.splats, extensions: splatEndings.map((ending) => ending.slice(1)) }],
        };
  const { canceled, filePaths } = await (window === null
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(window, options));
  return canceled ? null : (filePaths.at(0) ?? null);
}

/**
 * Asks and returns the number of the button. The first is the one that Enter takes, the last the one that Escape takes.
 */
export async function ask(
  window: Window,
  message: string,
  detail: string,
  buttons: readonly string[],
  type: MessageBoxOptions['type'] = 'question',
): Promise<number> {
  const options: MessageBoxOptions = {
    ...{ type, message, detail, buttons: [...buttons], noLink: true },
    ...{ defaultId: 0, cancelId: buttons.length - 1 },
  };
  const { response } = await (window === null
    ? dialog.showMessageBox(options)
    : dialog.showMessageBox(window, options));
  return response;
}

/** What went wrong, in the words of the error. */
export const detailOf = (error: unknown): string => describeFailure(error).message;
