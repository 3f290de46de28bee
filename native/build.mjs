/**
 * Builds native/build/legato.node with the C++ compiler that is here: no Python, no node-gyp, no downloaded headers (they come
 * from the npm package node-api-headers).
 *
 *   node native/build.mjs           builds what changed; fails without a compiler
 *   node native/build.mjs --soft    the same, but without a compiler says so and succeeds: Legato then runs on the readable
 *                                   TypeScript kernels, slowly. LEGATO_REQUIRE_NATIVE=1 (or CI=true) makes that a failure too.
 *
 * Files that do arithmetic are compiled once per instruction set; the fastest one that the processor has is chosen at run time.
 * The compiler is $CXX, else c++, g++ or clang++, else (Windows) the newest Visual C++ or clang-cl that vswhere finds.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '..');
const sources = path.join(here, 'cpu');
const output = path.join(here, 'build');
const addon = path.join(output, 'legato.node');
const require = createRequire(import.meta.url);
const soft = process.argv.includes('--soft') && !process.env.LEGATO_REQUIRE_NATIVE && process.env.CI !== 'true';
const windows = process.platform === 'win32';
const version = JSON.parse(readFileSync(path.join(here, '..', 'package.json'), 'utf8')).version;

const plain = [
  'addon',
  'addon_codebook',
  'addon_elementwise',
  'addon_network',
  'addon_pack',
  'addon_render',
  'addon_volume',
  'pool',
  'binning',
  'rasterizer',
  'pixel_groups',
  'sampler',
  'semantic_sampler',
  'surface',
  'volume',
  'marching',
  'neighbours',
  'quantise',
  'perceptron',
  'pack',
  'dispatch',
];
const perInstructionSet = [
  'project',
  'project_gradient',
  'blend',
  'blend_gradient',
  'photometric',
  'elementwise',
  'codebook',
  'network',
  'sample',
  'machine',
  'table',
];
const instructionSets = {
  generic: { simd: 0, gnu: [], msvc: [], table: 'genericKernels' },
  ...(process.arch === 'x64' && {
    avx2: { simd: 256, gnu: ['-mavx2', '-mfma'], msvc: ['/arch:AVX2'], table: 'avx2Kernels' },
    avx512: {
      simd: 512,
      gnu: ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx2', '-mfma'],
      msvc: ['/arch:AVX512'],
      table: 'avx512Kernels',
    },
  }),
  ...(process.arch === 'arm64' && { neon: { simd: 128, gnu: [], msvc: [], table: 'neonKernels' } }),
};
const has = { avx2: 'LEGATO_HAS_AVX2', neon: 'LEGATO_HAS_NEON' };
const defines = [
  `LEGATO_VERSION="${version}"`,
  'NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED',
  'NAPI_VERSION=8',
  'NAPI_CPP_EXCEPTIONS',
  ...Object.entries(has).flatMap(([name, define]) => (name in instructionSets ? [define] : [])),
];
const includes = [require('node-api-headers').include_dir, path.dirname(require.resolve('node-addon-api/napi.h'))];

/** {command, kind: 'gnu' | 'msvc', env} of the first compiler that answers, or null. */
function findCompiler() {
  const candidates = [process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean);
  for (const command of candidates) {
    const [program, ...rest] = command.split(' ');
    const kind = /(^|[\\/])(clang-)?cl(\.exe)?$/.test(program) ? 'msvc' : 'gnu';
    const answer = spawnSync(program, [...rest, kind === 'msvc' ? '/?' : '--version'], { stdio: 'ignore' });
    if (answer.status === 0) return { command: [program, ...rest], kind, env: process.env };
  }
  return windows ? findVisualStudio() : null;
}

/** Visual C++ needs the environment that its vcvars64.bat sets. */
function findVisualStudio() {
  const vswhere = path.join(
    process.env['ProgramFiles(x86)'] ?? 'C:\\Program Files (x86)',
    'Microsoft Visual Studio',
    'Installer',
    'vswhere.exe',
  );
  if (!existsSync(vswhere)) return null;
  const query = ['-latest', '-products', '*', '-requires', 'Microsoft.VisualStudio.Component.VC.Tools.x86.x64'];
  const root = execFileSync(vswhere, [...query, '-property', 'installationPath'], { encoding: 'utf8' }).trim();
  if (!root) return null;
  const script = path.join(
    root,
    'VC',
    'Auxiliary',
    'Build',
    process.arch === 'arm64' ? 'vcvarsarm64.bat' : 'vcvars64.bat',
  );
  const printed = execFileSync('cmd.exe', ['/d', '/s', '/c', `"${script}" >nul && set`], {
    encoding: 'utf8',
    windowsVerbatimArguments: true,
  });
  const env = { ...process.env };
  for (const line of printed.split(/\r?\n/)) {
    const at = line.indexOf('=');
    if (at > 0) env[line.slice(0, at)] = line.slice(at + 1);
  }
  return { command: ['cl'], kind: 'msvc', env };
}

/** Every object to compile: {file, object, args} */
function plan(compiler) {
  const common =
    compiler.kind === 'msvc'
      ? ['/nologo', '/std:c++20', '/O2', '/EHsc', '/MT', '/fp:precise', '/utf-8', '/Zc:preprocessor', '/c']
      : [
          '-std=c++20',
          '-O3',
          '-fPIC',
          '-fvisibility=hidden',
          '-ffp-contract=off',
          '-fno-math-errno',
          '-Wall',
          '-Wextra',
          // GCC 12 reports its own AVX-512 header.
          '-Wno-maybe-uninitialized',
          '-Wno-unknown-pragmas',
          '-c',
        ];
  const d = compiler.kind === 'msvc' ? '/D' : '-D';
  const i = compiler.kind === 'msvc' ? ['/external:W0', '/external:I'] : ['-isystem'];
  const shared = [...common, ...defines.map((x) => d + x), ...includes.flatMap((x) => [...i, x])];
  const objects = plain.map((file) => ({ file, object: file, args: shared }));
  for (const [name, set] of Object.entries(instructionSets)) {
    const own = [`LEGATO_ISA=${name}`, `LEGATO_SIMD=${set.simd}`, `LEGATO_TABLE=${set.table}`].map((x) => d + x);
    for (const file of perInstructionSet)
      objects.push({ file, object: `${file}.${name}`, args: [...shared, ...own, ...set[compiler.kind]] });
  }
  return objects.map((o) => ({ ...o, object: path.join(output, `${o.object}.${windows ? 'obj' : 'o'}`) }));
}

/**
 * What an object depends on: its source and the headers below it, its arguments, the compiler. Node-API is stable, so Node is not among
 * them; nor is where the tree lies, so that one that was moved or copied is not compiled again.
 */
function fingerprints(compiler, objects) {
  const digest = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
  const common = digest(process.platform, process.arch, ...compiler.command);
  const read = (name) => readFileSync(path.join(sources, name), 'utf8');
  const included = (name, found = new Set()) => {
    if (found.has(name)) return found;
    found.add(name);
    for (const [, header] of read(name).matchAll(/^#include "([^"]+)"/gm)) included(header, found);
    return found;
  };
  return Object.fromEntries(
    objects.map((o) => {
      const files = [...included(`${o.file}.cpp`)].sort().flatMap((name) => [name, read(name)]);
      return [path.basename(o.object), digest(common, o.args.join(' ').replaceAll(root, '.'), ...files)];
    }),
  );
}

/** Compiles the objects that are out of date and links; false if there was nothing to do. */
async function build(compiler) {
  const objects = plan(compiler);
  const stamp = path.join(output, 'fingerprints.json');
  const built = existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : {};
  const wanted = fingerprints(compiler, objects);
  const queue = objects.filter(
    (o) => built[path.basename(o.object)] !== wanted[path.basename(o.object)] || !existsSync(o.object),
  );
  if (queue.length === 0 && existsSync(addon)) return false;

  const run = promisify(execFile);
  const [program, ...prefix] = compiler.command;
  const options = { env: compiler.env, maxBuffer: 1 << 26 };
  // The largest files first keep all processors busy to the end.
  queue.sort((a, b) => Number(/blend/.test(b.file)) - Number(/blend/.test(a.file)));
  const worker = async () => {
    for (let o = queue.shift(); o; o = queue.shift()) {
      // Under a name of its own until it is whole: two builds at once must not mix their halves.
      const temporary = `${o.object}.${process.pid}`;
      const to = compiler.kind === 'msvc' ? [`/Fo${temporary}`] : ['-o', temporary];
      await run(program, [...prefix, ...o.args, path.join(sources, `${o.file}.cpp`), ...to], options);
      renameSync(temporary, o.object);
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  await link(
    compiler,
    run,
    options,
    objects.map((o) => o.object),
  );
  writeFileSync(stamp, JSON.stringify(wanted));
  return true;
}

async function link(compiler, run, options, objects) {
  const [program, ...prefix] = compiler.command;
  const temporary = `${addon}.${process.pid}`;
  if (compiler.kind === 'msvc') {
    const library = path.join(output, 'node_api.lib');
    const machine = process.arch === 'arm64' ? 'ARM64' : 'X64';
    await run(
      'lib',
      [
        '/nologo',
        `/def:${require('node-api-headers').def_paths.node_api_def}`,
        `/out:${library}`,
        `/machine:${machine}`,
      ],
      options,
    );
    await run('link', ['/nologo', '/DLL', `/OUT:${temporary}`, ...objects, library], options);
  } else {
    const shared =
      process.platform === 'darwin'
        ? ['-bundle', '-undefined', 'dynamic_lookup']
        : ['-shared', '-pthread', '-static-libstdc++'];
    await run(program, [...prefix, ...shared, '-o', temporary, ...objects], options);
  }
  renameSync(temporary, addon);
}

async function main() {
  const compiler = findCompiler();
  if (!compiler) {
    if (existsSync(addon)) return;
    const message =
      'No C++ compiler found (tried $CXX, c++, g++, clang++' +
      (windows ? ', Visual C++' : '') +
      '). Install one (Debian: apt install g++; ' +
      'macOS: xcode-select --install; Windows: the C++ workload of the Visual Studio Build Tools), then run: npm run build';
    if (!soft) throw new Error(message);
    console.warn(
      `legato: ${message}\nlegato: until then it runs on the TypeScript reference kernels, hundreds of times slower.`,
    );
    return;
  }
  mkdirSync(output, { recursive: true });
  const started = Date.now();
  if (!(await build(compiler))) return;
  console.log(
    `legato: native kernels built in ${((Date.now() - started) / 1000).toFixed(1)} s (${Object.keys(instructionSets).join(', ')})`,
  );
}

main().catch((error) => {
  const text = `${error.stderr ?? ''}${error.message ?? error}`;
  if (soft) {
    console.warn(
      `legato: the native kernels could not be built; running on the slow TypeScript reference instead.\n${text}`,
    );
    return;
  }
  console.error(`legato: the native kernels could not be built.\n${text}`);
  process.exitCode = 1;
});
