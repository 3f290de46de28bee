/**
 * @huggingface/transformers, loaded once and only ever through here, so that it can neither download nor cache: models come
 * from folders that `pull` or a person filled.
 */
import type * as Transformers from '@huggingface/transformers';

let loading: Promise<typeof Transformers> | null = null;

export function loadTransformers(): Promise<typeof Transformers> {
  loading ??= import('@huggingface/transformers').then((transformers) => {
    const { env } = transformers;
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    env.useFSCache = false;
    env.useBrowserCache = false;
    env.useWasmCache = false;
    env.fetch = (input: string | URL) =>
      Promise.reject(new Error(`${String(input)}: nothing is downloaded here; use \`legato models pull\``));
    return transformers;
  });
  return loading;
}
