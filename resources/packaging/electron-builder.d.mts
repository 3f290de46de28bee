/** What the tests read of the configuration; electron-builder checks the whole of it against its own schema. */
declare const configuration: {
  readonly appId: string;
  readonly files: readonly string[];
  readonly asarUnpack: readonly string[];
  readonly extraResources: readonly {
    readonly from: string;
    readonly to: string;
    readonly filter: readonly string[];
  }[];
  readonly electronFuses: Readonly<Record<string, boolean>>;
  readonly directories: { readonly output: string; readonly buildResources: string };
  readonly linux: {
    readonly icon: string;
    readonly executableName: string;
    readonly mimeTypes: readonly string[];
    readonly desktop: {
      readonly entry: { readonly Actions: string };
      readonly desktopActions: Readonly<Record<string, { readonly Exec: string }>>;
    };
  };
  readonly mac: {
    readonly icon: string;
    readonly extendInfo: {
      readonly UTExportedTypeDeclarations: readonly {
        readonly UTTypeIdentifier: string;
        readonly UTTypeTagSpecification: { readonly 'public.filename-extension': readonly string[] };
      }[];
      readonly CFBundleDocumentTypes: readonly {
        readonly LSTypeIsPackage: boolean;
        readonly LSItemContentTypes: readonly string[];
      }[];
    };
  };
  readonly win: { readonly icon: string };
  readonly nsis: { readonly include: string };
};
export default configuration;
