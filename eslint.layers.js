/**
 * ESLint rule `legato/layers`: holds every import, export-from, `import()` and type import against layers.config.js.
 * Works on paths alone, so that an import of a file that does not exist yet is judged as well.
 */
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { reach, reserved, rooms } from './layers.config.js';

const root = import.meta.dirname;

/** The room that a path relative to the root lies in, or null. */
export function roomOf(path) {
  const found = Object.entries(rooms).find(([, room]) => path === room.path || path.startsWith(`${room.path}/`));
  if (found !== undefined) return found[0];
  // Extensions are optional in imports: src-preload/bridge is src-preload/bridge.ts.
  return Object.entries(rooms).find(([, room]) => room.path.replace(/\.\w+$/, '') === path)?.[0] ?? null;
}

const packageName = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** Why `room` (in the file `from`, relative to the root) may not import `specifier`; null when it may. */
export function verdict(room, from, specifier) {
  const { packages, node, reserved: own = [] } = rooms[room];
  if (specifier.startsWith('#contract/') || specifier.startsWith('.') || specifier.startsWith('/')) {
    const clean = specifier.replace(/\?.*$/, '');
    const target = clean.startsWith('#contract/')
      ? `${rooms.contract.path}/${clean.slice('#contract/'.length)}`
      : relative(root, resolve(root, dirname(from), clean))
          .split(sep)
          .join('/');
    const other = roomOf(target);
    if (other === null) return `${target} is in no room of layers.config.js`;
    if (other === 'contract' && room !== 'contract' && !clean.startsWith('#'))
      return 'write #contract/… for the contract';
    return reach(room).has(other) ? null : `${room} may not import ${other} (see layers.config.js)`;
  }
  if (specifier.startsWith('#')) return `${specifier} is no alias of this house`;
  if (specifier.startsWith('node:') || isBuiltin(specifier)) {
    return node === false ? `${room} may not import Node's ${specifier}` : null;
  }
  const name = packageName(specifier);
  if (packages !== undefined) return packages.includes(name) ? null : `${room} may not import ${name}`;
  return reserved.includes(name) && !own.includes(name) ? `${room} may not import ${name}` : null;
}

export const layersRule = {
  meta: { type: 'problem', schema: [], docs: { description: 'rooms import only what layers.config.js lets them' } },
  create(context) {
    const from = relative(root, context.filename).split(sep).join('/');
    if (!/^src-[^/]+\//.test(from)) return {};
    const room = roomOf(from);
    if (room === null) {
      return {
        Program: (node) => context.report({ node, message: `${from} is in no room: add one to layers.config.js` }),
      };
    }
    const check = (node) => {
      if (node?.type !== 'Literal' || typeof node.value !== 'string') return;
      const message = verdict(room, from, node.value);
      if (message !== null) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node.expression),
      'CallExpression[callee.name="require"]': (node) => check(node.arguments[0]),
    };
  },
};
