import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../run.ts';
import type { FileFigures, Survivor } from './figures.ts';
import type { Unit } from './units.ts';

/** The laws that statistics and M-steps can break. */
const LAWS = ['statistics', 'm-step', 'bound', 'recovery', 'equivariance-and-purity', 'degenerate'];

/** Parts of the names of test files in the order in which they run. */
const QUICK_FIRST = ['edges', 'driver-', 'fall', 'families/test', 'engine', 'model', 'laws', ''];

/** What was noticed before is kept here, so that it is not tried again as long as the source and the test that noticed are there. */
const memory = join(root, 'node_modules/.cache/emkit-mutation');
/** Here the tests keep exact values, which take longer than all else. */
const exactValues = join(memory, 'exact-values');

/** Stryker knows a test by its name: of one that became stricter it does not see that it may notice more. So what survived is forgotten. */
function forgetSurvivors(path: string): void {
  if (!existsSync(path)) return;
  const report = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, { mutants: readonly StrykerMutant[] }> };
  for (const file of Object.values(report.files))
    file.mutants = file.mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  writeFileSync(path, JSON.stringify(report));
}

/** A copy of the workspace in which the packages see one another, and everything else is the workspace's own. */
export class WorkspaceCopy {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), 'emkit-mutation-')));

  constructor() {
    for (const name of ['package.json', 'tsconfig.base.json', 'pnpm-workspace.yaml', 'tools/tsconfig.json', 'tools/tsconfig.test.json'])
      cpSync(join(root, name), join(this.folder, name));
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
    for (const name of readdirSync(join(root, 'packages'))) {
      const from = join(root, 'packages', name);
      const to = join(this.folder, 'packages', name);
      for (const part of readdirSync(from)) {
        if (!['node_modules', 'dist', '.turbo'].includes(part)) cpSync(join(from, part), join(to, part), { recursive: true });
      }
      this.#linkModules(join(from, 'node_modules'), join(to, 'node_modules'));
    }
  }

  #linkModules(from: string, to: string): void {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) {
      if (name.startsWith('.')) continue;
      const path = join(from, name);
      if (name.startsWith('@') && !lstatSync(path).isSymbolicLink()) this.#linkModules(path, join(to, name));
      else symlinkSync(realpathSync(path).replace(join(root, 'packages'), join(this.folder, 'packages')), join(to, name));
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The part of Stryker's report that is read. */
interface StrykerReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly StrykerMutant[] }>>;
}

interface StrykerMutant {
  readonly status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'RuntimeError' | 'CompileError' | 'Ignored' | 'Pending';
  readonly replacement?: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Changes one file in every way Stryker knows, in the copy, and says what the tests made of it. */
export function runUnit(unit: Unit, copy: WorkspaceCopy, fresh: boolean): FileFigures {
  const [, packageName, source] = /^packages\/([^/]+)\/(.*)$/.exec(unit.file)!;
  const folder = join(copy.folder, 'packages', packageName!);
  const name = unit.file.replaceAll('/', '-').replace('.ts', '');
  const laws = join(copy.folder, 'packages/conformance/test/laws-of-one-family.test.ts');
  if (unit.laws !== undefined) writeFileSync(laws, lawsOf(unit.laws.family, unit.laws.cases));
  const configuration = join(copy.folder, 'vitest.mutation.config.mjs');
  writeFileSync(configuration, vitestConfiguration(copy, [...unit.tests, ...(unit.laws === undefined ? [] : [laws])]));
  const report = join(copy.folder, `${name}.json`);
  if (fresh) rmSync(exactValues, { recursive: true, force: true });
  mkdirSync(exactValues, { recursive: true });
  const remembered = join(memory, `${name}.json`);
  forgetSurvivors(remembered);
  const settings = {
    plugins: [join(realpathSync(join(root, 'tools/node_modules/@stryker-mutator/vitest-runner')), 'dist/src/index.js')],
    testRunner: 'vitest',
    vitest: { configFile: configuration, dir: copy.folder, related: false },
    inPlace: true,
    mutate: unit.ranges === undefined ? [source] : unit.ranges.map(([first, last]) => `${source}:${first}-${last}`),
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: remembered,
    force: fresh,
    concurrency: Number(process.env['EMKIT_MUTATION_WORKERS'] ?? 2),
    timeoutMS: 3000,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
    checkers: [],
    disableTypeChecks: false,
    allowConsoleColors: false,
  };
  writeFileSync(join(folder, 'stryker.json'), JSON.stringify(settings));
  const stryker = join(realpathSync(join(root, 'tools/node_modules/@stryker-mutator/core')), 'bin/stryker.js');
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [stryker, 'run', 'stryker.json'], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, EMKIT_EXACT_VALUES: exactValues },
  });
  if (status !== 0) throw new Error(`Stryker failed on ${unit.file}.`);
  const seconds = Math.round((performance.now() - started) / 1000);
  rmSync(laws, { force: true });
  const { files } = JSON.parse(readFileSync(report, 'utf8')) as StrykerReport;
  const { source: text, mutants } = files[source!]!;
  const count = (...statuses: readonly StrykerMutant['status'][]): number =>
    mutants.filter((mutant) => statuses.includes(mutant.status)).length;
  return {
    file: unit.file,
    killed: count('Killed', 'RuntimeError'),
    timedOut: count('Timeout'),
    survived: count('Survived'),
    notCovered: count('NoCoverage'),
    seconds,
    survivors: mutants
      .filter(({ status: outcome }) => outcome === 'Survived' || outcome === 'NoCoverage')
      .sort((one, other) => one.location.start.line - other.location.start.line || one.location.start.column - other.location.start.column)
      .map((mutant) => survivorOf(mutant, text.split('\n'))),
  };
}

function survivorOf({ location: { start, end }, replacement = '' }: StrykerMutant, lines: readonly string[]): Survivor {
  const first = lines[start.line - 1]!;
  const original =
    start.line === end.line
      ? first.slice(start.column - 1, end.column - 1)
      : [first.slice(start.column - 1), ...lines.slice(start.line, end.line - 1), lines[end.line - 1]!.slice(0, end.column - 1)].join('\n');
  const [before, after] = [original, replacement].map((text) => text.replace(/\s+/g, ' '));
  return { source: first.trim(), change: `${shortened(before!, after!)} → ${shortened(after!, before!)}` };
}

/** Of a long text the part where it begins to differ from the other one. */
function shortened(text: string, other: string): string {
  if (Math.max(text.length, other.length) <= 80) return text;
  let same = 0;
  while (same < text.length && text[same] === other[same]) same += 1;
  const from = same <= 50 ? 0 : same - 30;
  const to = Math.min(text.length, Math.max(80, same + 40));
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
}

function vitestConfiguration(copy: WorkspaceCopy, tests: readonly string[]): string {
  return `import { BaseSequencer } from 'vitest/node';
const conditions = ['emkit-source', 'module', 'node', 'development|production'];
// Quick files first: the first test that notices ends the run.
const order = ${JSON.stringify(QUICK_FIRST)};
const rank = ({ moduleId }) => order.findIndex((part) => moduleId.includes(part));
class Sequencer extends BaseSequencer {
  sort(files) {
    return files.sort((one, other) => rank(one) - rank(other));
  }
}
export default {
  root: ${JSON.stringify(copy.folder)},
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ${JSON.stringify(tests)}, environment: 'node', testTimeout: 60000, sequence: { sequencer: Sequencer } },
};
`;
}

function lawsOf(family: string, cases: number): string {
  return `import { withDefinition } from '@emkit/conformance';
import { testFamily } from '@emkit/conformance/vitest';
import { families } from '@emkit/families';
import { describe } from 'vitest';
import { referenceFor } from './reference-for.ts';

const definition = families.find(({ id }) => id === ${JSON.stringify(family)});
for (const variant of definition.variants) {
  const family = withDefinition(definition(variant), definition);
  const laws = ${JSON.stringify(LAWS)};
  describe(JSON.stringify(variant), () => testFamily(family, { laws, reference: referenceFor(family), seed: 1, runs: ${cases}, inapplicable: 'omit' }));
}
`;
}
