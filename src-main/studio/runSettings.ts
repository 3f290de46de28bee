/** The settings that a project's last run stands at: those it began with, what each continuation changed, and what was changed live. */
import { readSettings, resolveSettings } from '#contract/presets';
import type { TrainingSettings } from '#contract/settings';
import type { ProjectDatabase } from '../project/index';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The default preset's before the first run. @param source  named by errors. @throws SettingsError for a damaged record */
export function settingsOf(database: ProjectDatabase, source: string): TrainingSettings {
  let settings: object = {};
  for (const run of database.runs()) {
    const given = isObject(run.settings) ? run.settings : {};
    settings = run.firstStep === 0 ? given : { ...settings, ...given };
    for (const { kind, data } of database.events(run.id))
      if (kind === 'settings' && isObject(data)) settings = { ...settings, ...data };
  }
  return Object.keys(settings).length === 0
    ? resolveSettings({})
    : readSettings({ preset: 'legato', ...settings }, source);
}
