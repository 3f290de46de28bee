/**
 * Sentences that the studio and its processes say to a person and that pages say in their own language: a code for the sentence, and values
 * for what it is about. Logs and terminals have them in English, as they stand here; a page has `said.CODE` of resources/locales.
 *
 * What has no code (what a file or the system says of itself) comes in English alone, with the kind of its fault (`trainerFailure`).
 */
import { z } from 'zod';

/** English, `{name}` for a value. */
export const sayings = {
  // ---- what cannot be done in a state of the trainer
  whileIdle: 'the trainer is idle: "{happening}" is not possible now (possible: {allowed})',
  whilePreparing: 'the trainer is preparing: "{happening}" is not possible now (possible: {allowed})',
  whileRunning: 'the trainer is running: "{happening}" is not possible now (possible: {allowed})',
  whilePaused: 'the trainer is paused: "{happening}" is not possible now (possible: {allowed})',
  whileFinishing: 'the trainer is finishing: "{happening}" is not possible now (possible: {allowed})',
  whileFailed: 'the trainer is failed: "{happening}" is not possible now (possible: {allowed})',

  // ---- a capture
  noSparsePoints: 'no sparse points: Gaussians start at random',
  otherDescription: '{file} is there too; the COLMAP model was read',
  severalModels: 'COLMAP made several models; {folder} was read',
  ownCoordinates: 'trained around ({place}) at {scale} times its size; exports are in its own coordinates',
  heldOutUnknown: '{file} names {count} that are no photos of the capture ({names}); left out',
  pointsFileMissing: '{file}: ply_file_path "{path}" does not exist',
  pointsBeside: '{file} names no points: those of the COLMAP model beside it are used',
  photosNotFound: 'photos not found, skipped: {count} ({names})',
  photosScaled: 'photos of {size} while calibrated at {calibrated}, intrinsics scaled: {count} ({names})',
  photosTurned: 'photos turned as their EXIF orientation says, since their cameras have that shape: {count} ({names})',
  photosWithoutMask: 'photos without a mask in masks/: {count} ({names})',
  fisheyeToBorder:
    'photos of a fisheye that cannot be undone up to its border, the middle {used}° are used: {count} ({names})',
  fisheyeNarrowed: 'photos of a fisheye of {whole}° across, the middle {used}° are used: {count} ({names})',
  posesOutsideRig: 'photos whose camera has no pose in the rig, their own pose is used: {count} ({names})',
  posesOutsideFrames: 'photos in no frame, their own pose is used: {count} ({names})',
  posesDiffer:
    'photos whose own pose differs from that of their frame, the frame’s is used, as in COLMAP: {count} ({names})',
  photoChanged: '{photo}: the photo changed from {before} to {after}; intrinsics scaled',
  captureMissing: '{file}: does not exist; check the path',
  fileNoCapture: '{file}: not a capture; open the capture folder, or its transforms.json',
  fileNoColmapModel:
    '{file}: a file, not a folder with a COLMAP model; open the capture folder, or its transforms.json',
  noCaptureHere: '{file}: no capture here: neither {wanted}; open the folder that holds them',
  noPhotoFound: '{file}: none of its photos was found; put the photos back, or name their folder',
  noPhotoPosed: '{file}: no photo has a pose; reconstruct again, or choose another model',
  photosElsewhere: '{file}: none of its {count} photos ({name}, …) is in {folders}; name the folder of photos',
  photoMissing: '{file}: the photo does not exist; put it back, or open the capture again',
  photoUndecodable: '{file}: the photo cannot be decoded ({reason}); replace the photo, or remove it from the capture',
  captureFileMissing: '{file}: does not exist; check the path, or export the capture again',
  captureFileUnreadable: '{file}: cannot be read ({reason}); check its permissions and the disk',
  photosKeptNoMore: 'reduced photos are kept on disk no more ({reason}); they are decoded again each time',

  // ---- a project
  checkpointSkipped: 'checkpoint skipped: {problem}',

  // ---- a run that cannot begin or go on
  noCapture: 'was made without a capture; make a new project',
  labelsInTheWay: 'has labels on the splats that it trained; go on with them, or make a new project to train anew',
  settingIsFixed: '{setting} was {value} and cannot change when a run is continued; leave it out, or train anew',
  noCheckpoint: 'holds no checkpoint to continue from; train without --resume',
  noPhotoLeft: 'no photo is left to train on; add photos or lower --holdout',
  photosChanged: 'its photos are not those of the capture any more; restore them, or train anew',
  photosMissing: 'its photos are not those of the capture any more ({photos}: missing); restore them, or train anew',
  noExposures: 'its checkpoint lacks the exposures of its photos; train anew',
  idleSteps:
    'settings: semanticSteps: {steps} steps of semantics alone would learn nothing while semanticWeight is 0; leave out one',
  otherCodebook:
    "the checkpoint's semantics belong to codebook {checkpoint}, the project's index maps to {maps}; restore the codebook, or train anew",
  mapsGone:
    "the checkpoint's semantics belong to codebook {checkpoint}, the project's index maps are gone; restore the codebook, or train anew",

  // ---- what a run was begun with
  pointsNotFinite: 'sparse points left out because they lie nowhere (not finite): {count}',
  pointsTooFar: 'sparse points left out because they lie too far away: {count}',
  pointsTwice: 'sparse points left out because they are there twice: {count}',
  pointsOverLimit: '{most} of {usable} usable points start a Gaussian each: no more are allowed',
  mapsWithoutLabels:
    'no index map holds a label, so that semantics have nothing to learn; make the maps anew: legato codebook',
  photosWithoutMap: '{count} of {photos} photos have no index map and teach colour only: {names}',
  photosWithBlankMap: '{count} of {photos} photos have an index map without any label: {names}',
  editsOnAncestors: '{edits} label edits were made after the checkpoint; they are now on the ancestors of their splats',

  // ---- a run under way
  noRunToChange: 'no run: the settings were not changed',
  noRunToExclude: 'no run: there are no photos to leave out',
  notTrainedOn: '{photo}: is none of the photos that are trained on',
  everyPhotoExcluded: 'every photo would be excluded; leave at least one to train on',
  codebookInUse: 'this run already learns with a codebook; train anew to learn with another one',
  exportUnderWay: 'an export is under way; wait for it, or cancel it',

  // ---- what is open
  noSuchPath: 'no such file or folder; check the path',
  noProjectOpen: 'no project is open; open or make one first',
  noProjectToLabel: 'no project is open that could be labelled; open one first',
  sceneClosed: 'the scene was closed',

  // ---- splats
  nothingToLabel: 'there are no splats yet that could be labelled',
  splatGone: 'splat {id} does not live any more; pick again',
  splatMeansNothing: 'splat {id} means nothing yet: semantics have not joined the training',
  splatsReplaced: 'these splats are gone: density control has replaced them; pick again',
  nothingUncertain: 'semantics have not joined yet; nothing is uncertain before',
  nothingToDisagree: 'there are no index maps here to disagree with',

  // ---- labels
  classGone: 'there is no class {number} any more; choose another one',
  labelGone: 'there is no label {number} any more; choose another class',
  layerGone: 'there is no layer {number} any more; choose another one',
  noSuchClass: 'there is no such class; add one, or choose another',
  classLocked: '“{name}” is locked; unlock it to change its splats',
  classTaken: 'there is a class “{name}” already; choose another name, or merge the two',
  layerTaken: 'there is a layer “{name}” already; choose another name',
  lastLayer: 'the last layer stays; add another one first',
  mergedIntoItself: 'a class cannot be merged into itself; choose another one',
  classThere: 'class {number} is there already',
  instanceThere: '{name} {number} is there already',
  layerThere: 'layer {number} is there already',
  labelInUse: 'label {number} is in use',
  labelsUsedUp: 'all {most} labels are used up; removing or merging classes does not bring numbers back',
  shapeWithoutCamera: 'a shape needs the camera of the picture that it was drawn in',
  nothingAsked: 'nothing is asked whose answer could become labels; ask first',
  entriesNotJoined: 'semantics have not joined yet: splats belong to no entry',

  // ---- kernels
  kernelsAsked: 'asked for',
  kernelsNative: 'the C++ kernels load on this machine',
  kernelsReference: 'the C++ kernels do not load, these are a hundred times slower: {problem}',

  // ---- models
  toysOnPhotos:
    'the toy encoders know the things of a demo room: on photos of anything else their answers mean nothing; use real models',
  modelUnusable: '{problem}',
  noModelOfKind:
    'no {kind} model is installed; run `legato models pull {model}` ({size}, {licence}; `legato models list` shows others), or `{flags}` to try the pipeline without any claim on quality',
  modelNotInstalled: 'model "{model}" is not installed; run `legato models pull {model}` ({size}, {licence})',
  modelUnknown: 'no model is called "{model}"; known are {known}, or give a folder',
  modelFolderGone: 'the folder of model "{model}" is no longer there; {remedy}',
  modelOfOtherKind: 'is a {kind} model where a {wanted} model is needed',
  modelIncomplete: 'incomplete, without {files}; {remedy}',
  modelBegun: '{remedy}',
  modelChanged: '{file} is not what it was; {remedy}',
  modelBeingFetched: 'model "{model}" is being fetched by another Legato (process {process}); wait for it or end it',
  hubSilent: '{address}: the connection failed ({reason}); check the network and HTTPS_PROXY, or name another --mirror',
  hubAltered:
    '{address}: what arrives is not what the hub lists (checksum); a proxy or mirror alters it, try another --mirror',
  hubNeedsLogin: '{address} is not there, or needs a login at {page}; check the name, or {login} (HTTP {status})',
  hubNotOpen:
    '{address} is not open to you; accept the model’s licence on its page at {page}, and {login} (HTTP {status})',
  hubLacksIt: '{address} is not there; check the name and the mirror (HTTP {status})',
  hubBehindProxy:
    '{address} needs a login at the proxy; put it into HTTPS_PROXY (http://name:password@host:port) (HTTP {status})',
  hubAsksToWait: '{address} asks to wait: too many requests; try again later (HTTP {status})',
  hubTroubled: '{address} has a problem of its own; try again later (HTTP {status})',
  hubRefuses: '{address} refuses the request (HTTP {status})',

  // ---- words that are learned
  jobUnderWay: 'a job is under way already; cancel it first',
  wordsTakeLong:
    'it would take about {hours} hours (limit: {limit}); take {lighter}a smaller CLIP model than {clip} (`legato models list`); --accept-cost starts it anyway',
  wordsTakeDisk:
    'it would take {needed} MB of disk and {there} MB are free at {folder}; free some, or take {lighter}a smaller CLIP model than {clip} (`legato models list`); --accept-cost starts it anyway',
  wordsTakeMemory:
    'it needs about {needed} MB and --memory allows {there}; raise --memory, or take {lighter}a smaller CLIP model than {clip} (`legato models list`); --accept-cost starts it anyway',
  cacheDamaged: 'the cache is damaged; encoded anew: {count} ({files})',
  cacheOfOtherPhoto: 'the photo has changed; encoded anew: {count} ({files})',
  cacheOfOtherClip: 'CLIP model or crops have changed; encoded anew: {count} ({files})',
  cacheOfOtherDino: 'DINO model or detail has changed; encoded anew: {count} ({files})',
  windowsForMemory: '{model}: {size} px would take {needed} MB: photos go in windows',
  windowsForSize: '{model}: it does not take {size} px: photos go in windows',
  photoLeftOut: '{photo} is left out: {problem}',
  noFirstMaps: 'no first maps: {problem}',
  noPhotoToEncode: 'no photo is left to encode',
  photoUnreadable: '{photo}: cannot be read ({reason}); put the photo back, or open the capture again',
  noFeatures: 'no features to learn a codebook from',
  masksCoverAll: 'no cell of any photo is valid: masks cover the whole capture',
  featuresNotFinite: 'the loss is not finite: features hold NaN; compute them anew, or lower the rate',
  codebookMissing: 'no codebook yet; run: legato codebook',
  mapMissing: 'no index map; run: legato codebook',
  mapDamaged: 'truncated or damaged; make the index maps anew: legato codebook',
  mapOfOtherCodebook: 'made with another codebook than codebook.safetensors; run legato codebook again',
  entriesWithoutNames: 'entries stay without names: {problem}',

  // ---- processes
  trainerMessageDropped: 'trainer message dropped: {problem}',
  languageMessageDropped: 'language message dropped: {problem}',

  // ---- words
  nothingToAsk: 'nothing is open that could be asked',
  splatsWithoutWords: 'a splat file alone has no codebook; open its project, or train a capture',
  codebookNotMade: 'the codebook is not made yet',
  semanticsNotJoined: 'semantics have not joined the training yet',
  unknownWord: '"{word}" is not in {vocabulary}; it knows: {known}',
  unknownWordNear: '"{word}" is not in {vocabulary}; did you mean {near}? It knows: {known}',
  noNegatives: 'relevancy needs at least one negative text, such as {usual}',
  emptyText: 'the text is empty; name something, such as "chair"',
  longText: '"{text}" is too long ({tokens} tokens, {model} takes {limit}); use fewer words',

  // ---- questions that cannot be read
  questionUnreadable: 'cannot be read',
  questionEmpty: 'empty; write what to look for',
  quotationOpen: 'the quotation mark is not closed',
  quotationEmpty: 'an empty text matches nothing; write what to look for',
  bracketOpen: 'this bracket is not closed',
  noPlaceHere: '"{text}" has no place here',
  textExpected: '"{text}" where a text is expected',
  textExpectedAtEnd: 'ends where a text is expected',
  nothingOnLeft: '{keyword} has nothing on its left',
  cannotCompare: '"{name}" cannot be compared; known are {known}',
  numberExpected: 'a number is expected after {name} {operator}',
  andExpected: 'write AND before a comparison',
} as const;

export type SayingCode = keyof typeof sayings;

type NamesIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type Names<Code extends SayingCode> = NamesIn<(typeof sayings)[Code]>;
type Value = string | number;

/** The code and values of a sentence, beside its English. */
export const sayingParts = {
  /** of `sayings`, a file, the system or a label, such as no-space or locked; absent: English is all there is */
  code: z.string().max(100).optional(),
  values: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
};

export const saying = z.object({ message: z.string(), ...sayingParts });
export type Saying = z.infer<typeof saying>;

/** A sentence. @param values  for each `{name}` in it */
export function said<Code extends SayingCode>(
  code: Code,
  ...given: [Names<Code>] extends [never] ? [] : [Readonly<Record<Names<Code>, Value>>]
): Saying {
  const [values] = given as readonly (Readonly<Record<string, Value>> | undefined)[];
  const message = sayings[code].replace(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
  return values ? { message, code, values: { ...values } } : { message, code };
}

/** An error whose message is a sentence. */
export class SaidError extends Error {
  readonly code: Saying['code'];
  readonly values: Saying['values'];

  constructor({ message, code, values }: Saying, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.values = values;
  }
}
