// How the folders of a package import each other when the program runs: not in a circle. Types do not count, because they are gone by then.
// Read by dependency-cruiser, for `pnpm imports`.
import type { IConfiguration } from 'dependency-cruiser';
import { forbid, options } from './options.ts';

/** The folders and files of packages/core/src from the ground up: each imports only what stands before it. */
export const CORE: readonly string[] = [
  'errors',
  'numerics',
  'random',
  'family',
  'kernels',
  'data',
  'model',
  'source',
  'driver',
  'start',
  'inference',
  'text',
  'fit',
  'index',
];

const core = '^packages/core/src';
const pathOf = (part: string): string => `${core}/${part}(/|\\.ts$)`;

const configuration: IConfiguration = {
  forbidden: [
    forbid('core-has-a-place-for-each-part', {}, { path: `${core}/`, pathNot: CORE.map(pathOf) }),
    ...CORE.slice(0, -1).map((part, index) =>
      forbid('core-imports-what-stands-before', { path: pathOf(part) }, { path: CORE.slice(index + 1).map(pathOf) }),
    ),
    // The parts of core are held by the table; here come folders within them, and the other packages.
    forbid('folders-import-each-other', { pathNot: [`${core}$`, `${core}/[^/]+$`] }, { circular: true }, { scope: 'folder' }),
    forbid('files-import-each-other', {}, { circular: true }),
  ],
  options: { ...options, tsPreCompilationDeps: false },
};

export default configuration;
