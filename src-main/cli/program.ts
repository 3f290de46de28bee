/**
 * The commands and their flags. Each command loads what it needs when it runs, so that `legato --help` and the parent of a
 * training run stay small.
 */
import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { exitCodes, report, UsageError } from './exit';
import type { ExitCode } from './exit';
import type { DemoFlags } from './demo';
import type { DoctorFlags } from './doctor';
import type { EvaluateFlags } from './evaluate';
import type { ExportFlags } from './export';
import type { LabelFlags } from './label';
import type { AddFlags, ModelsFlags, PullFlags } from './models';
import type { QueryFlags } from './query';
import type { RenderOptions } from './render';
import type { ServeFlags } from './serve';

type Action = () => Promise<ExitCode>;

/** Parses and runs; never throws. @param argv  without node and script */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let action: Action | null = null;
  const program = new Command('legato')
    .description('Train language-embedded 3D Gaussians from photos with poses, look at them, and label them.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`legato: ${text.replace(/^error: /, '')}`) });
  const later = (run: Action) => void (action = run);
  try {
    await addCommands(program, later, argv[0]);
    program.parse([...argv], { from: 'user' });
    const chosen = action as Action | null;
    return chosen ? await chosen() : exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return report(error, argv.includes('--json') && !(error instanceof UsageError));
  }
}

async function addCommands(program: Command, later: (run: Action) => void, chosen: string | undefined): Promise<void> {
  await addTrain(program, later, chosen);
  await addFeatures(program, later, chosen);
  await addCodebook(program, later, chosen);
  await addAblate(program, later, chosen);
  addModels(program, later);
  sceneFlags(
    program
      .command('render')
      .summary('draw a trained project from the poses of its photos')
      .argument('<project>', 'the project folder, NAME.legato')
      .option('--view <photo>', 'name of a photo whose pose to draw')
      .option('--all', 'every photo')
      .option('--heldout', 'the photos that were held out')
      .option('--out <path>', 'a .png for one view, else a folder (default: the exports folder of the project)')
      .option('--channel <name>', 'rgb, depth, alpha, uncertainty or clusters (entries of the codebook)', 'rgb')
      .option('--beside', 'put the photo to the left of the render'),
    'one JSON line per picture',
  ).action((project: string, options: RenderOptions) =>
    later(async () => (await import('./render')).renderCommand(project, options)),
  );
  wordFlags(
    program
      .command('eval')
      .summary('PSNR and SSIM on the held-out photos; against a truth also the answers in words')
      .argument('<project>', 'the project folder')
      .option('--lifted', 'also labels lifted from the index maps, without training'),
    'one JSON object',
  ).action((project: string, options: EvaluateFlags) =>
    later(async () => (await import('./evaluate')).evaluateCommand(project, options)),
  );
  addQuery(program, later);
  addExport(program, later);
  addLabel(program, later);
  program
    .command('info')
    .summary('what a project, a capture or a splat file holds')
    .argument('<path>', 'a project folder, a capture folder, a .ply or an .spz')
    .option('--json', 'one JSON object')
    .action((path: string, options: { json?: boolean }) =>
      later(async () => (await import('./info')).infoCommand(path, options)),
    );
  program
    .command('demo')
    .summary('render a room with exact truth, to try everything without a camera')
    .argument('<folder>', 'where to put the capture; must not exist or be empty')
    .option('--seed <n>', 'which room (default: 74)')
    .option('--objects <n>', 'things to label, 12 … 32 (default: 20)')
    .option('--views <n>', 'photos to train on; one more is held out for every four (default: 48)')
    .option('--size <width>x<height>', 'of the photos, px (default: 320x240)')
    .option('--threads <n>', 'threads that render; 0 takes every core', '0')
    .option('--json', 'one JSON object')
    .action((folder: string, options: DemoFlags) =>
      later(async () => (await import('./demo')).demoCommand(folder, options)),
    );
  program
    .command('doctor')
    .summary('whether this machine has what Legato needs')
    .option('--desktop', 'also try every part of the window, inside of Electron where that can run')
    .option('--json', 'one JSON object')
    .action((options: DoctorFlags) => later(async () => (await import('./doctor')).doctorCommand(options)));
  program
    .command('serve')
    .summary('serve the studio to a browser, for a machine without a screen')
    .argument('[path]', 'a project, a capture, a .ply or an .spz to open at once')
    .option('--train', 'train it too: a capture from the start, a project from where it was left')
    .option('--port <n>', 'port; 0 takes a free one', '0')
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--open', 'open the page in the browser of this machine')
    .action((path: string | undefined, options: ServeFlags) =>
      later(async () => (await import('./serve')).serveCommand(path, options)),
    );
}

/** Flags of every command that looks at a trained scene (sceneOptions.ts). @param json  what comes as JSON; @param size  of what */
function sceneFlags(command: Command, json: string, size = 'long side in px'): Command {
  return command
    .option('--resolution <long-side>', `${size} (default: as trained)`)
    .option('--backend <name>', 'kernels', 'auto')
    .option('--threads <n>', 'threads of the kernels; 0 takes every core', '0')
    .option('--json', json);
}

/** Flags of every command that asks a trained scene in words (wordOptions.ts). @param json, size  see sceneFlags */
function wordFlags(command: Command, json: string, size?: string): Command {
  const asking = command
    .option('--negatives <a,b>', 'what every text is compared with (default: object,things,stuff,texture)')
    .option('--threshold <score>', 'least score of a mask or a class, 0 … 1', '0.5')
    .option('--order <name>', 'relevancies of entries, mixed; or features, mixed first as published', 'relevancies');
  return sceneFlags(asking, json, size);
}

/** Formats of other tools. */
function addExport(program: Command, later: (run: Action) => void): void {
  wordFlags(
    program
      .command('export')
      .summary('write a segmented mesh, splats with labels, or masks of photos')
      .argument('<project>', 'the project folder; it may be training')
      .option('--format <name>', 'glb or ply-mesh (meshes), ply, spz or ply-compressed (splats), masks', 'ply')
      .option('--out <path>', 'the file, or the folder of masks (default: in the exports folder of the project)')
      .option(
        '--classes <a,b,c>',
        'label each splat with the name that answers best, in place of the labels that people gave',
      )
      .option('--layer <n>', 'the layer of those labels (default: the first one)')
      .option('--voxel <length>', 'side of a voxel of the mesh, in the capture’s units (default: 1.5 pixels)')
      .option('--extra-views <n>', 'views besides the photos to see the surface from (default: 24)')
      .option('--least-piece <n>', 'leave out loose pieces with a smaller area, in faces of voxels (default: 200)'),
    'one JSON object',
    'long side of views in px',
  ).action((project: string, options: ExportFlags) =>
    later(async () => (await import('./export')).exportCommand(project, options)),
  );
}

/** Answers in words. */
function addQuery(program: Command, later: (run: Action) => void): void {
  wordFlags(
    program
      .command('query')
      .summary('where a text applies: pictures at the poses of photos, and scores of splats')
      .argument('<project>', 'the project folder, trained with semantics')
      .argument(
        '[queries...]',
        'texts, or expressions such as "chair NOT armchair AND uncertainty < 0.2"; several compete',
      )
      .option('--view <photo>', 'draw at the pose of this photo')
      .option('--all', 'draw at the poses of all photos')
      .option('--heldout', 'draw at the poses of the photos that were held out')
      .option('--3d', 'scores of splats, into a .ply (default: splats.ply) or a .safetensors')
      .option('--like-splat <id>', 'more like this splat, instead of a query')
      .option('--like-pixel <photo:x,y>', 'more like this pixel of a photo, instead of a query')
      .option('--blended', 'blend the scores of splats instead of decoding every pixel: faster, less sharp')
      .option('--out <path>', 'a folder (default: the exports folder of the project), or the file of --3d'),
    'one JSON line per result',
  ).action((project: string, queries: string[], options: QueryFlags) =>
    later(async () => (await import('./query')).queryCommand(project, queries, options)),
  );
}

/** The labels that people gave. */
function addLabel(program: Command, later: (run: Action) => void): void {
  const label = program.command('label').summary('the labels that people gave: figures, and as data');
  const common = (command: Command): Command =>
    command
      .argument('<project>', 'the project folder; it may be open in the studio')
      .option('--layer <n>', 'the layer (default: the first one)')
      .option('--json', 'one JSON object');
  common(label.command('stats').summary('splats and uncertainty of each class and instance')).action(
    (project: string, options: LabelFlags) =>
      later(async () => (await import('./label')).labelStatsCommand(project, options)),
  );
  common(label.command('export').summary('taxonomy and labelled splats by id, as JSON'))
    .option('--out <path>', 'the file (default: NAME.labels.json in the exports folder of the project)')
    .action((project: string, options: LabelFlags) =>
      later(async () => (await import('./label')).labelExportCommand(project, options)),
    );
}

/** The encoders that give features their words. */
function addModels(program: Command, later: (run: Action) => void): void {
  const models = program.command('models').summary('list, fetch, add and check the CLIP and DINO models');
  const common = (command: Command, json: string): Command =>
    command.option('--models <folder>', 'the folder of models instead of your own').option('--json', json);
  common(models.command('list').summary('which models there are, and which are here'), 'one JSON object').action(
    (options: ModelsFlags) => later(async () => (await import('./models')).listCommand(options)),
  );
  common(
    models.command('pull').summary('fetch a model; continues where a broken pull ended'),
    'one JSON event per line',
  )
    .argument('<name>', 'of the list, or OWNER/NAME[@REVISION] of the hub')
    .option('--mirror <url>', 'the hub (default: HF_ENDPOINT, else https://huggingface.co)')
    .option('--force', 'fetch again what is there')
    .action((name: string, options: PullFlags) =>
      later(async () => (await import('./models')).pullCommand(name, options)),
    );
  common(models.command('add').summary('check a model folder and use it by a name'), 'one JSON object')
    .argument('<folder>', 'in the Hugging Face layout with onnx/')
    .option('--name <name>', 'what to call it (default: the folder’s name)')
    .option('--copy', 'copy the files instead of using them where they lie')
    .action((folder: string, options: AddFlags) =>
      later(async () => (await import('./models')).addCommand(folder, options)),
    );
  common(models.command('verify').summary('hold files against their checksums and open the graphs'), 'one JSON object')
    .argument('[name]', 'one model (default: every one that is here)')
    .action((name: string | undefined, options: ModelsFlags) =>
      later(async () => (await import('./models')).verifyCommand(name, options)),
    );
}

/** Its flags come from the settings schema, which other commands need not load. */
async function addTrain(program: Command, later: (run: Action) => void, chosen: string | undefined): Promise<void> {
  const train = program
    .command('train')
    .summary('train 3D Gaussians from a capture')
    .argument('<capture>', 'folder with photos and poses (COLMAP or transforms.json)')
    .option('--out <project>', 'the project folder (default: NAME.legato here)')
    .option('--resume', 'continue from the newest checkpoint')
    .option('--anew', 'train from the start in a project that exists')
    .option('--json', 'one JSON event per line on stdout');
  if (chosen !== 'train') return;
  const { addSettingFlags, givenSettings } = await import('./flags');
  const { commandSettings } = await import('#contract/settings');
  addSettingFlags(train, commandSettings.train).action((capture: string) =>
    later(async () => (await import('./train')).train(capture, givenSettings(train), train.opts())),
  );
}

/** Its flags come from the settings schema, which other commands need not load. */
async function addFeatures(program: Command, later: (run: Action) => void, chosen: string | undefined): Promise<void> {
  const features = program
    .command('features')
    .summary('encode the photos with CLIP and DINO, after saying what it will cost')
    .argument('<path>', 'a capture (COLMAP or transforms.json), or a project folder')
    .option('--out <project>', 'the project folder of a capture (default: NAME.legato here)')
    .option('--all', 'the photos that are held out from training too, to evaluate on them')
    .option('--plan', 'only say what it will cost')
    .option('--accept-cost', 'start although it takes more than a day, or more than the disk or --memory holds')
    .option('--memory <MB>', 'memory that encoders and batches may take (default: half of what is free)')
    .option('--provider <name>', 'where the encoders run: cpu, webgpu or cuda', 'cpu')
    .option('--pictures [folder]', 'draw the principal components of each photo (default: exports/features)')
    .option('--json', 'one JSON event per line on stdout');
  if (chosen !== 'features') return;
  const { addSettingFlags, givenSettings } = await import('./flags');
  const { commandSettings } = await import('#contract/settings');
  addSettingFlags(features, commandSettings.features).action((path: string) =>
    later(async () => (await import('./features')).features(path, givenSettings(features), features.opts())),
  );
}

/** Its flags come from the settings schema, which other commands need not load. */
async function addCodebook(program: Command, later: (run: Action) => void, chosen: string | undefined): Promise<void> {
  const codebook = program
    .command('codebook')
    .summary('learn the codebook from features, and write an index map of every photo')
    .argument('<project>', 'the project folder, whose features `legato features` computed')
    .option(
      '--words <list>',
      'words to name entries with: auto, none, toy, nyu40, scannet200, ade20k-150, coco',
      'auto',
    )
    .option('--pictures [folder]', 'draw index maps over photos and a chart of use (default: exports/codebook)')
    .option('--palette-seed <n>', 'hand the colours of the pictures out anew; 0 leaves them', '0')
    .option('--json', 'one JSON event per line on stdout');
  if (chosen !== 'codebook') return;
  const { addSettingFlags, givenSettings } = await import('./flags');
  const { commandSettings } = await import('#contract/settings');
  addSettingFlags(codebook, commandSettings.codebook).action((project: string) =>
    later(async () => (await import('./codebook')).codebook(project, givenSettings(codebook), codebook.opts())),
  );
}

/** Its flags come from the settings schema, which other commands need not load. */
async function addAblate(program: Command, later: (run: Action) => void, chosen: string | undefined): Promise<void> {
  const ablate = program
    .command('ablate')
    .summary('train and score the presets, and the default with each switch turned, as one table')
    .argument('<path>', 'a project with features, or a capture with truth')
    .option('--seeds <list>', 'seeds of codebook and training; the table holds medians', '1')
    .option('--rows <list>', 'only these rows (default: all)')
    .option('--stage <steps>', 'steps of semantics on shared geometry (default: as many as joint training has)')
    .option('--whole', 'notes and published look at every pixel and Gaussian in a step, as they were written')
    .option('--out <folder>', 'where rows and scores lie (default: PROJECT/ablation)')
    .option('--keep', 'keep the project of every row')
    .option('--json', 'one JSON line per row, then the medians');
  if (chosen !== 'ablate') return;
  const { addSettingFlags, givenSettings } = await import('./flags');
  addSettingFlags(ablate).action((path: string) =>
    later(async () => (await import('./ablate')).ablateCommand(path, givenSettings(ablate), ablate.opts())),
  );
}
