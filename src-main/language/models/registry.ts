/**
 * The models that Legato knows by name: where they come from, under which licence, and what they are. One table; the order is
 * the order in which `auto` prefers them (quality for the time they take on a CPU).
 *
 * Widths, input sizes and patch sizes follow from the published architectures. Sizes are those that the Hugging Face pages
 * state, or four bytes for each published parameter (MobileCLIP-S0 and -B, DINOv3), and are marked as approximate wherever they
 * are shown: exact sizes and checksums come from the hub when a model is pulled, and are kept with it.
 */
export type ModelKind = 'clip' | 'dino';

export interface KnownModel {
  readonly name: string;
  readonly kind: ModelKind;
  readonly title: string;
  /** owner/name on the hub, in the layout with onnx/ */
  readonly repository: string;
  readonly revision: string;
  readonly licence: string;
  /** what a person has to know before using it; null when there is nothing */
  readonly notice: string | null;
  /** all files together, in MB (10⁶ bytes) */
  readonly approximateMegabytes: number;
  /** d of the embedding (CLIP) or of a patch token (DINO) */
  readonly width: number;
  /** side of the square input, px */
  readonly inputSize: number;
  /** side of a patch token, px; null for image encoders without patches */
  readonly patchSize: number | null;
}

const APPLE =
  'Apple’s own terms for code and weights; read them before you build on it: the LICENSE that comes along, and ' +
  'https://github.com/apple/ml-mobileclip';

export const knownModels: readonly KnownModel[] = [
  {
    name: 'mobileclip-s2',
    kind: 'clip',
    title: 'MobileCLIP-S2',
    repository: 'Xenova/mobileclip_s2',
    revision: 'main',
    licence: 'Apple’s own',
    notice: APPLE,
    approximateMegabytes: 399,
    width: 512,
    inputSize: 256,
    patchSize: null,
  },
  {
    name: 'mobileclip-s1',
    kind: 'clip',
    title: 'MobileCLIP-S1',
    repository: 'Xenova/mobileclip_s1',
    revision: 'main',
    licence: 'Apple’s own',
    notice: APPLE,
    approximateMegabytes: 342,
    width: 512,
    inputSize: 256,
    patchSize: null,
  },
  {
    name: 'mobileclip-s0',
    kind: 'clip',
    title: 'MobileCLIP-S0',
    repository: 'Xenova/mobileclip_s0',
    revision: 'main',
    licence: 'Apple’s own',
    notice: APPLE,
    approximateMegabytes: 218,
    width: 512,
    inputSize: 256,
    patchSize: null,
  },
  {
    name: 'mobileclip-b',
    kind: 'clip',
    title: 'MobileCLIP-B',
    repository: 'Xenova/mobileclip_b',
    revision: 'main',
    licence: 'Apple’s own',
    notice: APPLE,
    approximateMegabytes: 602,
    width: 512,
    inputSize: 224,
    patchSize: 16,
  },
  {
    name: 'clip-vit-b16',
    kind: 'clip',
    title: 'CLIP ViT-B/16',
    repository: 'Xenova/clip-vit-base-patch16',
    revision: 'main',
    licence: 'MIT (OpenAI CLIP)',
    notice: null,
    approximateMegabytes: 601,
    width: 512,
    inputSize: 224,
    patchSize: 16,
  },
  {
    name: 'dinov2-small',
    kind: 'dino',
    title: 'DINOv2 ViT-S/14',
    repository: 'onnx-community/dinov2-small',
    revision: 'main',
    licence: 'Apache-2.0',
    notice: null,
    approximateMegabytes: 89,
    width: 384,
    inputSize: 224,
    patchSize: 14,
  },
  {
    name: 'dino-vits8',
    kind: 'dino',
    title: 'DINO ViT-S/8',
    repository: 'Xenova/dino-vits8',
    revision: 'main',
    licence: 'Apache-2.0',
    notice: null,
    approximateMegabytes: 87,
    width: 384,
    inputSize: 224,
    patchSize: 8,
  },
  {
    name: 'dinov3-vits16',
    kind: 'dino',
    title: 'DINOv3 ViT-S/16',
    repository: 'onnx-community/dinov3-vits16-pretrain-lvd1689m-ONNX',
    revision: 'main',
    licence: 'DINOv3 License (Meta’s own)',
    notice:
      'Meta’s terms bind who uses it: https://ai.meta.com/resources/models-and-libraries/dinov3-license; ' +
      'where the hub gates the files, accept it there and set HF_TOKEN',
    approximateMegabytes: 87,
    width: 384,
    inputSize: 224,
    patchSize: 16,
  },
];

/** The encoders in the repository: they try the pipeline on the demo room, without any claim on other scenes. */
export const toyModels: Readonly<Record<ModelKind, string>> = { clip: 'toy-clip', dino: 'toy-dino' };

export function knownModel(name: string): KnownModel | null {
  return knownModels.find((model) => model.name === name || model.repository === name) ?? null;
}

/** `≈ 399 MB` */
export const sizeInWords = (model: KnownModel): string => `≈ ${model.approximateMegabytes} MB`;
