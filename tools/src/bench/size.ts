// `pnpm bench:size`: what programs that use the packages weigh, minified and compressed, and which modules that comes from.
import { SourceMap } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { families } from '@emkit/families';
import { build } from 'vite';
import { root } from '../run.ts';
import { type ModuleSize, type ProgramSize, saveResults } from './results.ts';

export interface SizedProgram {
  readonly name: string;
  readonly code: string;
  /** What it may weigh, minified and compressed by gzip, in bytes. */
  readonly budget: number;
}

const exported = (id: string): string => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * A page that fits with one family. The first version's was half as large. What has come since is what such a page asks for itself: models
 * of parts that strangers can replace (a third of the growth), fits that show themselves and options and data that say what is wrong with
 * them (a third), and sequences, missing cells, condensed data and Newton's steps. Each budget leaves two parts in a hundred.
 */
const FIT_BUDGETS: Readonly<Record<string, number>> = {
  beta: 67_300,
  binomial: 65_800,
  categorical: 63_100,
  exponential: 63_500,
  gamma: 66_400,
  gaussian: 63_100,
  geometric: 63_800,
  'inverse-gaussian': 64_400,
  'log-normal': 63_900,
  multinomial: 66_900,
  'multivariate-gaussian': 77_300,
  'negative-binomial': 65_800,
  pareto: 63_500,
  poisson: 63_100,
  product: 64_900,
  rayleigh: 63_500,
  'student-t': 67_200,
  uniform: 63_400,
  weibull: 64_200,
};

/** What is measured and held. A family without a budget of its own has the smallest. */
export const PROGRAMS: readonly SizedProgram[] = [
  {
    name: 'everything that both packages export',
    code: `export * from '@emkit/core'; export * from '@emkit/families';`,
    budget: 121_500,
  },
  { name: 'all of @emkit/core', code: `export * from '@emkit/core';`, budget: 81_600 },
  { name: 'all of @emkit/families, with what it uses of core', code: `export * from '@emkit/families';`, budget: 104_600 },
  ...families.map(({ id }) => ({
    name: `fit with the family ${id}`,
    code: `export { fit } from '@emkit/core'; export { ${exported(id)} } from '@emkit/families';`,
    budget: FIT_BUDGETS[id] ?? Math.min(...Object.values(FIT_BUDGETS)),
  })),
];

const TYPICAL = PROGRAMS.find(({ name }) => name.endsWith(' gaussian'))!;

interface Bundle {
  readonly text: string;
  readonly map: string | undefined;
}

/** What a bundler makes of a program whose packages are found from `folder`. The script of the workers, which `fit` does not load, is left out. */
async function bundle(code: string, folder: string, conditions: readonly string[] = []): Promise<Bundle> {
  const entry = join(folder, 'emkit-size.js');
  const output = await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: [...conditions, 'module', 'browser', 'production'] },
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === entry ? entry : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      sourcemap: 'hidden',
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  });
  const files = (Array.isArray(output) ? output : [output]).flatMap((result) => ('output' in result ? result.output : []));
  const chunks = files.flatMap((file) => (file.type === 'chunk' ? [file] : []));
  if (chunks.length !== 1) throw new Error(`the program became ${chunks.length} files`);
  return { text: chunks[0]!.code, map: chunks[0]!.map?.toString() };
}

const compressed = (text: string): number => gzipSync(text, { level: 9 }).length;

/** Minified and compressed, what a program weighs that a bundler makes in `folder`. */
export async function measureProgram(code: string, folder: string): Promise<{ readonly minified: number; readonly gzip: number }> {
  const { text } = await bundle(code, folder);
  return { minified: Buffer.byteLength(text), gzip: compressed(text) };
}

/** By module of the sources: its part of the minified program, and by how much the compressed one would shrink without that part. */
async function measureModules(code: string, folder: string): Promise<readonly ModuleSize[]> {
  const { text, map } = await bundle(code, folder, ['emkit-source']);
  const origins = new SourceMap(JSON.parse(map!));
  const whole = compressed(text);
  const parts = new Map<string, [number, number][]>();
  let begin = 0;
  for (const [row, line] of text.split('\n').entries()) {
    let current = '';
    let from = 0;
    for (let column = 0; column <= line.length; column += 1) {
      const entry = column === line.length ? {} : origins.findEntry(row, column);
      const source = 'originalSource' in entry ? String(entry.originalSource ?? '') : '';
      if (source === current && column < line.length) continue;
      if (current !== '') parts.set(current, [...(parts.get(current) ?? []), [begin + from, begin + column]]);
      current = source;
      from = column;
    }
    begin += line.length + 1;
  }
  return [...parts]
    .map(([source, spans]) => {
      let rest = '';
      let end = 0;
      for (const [from, to] of spans) {
        rest += text.slice(end, from);
        end = to;
      }
      rest += text.slice(end);
      return {
        module: source.replace(/^.*packages\/(\w+)\/src\//, '$1/'),
        minified: text.length - rest.length,
        gzip: whole - compressed(rest),
      };
    })
    .filter(({ module }) => /^(core|families)\//.test(module))
    .sort((a, b) => b.gzip - a.gzip);
}

/** Measures everything in the packages as they are built, and the modules in their sources. */
export async function measureSizes(): Promise<{
  readonly programs: readonly ProgramSize[];
  readonly everything: readonly ModuleSize[];
  readonly typical: readonly ModuleSize[];
}> {
  const folder = dirname(fileURLToPath(import.meta.url));
  const programs: ProgramSize[] = [];
  for (const { name, code, budget } of PROGRAMS) programs.push({ name, ...(await measureProgram(code, folder)), budget });
  return { programs, everything: await measureModules(PROGRAMS[0]!.code, folder), typical: await measureModules(TYPICAL.code, folder) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = await measureSizes();
  const line = (name: string, minified: number, gzip: number, more = ''): void =>
    console.log(`${name.padEnd(52)}${String(minified).padStart(8)}${String(gzip).padStart(8)}${more}`);
  console.log('minified, gzip, budget in bytes'.padStart(76));
  for (const { name, minified, gzip, budget } of sizes.programs) line(name, minified, gzip, String(budget).padStart(8));
  for (const part of ['typical', 'everything'] as const) {
    console.log(`\n${part === 'typical' ? TYPICAL.name : PROGRAMS[0]!.name}, by module`);
    for (const { module, minified, gzip } of sizes[part]) line(module, minified, gzip);
  }
  if (!process.argv.includes('--quick')) {
    saveResults({ size: sizes });
    console.log(`\n${relative(process.cwd(), join(root, 'docs/benchmarks.md'))} is written`);
  }
}
