/**
 * What `npm run package` makes installers from, on each of the three systems (resources/docs/desktop.md). electron-builder is no
 * dependency of ours: `npx` fetches the pinned version when someone packages.
 *
 * Files that the system's own loader opens (addons, libraries, ONNX graphs) cannot be read out of an asar archive: they lie
 * beside it. JavaScript stays inside, where its integrity is checked.
 */

/** The uniform type identifier of a project on macOS, and the name under which Windows and Linux know the program. */
const appId = 'org.legato.studio';
const projectType = 'org.legato.project';

const packages = 'node_modules';

/** @type {import('electron-builder').Configuration} */
export default {
  appId,
  productName: 'Legato',
  copyright: 'Copyright (c) 2026 Legato contributors',
  directories: { output: 'out/packages', buildResources: 'resources/packaging' },
  // Every addon that we use is built against Node-API, which Electron shares: nothing to compile anew.
  npmRebuild: false,
  publish: null,
  // The windows say which entry of the menu they belong to.
  extraMetadata: { author: 'Legato contributors', desktopName: 'legato-studio.desktop' },

  files: [
    'package.json',
    'LICENSE',
    'out/main/*.js',
    'out/preload/*.cjs',
    'out/renderer/**/*',
    'native/build/legato.node',
    'resources/taxonomies/*.json',
    '!**/*.map',
    // Its Node build has everything inside but onnxruntime-node and sharp.
    `!${packages}/onnxruntime-web`,
    `!${packages}/onnxruntime-node/bin/*/!(\${platform})/**`,
    `!${packages}/onnxruntime-node/bin/*/*/!(\${arch})/**`,
    // tfjs carries each of its packages as a dozen bundles; Node loads one.
    `!${packages}/@tensorflow/*/dist/*.min.js`,
    `!${packages}/@tensorflow/*/dist/*.{es2017,fesm}.js`,
    `!${packages}/@tensorflow/*/src`,
  ],
  asar: true,
  asarUnpack: [
    'native/build/legato.node',
    `${packages}/onnxruntime-node/**`,
    `${packages}/sharp/**`,
    `${packages}/@img/**`,
    `${packages}/libsql/**`,
    `${packages}/@libsql/**`,
  ],
  // onnxruntime opens a graph by its path. The search for resources/models climbs out of the archive and ends here.
  extraResources: [{ from: 'resources/models', to: 'resources/models', filter: ['toy-*/**/*'] }],

  electronFuses: {
    // Trainer and language process are child_process.fork of this very binary: frames need a pipe of their own, which
    // utilityProcess cannot have. Someone who can set ELECTRON_RUN_AS_NODE can start any other program as well.
    runAsNode: true,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
    loadBrowserProcessSpecificV8Snapshot: false,
  },

  linux: {
    executableName: 'legato-studio',
    icon: 'out/icons',
    category: 'Graphics',
    synopsis: 'Train, look at and label language-embedded 3D Gaussians',
    // A .deb or .rpm would need the address of a maintainer and a homepage, which this project does not have.
    target: ['AppImage', 'tar.gz'],
    // A project is a folder, and freedesktop.org gives folders one type whatever their name: Legato is offered for all of them.
    mimeTypes: ['inode/directory'],
    syncDesktopName: true,
    desktop: {
      entry: { Actions: 'Demo;' },
      desktopActions: {
        Demo: { Name: 'Open the Demo Room', 'Name[zh]': '打开演示房间', Exec: 'legato-studio --demo' },
      },
    },
  },

  mac: {
    icon: 'out/icons/1024x1024.png',
    category: 'public.app-category.graphics-design',
    target: ['dmg', 'zip'],
    // A folder that the Finder shows as one document and opens by double click.
    extendInfo: {
      UTExportedTypeDeclarations: [
        {
          UTTypeIdentifier: projectType,
          UTTypeDescription: 'Legato Project',
          UTTypeConformsTo: ['com.apple.package', 'public.composite-content'],
          UTTypeTagSpecification: { 'public.filename-extension': ['legato'] },
        },
      ],
      CFBundleDocumentTypes: [
        {
          CFBundleTypeName: 'Legato Project',
          CFBundleTypeRole: 'Editor',
          LSHandlerRank: 'Owner',
          LSTypeIsPackage: true,
          LSItemContentTypes: [projectType],
        },
      ],
    },
  },

  win: { icon: 'out/icons/1024x1024.png', target: ['nsis'] },
  // Windows associates programs with files, not with folders: the installer adds a line to the menu of folders instead.
  nsis: { oneClick: false, allowToChangeInstallationDirectory: true, include: 'resources/packaging/folders.nsh' },
};
