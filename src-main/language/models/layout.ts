/**
 * The Hugging Face layout of a model folder, which every model takes (downloaded, added, built in):
 *
 *   config.json                model_type: clip; vit, dinov2, dinov2_with_registers or dinov3_vit for DINO
 *   preprocessor_config.json   size, mean and standard deviation of the input
 *   CLIP   onnx/vision_model.onnx   pixel_values [B, 3, H, W] -> image_embeds [B, d]
 *          onnx/text_model.onnx     input_ids [B, T] -> text_embeds [B, d]
 *          tokenizer.json, tokenizer_config.json
 *   DINO   onnx/model.onnx          pixel_values -> last_hidden_state [B, 1 + registers + patches, d]
 *
 * A graph over 2 GB keeps its weights beside it (`model.onnx_data`).
 */
import type { ModelKind } from './registry';

const COMMON = ['config.json', 'preprocessor_config.json'];

/** Files that a model of a kind cannot do without, relative to its folder, with forward slashes. */
export const requiredFiles: Readonly<Record<ModelKind, readonly string[]>> = {
  clip: [...COMMON, 'tokenizer.json', 'tokenizer_config.json', 'onnx/vision_model.onnx', 'onnx/text_model.onnx'],
  dino: [...COMMON, 'onnx/model.onnx'],
};

/** The graphs of a kind, and what each must take and give. */
export const graphs: Readonly<Record<ModelKind, readonly { file: string; input: string; output: string }[]>> = {
  clip: [
    { file: 'onnx/vision_model.onnx', input: 'pixel_values', output: 'image_embeds' },
    { file: 'onnx/text_model.onnx', input: 'input_ids', output: 'text_embeds' },
  ],
  dino: [{ file: 'onnx/model.onnx', input: 'pixel_values', output: 'last_hidden_state' }],
};

const EXTRA = new Set(['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'README.md', 'special_tokens_map.json']);

/** Whether a file belongs to a model without being required: its licence and card, and the weights beside a graph. */
export function isExtraFile(kind: ModelKind, path: string): boolean {
  if (EXTRA.has(path)) return true;
  return graphs[kind].some(({ file }) => new RegExp(`^${file.replaceAll('.', '\\.')}[._]data(_\\d+)?$`).test(path));
}

const TYPES: Readonly<Record<string, ModelKind>> = {
  clip: 'clip',
  vit: 'dino',
  dinov2: 'dino',
  dinov2_with_registers: 'dino',
  dinov3_vit: 'dino',
};

/** The kind that a config's model_type stands for; null for models that are neither. */
export function kindOfType(modelType: string): ModelKind | null {
  return Object.hasOwn(TYPES, modelType) ? TYPES[modelType] : null;
}

export const modelTypes: readonly string[] = Object.keys(TYPES);

/**
 * Whether a path from a hub's listing or a manifest stays inside the folder on every system: relative, forward slashes, no
 * `.` or `..`, nothing that Windows reads as a drive, a device or a stream.
 */
export function isSafePath(path: string): boolean {
  if (path.length === 0 || path.length > 512) return false;
  return path
    .split('/')
    .every(
      (part) =>
        part !== '' &&
        part !== '.' &&
        part !== '..' &&
        !/[\\:*?"<>|\p{Cc}]/u.test(part) &&
        !/[. ]$/.test(part) &&
        !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(part),
    );
}

/** Whether a name can be a model's folder. */
export function isModelName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/.test(name) && isSafePath(name);
}
