/**
 * What the viewport takes and what it tells: everything that the rest of the page needs to know of `ViewportCanvas.vue`.
 *
 *   <ViewportCanvas ref="viewport" :look :photos :tool … @watch @look @taken @state @rest @hover @pick @photo @problem />
 *
 * Settings come as props (plain data, replaced as a whole or in part); frames come by `handle.take`, since they are bulk and
 * latest wins; commands of one moment ("frame all") are methods of the handle too. The viewport speaks to no studio: what it wants
 * of the trainer it emits, in the shapes of the contract's commands.
 */
import type { PinholeCamera } from '#contract/camera';
import type { OverlayName, PictureChannel } from '#contract/frame';

export type Channel = PictureChannel;
/** Labels have 16 bits. */
export const LABEL_NUMBERS = 65_536;
export type ColourMap = 'viridis' | 'cividis';

/** Channels whose numbers are names: never blended as numbers, never coloured by a colour map. */
export const categoricalChannels = ['entry', 'class', 'label'] as const satisfies readonly Channel[];
export type CategoricalChannel = (typeof categoricalChannels)[number];
/** Channels that a colour bar explains. */
export const scalarChannels = ['depth', 'opacity', 'uncertainty', 'relevancy'] as const satisfies readonly Channel[];
export type ScalarChannel = (typeof scalarChannels)[number];

/** One codebook entry, one class of an answer or one label, as it is drawn. */
export interface Category {
  readonly name: string;
  /** #rrggbb */
  readonly colour: string;
  /** its pixels show the picture's colour instead */
  readonly hidden: boolean;
  /** those of one group are isolated together: a class and its instances */
  readonly group?: number;
}

/** How the picture is drawn. */
export interface Look {
  readonly channel: Channel;
  /** right of the divider; null: one channel everywhere */
  readonly second: Channel | null;
  /** share of the width left of the divider */
  readonly divider: number;
  /** 0: colour alone … 1: the channel alone */
  readonly mix: number;
  readonly colourMap: ColourMap;
  /** relevancy below it is no answer: masks of relevancy, and the class of a pixel */
  readonly threshold: number;
  /** how a relevancy above the threshold shows: the colour map where it is above and grey below, an outline, or neither */
  readonly mask: 'tint' | 'outline' | 'off';
  /** by entry, 0-based */
  readonly entries: readonly Category[];
  /** class k (1-based, 0 is none) is `classes[k - 1]` */
  readonly classes: readonly Category[];
  /** slot k (1-based, 0 is none) is `labels[k - 1]` */
  readonly labels: readonly Category[];
  /** by label number, its slot; null: there are no labels */
  readonly labelSlots: Uint8Array<ArrayBuffer> | null;
  /** draw only this one in its colour, the others grey; null: all. 0-based like the lists */
  readonly isolated: { readonly channel: CategoricalChannel; readonly index: number } | null;
  /** draw only splats that have no label, as if nothing else were there */
  readonly unlabelled: boolean;
  /** world units that the ends of the depth bar stand for; null: what the scene needs, told by `state` */
  readonly depthRange: readonly [number, number] | null;
}

export const defaultLook: Look = {
  channel: 'colour',
  second: null,
  divider: 0.5,
  mix: 1,
  colourMap: 'viridis',
  threshold: 0.5,
  mask: 'tint',
  entries: [],
  classes: [],
  labels: [],
  labelSlots: null,
  isolated: null,
  unlabelled: false,
  depthRange: null,
};

/** A photo's place in the scene. */
export interface PhotoCamera {
  readonly name: string;
  readonly camera: PinholeCamera;
  readonly heldOut: boolean;
  readonly disabled: boolean;
}

/** What the pointer does. Navigating works with every tool: right or middle button, wheel, keys. */
export type Tool = 'orbit' | 'fly' | 'pick';

export interface ViewportProps {
  readonly look: Look;
  readonly photos: readonly PhotoCamera[];
  readonly tool: Tool;
  /** frustums of the photos */
  readonly frustums: boolean;
  /** the photo to lay beside the picture at its own pose; null: none. `divider` is the share of the width left of its edge */
  readonly compare: { readonly photo: string; readonly url: string; readonly divider: number } | null;
  /** ask for exact pictures when the camera rests (with `way` as in the contract); null: live only */
  readonly exact: 'decoded' | 'blended' | null;
  /** long side of exact pictures, pixels */
  readonly exactSide: number;
  /** `revision` of the ask on the page; overlays and pictures that answer another one are not shown as this one's answer */
  readonly ask: number;
}

/** What a viewport shows before the page says otherwise. */
export const defaultProps: ViewportProps = {
  look: defaultLook,
  photos: [],
  tool: 'orbit',
  frustums: false,
  compare: null,
  exact: 'blended',
  exactSide: 960,
  ask: 0,
};

/** What is on the screen now, so that the page can say it. */
export interface ViewportState {
  /** exact: what the trainer rendered at this pose. waiting: live, and an exact picture was asked for */
  readonly picture: 'live' | 'exact' | 'waiting';
  /** live splats; 0 before the first snapshot */
  readonly splats: number;
  /** training step of the shown geometry and of the shown overlays (-1: none yet) */
  readonly step: number;
  readonly overlayStep: number;
  /** overlays that the shown geometry has, so that an absent channel can be said to be absent */
  readonly overlays: readonly OverlayName[];
  /** world units that the ends of the depth bar stand for */
  readonly depthRange: readonly [number, number];
  /** ms of the trainer for the exact picture that is shown; null when it is live */
  readonly exactCost: number | null;
  /** the photo at whose exact pose the camera stands; null anywhere else */
  readonly photo: string | null;
}

/** The numbers of one splat that the page has by itself. What an overlay does not tell is null. */
export interface SplatValues {
  /** row in the shown snapshot */
  readonly row: number;
  /** identity that outlives snapshots */
  readonly id: number;
  /** world units, as packed (half floats) */
  readonly position: readonly [number, number, number];
  readonly opacity: number;
  readonly uncertainty: number | null;
  /** 0-based, with its share */
  readonly entry: number | null;
  readonly share: number | null;
  readonly relevancy: number | null;
  /** 0-based; -1: none */
  readonly class: number | null;
  /** number of its label in the active layer; 0: none */
  readonly label: number | null;
}

/** A pixel looked through: its splats by blending weight. */
export interface PickedSplat {
  /** CSS pixels from the canvas's top left */
  readonly x: number;
  readonly y: number;
  /** the splat of highest weight */
  readonly splat: SplatValues;
  /** weight of it, α·T */
  readonly weight: number;
  /** accumulated α of the pixel */
  readonly alpha: number;
  /** distance along the optical axis of `splat`, world units */
  readonly depth: number;
  /** ids that make up the pixel, heaviest first, with their weights */
  readonly ids: readonly number[];
  readonly weights: readonly number[];
}

/** A person pointed somewhere: null where there is nothing. */
export type Picked = PickedSplat | null;

/** Why the picture is not there, or not whole. */
export type ViewportProblem =
  | { readonly kind: 'noWebGL' }
  | { readonly kind: 'contextLost' }
  /** mended by itself; the next snapshot is drawn anew from the last frame */
  | { readonly kind: 'contextRestored' }
  /** a frame that was not one: dropped. `message` is for the log */
  | { readonly kind: 'frame'; readonly message: string }
  | { readonly kind: 'photo'; readonly photo: string };

export interface ViewportEvents {
  /** what the shown channels need, whenever that changes: `watch` of the contract */
  watch: [geometry: boolean, overlays: readonly OverlayName[]];
  /** the camera rests: `look` of the contract. The answer is a frame of kind `picture` with this request */
  look: [
    look: {
      request: number;
      camera: PinholeCamera;
      channel: PictureChannel;
      way: 'decoded' | 'blended';
      unlabelled: boolean;
    },
  ];
  /** a frame was used or dropped: `taken` of the contract */
  taken: [sequence: number];
  state: [state: ViewportState];
  /** the camera has rested for a moment, to be kept over reloads */
  rest: [camera: PinholeCamera];
  /** what lies under the pointer; null when it left or lies on nothing */
  hover: [picked: Picked];
  /** a click with the tool `pick`, or with Alt held; `add` with Shift */
  pick: [picked: Picked, add: boolean];
  /** a frustum was clicked */
  photo: [name: string];
  'update:divider': [divider: number];
  'update:compareDivider': [divider: number];
  problem: [problem: ViewportProblem];
}

/** `ref` of the component. */
export interface ViewportHandle {
  /** A frame as it came. Never throws: a bad one is a `problem`. */
  readonly take: (frame: ArrayBuffer) => void;
  /** Forgets geometry, overlays and pictures: another scene follows. */
  readonly reset: () => void;
  readonly camera: () => PinholeCamera;
  /**
   * Moves there, at once or within 120 ms. The picture keeps the canvas's shape: the camera's image lies centred in it.
   *
   * @param focus  world point to turn about from there; by default the middle of the scene
   */
  readonly moveTo: (camera: PinholeCamera, focus?: readonly [number, number, number]) => void;
  /** To a photo's own pose and intrinsics. */
  readonly showPhoto: (name: string) => void;
  readonly frameAll: () => void;
  /** To these splats (ids); to everything when none of them lives. */
  readonly frameSplats: (ids: readonly number[]) => void;
  /** World centres of those of these splats that live. */
  readonly centresOf: (ids: readonly number[]) => readonly (readonly [number, number, number])[];
  /** CSS pixels; as `pick` would tell it. */
  readonly pickAt: (x: number, y: number) => Picked;
  /** The canvas as a PNG, to be saved. */
  readonly photograph: () => Promise<Blob>;
}

/** Props of `ColourBar.vue`: a fixed range, so that a colour means the same number all the time. */
export interface ColourBarProps {
  readonly title: string;
  readonly colourMap: ColourMap;
  readonly range: readonly [number, number];
  /** '' for shares */
  readonly unit: string;
  /** under the pointer; null: none */
  readonly value: number | null;
  /** drawn as a mark; null: none */
  readonly threshold: number | null;
}

/** Props of `CategoryLegend.vue`; it emits `isolate` with an index or null, and `toggle` with an index. */
export interface CategoryLegendProps {
  readonly title: string;
  readonly categories: readonly Category[];
  /** splats of each, or nothing to leave them out */
  readonly counts: readonly number[] | null;
  readonly isolated: number | null;
}
