// Which package imports which, types included: the rules of `pnpm imports`, read by dependency-cruiser.
import type { IConfiguration } from 'dependency-cruiser';
import { forbid, options } from './options.ts';

/** All that the sources of a package may import besides their own files. A package that is not named here may import core and families. */
const ALLOWED: Readonly<Record<string, { readonly paths?: readonly string[]; readonly node?: boolean }>> = {
  core: {},
  families: { paths: ['^packages/core/'] },
  reference: { paths: ['(^|/)node_modules/decimal\\.js/'] },
  conformance: { paths: ['^packages/(core|reference)/', '(^|/)node_modules/(fast-check|vitest)/'], node: true },
};
const named = Object.keys(ALLOWED).join('|');
const conformance = '^packages/conformance/src/';

const configuration: IConfiguration = {
  forbidden: [
    ...Object.entries(ALLOWED).map(([name, { paths = [], node = false }]) =>
      forbid(
        `what-${name}-imports`,
        { path: `^packages/${name}/src/` },
        { pathNot: [`^packages/${name}/`, ...paths], dependencyTypesNot: node ? ['core'] : [] },
      ),
    ),
    forbid(
      'what-other-packages-import',
      { path: `^packages/((?!(?:${named})/)[^/]+)/src/` },
      { path: '^(packages|apps|tools)/', pathNot: '^packages/($1|core|families)/' },
    ),
    forbid(
      'conformance-imports-types-of-the-reference',
      { path: conformance },
      { path: '^packages/reference/', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'conformance-imports-vitest-in-its-adapter',
      { path: conformance, pathNot: `${conformance}vitest\\.ts$` },
      { path: '(^|/)node_modules/vitest/' },
    ),
    forbid(
      'conformance-imports-node-in-its-command',
      { path: conformance, pathNot: `${conformance}cli[./]` },
      { dependencyTypes: ['core'] },
    ),
    forbid('other-packages-are-imported-by-name', { path: '^((?:packages|apps)/[^/]+)/' }, { pathNot: '^$1/', dependencyTypes: ['local'] }),
    forbid(
      'what-is-published-imports-what-is-published',
      { path: '^((?:packages|apps)/[^/]+)/src/' },
      { path: '^$1/', pathNot: '^$1/(src/|package\\.json$)' },
    ),
    forbid('packages-are-imported-by-public-entry-points', {}, { path: '^@?emkit', couldNotResolve: true }),
  ],
  options: { ...options, tsPreCompilationDeps: true },
};

export default configuration;
