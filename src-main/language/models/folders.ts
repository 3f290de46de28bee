/**
 * Where models live. Downloads go to one folder per person:
 *
 *   Linux    $XDG_DATA_HOME/legato/models, else ~/.local/share/legato/models
 *   macOS    ~/Library/Application Support/Legato/models
 *   Windows  %LOCALAPPDATA%\Legato\models
 *   LEGATO_MODELS replaces it, and `--models DIR` replaces both, for folders that were filled on another machine
 *
 * The toy models lie in the package, found from the sources and from the bundle alike.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of downloaded and added models; it may not exist yet. */
export function modelsFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.LEGATO_MODELS) return resolve(environment.LEGATO_MODELS);
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Legato', 'models');
  if (platform === 'win32')
    return join(environment.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'Legato', 'models');
  return join(environment.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'legato', 'models');
}

const BUILT_IN = join('resources', 'models');

/** The nearest folder upwards that has resources/models, or null in an installation without them. */
export function builtInModelsFolder(): string | null {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, BUILT_IN))) return join(folder, BUILT_IN);
    if (dirname(folder) === folder) return null;
  }
}
