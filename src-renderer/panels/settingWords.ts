/** Settings in the language of the page: English is the contract's own description, Chinese has a table beside it. */
import type { SettingField } from '#contract/settings';
import zh from '../../resources/locales/settings.zh.json';
import { isWords, language, say } from '../language';

const chinese: Readonly<Record<string, readonly string[]>> = zh;

/** meansRateStart → Means rate start */
function fromName(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words[0].toUpperCase() + words.slice(1).replace(/\b(ssim|adam|sh|clip|dino)\b/g, (word) => word.toUpperCase());
}

export function describeSetting({ name, description }: SettingField): { label: string; text: string } {
  const [label, text] = (language.value === 'zh' ? chinese[name] : undefined) ?? [];
  return { label: label ?? fromName(name), text: text ?? description };
}

export function unitWords(unit: string): string {
  const key = `unit.${unit}`;
  return isWords(key) ? say(key) : unit;
}

export function choiceWords(choice: string): string {
  const key = `choice.${choice}`;
  return isWords(key) ? say(key) : choice;
}
