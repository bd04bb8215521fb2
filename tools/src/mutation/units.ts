import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.ts';

/** One source file to change, and the tests that are to notice. */
export interface Unit {
  /** The file, in the workspace. */
  readonly file: string;
  /** First and last lines to change, from 1; the whole file where absent. */
  readonly ranges?: readonly (readonly [first: number, last: number])[];
  /** Test files, in the workspace, as patterns. */
  readonly tests: readonly string[];
  /** The family whose conformance laws are tests too, and how many cases each part of them tries. */
  readonly laws?: { readonly family: string; readonly cases: number };
}

const numerics = 'packages/core/src/numerics';
const driver = 'packages/core/src/driver';
const families = 'packages/families/src';
const FAMILIES_TESTS = ['packages/families/test/!(kernels|registration).test.ts'];

/** A function is tested for its own sake, not by what others make of it: their tests would only take longer. */
const NUMERICS_TESTS: Readonly<Record<string, readonly string[]>> = {
  'incomplete-beta.ts': ['incomplete'],
  'incomplete-gamma.ts': ['incomplete'],
  'polynomial.ts': ['error-function', 'gamma'],
};

/** Files without code, or whose code is none of the M-step's. */
const WITHOUT_CODE = ['index.ts', 'driver.ts'];

/** What the M-steps of several families are made of, or that of one in files of its own. */
const PARTS_OF_M_STEPS = [
  'gain.ts',
  'gamma-shape.ts',
  'proportion.ts',
  'spread.ts',
  'multivariate-gaussian/estimate.ts',
  'multivariate-gaussian/sums.ts',
];

/** Of 20 cases none can be judged by one part of the laws for the categories. */
const CASES: Readonly<Record<string, number>> = { categorical: 100 };

/** Every unit there is, in the order of the page. */
export function allUnits(): readonly Unit[] {
  return [
    ...sourcesIn(numerics).map((name): Unit => {
      const tests = NUMERICS_TESTS[name] ?? [name.replace('.ts', '')];
      return {
        file: `${numerics}/${name}`,
        tests: tests.map((test) => `packages/core/test/numerics/${test}.test.ts`),
      };
    }),
    { file: 'packages/core/src/random.ts', tests: ['packages/core/test/random.test.ts'] },
    ...sourcesIn(driver).map(
      (name): Unit => ({
        file: `${driver}/${name}`,
        tests: ['packages/core/test/{engine,model,driver-*}.test.ts'],
      }),
    ),
    ...sourcesIn(families).flatMap((name): readonly Unit[] => {
      const file = `${families}/${name}`;
      const ranges = rangesOfMStep(file);
      const family = name.replace('.ts', '');
      return ranges.length === 0 ? [] : [{ file, ranges, tests: FAMILIES_TESTS, laws: { family, cases: CASES[family] ?? 20 } }];
    }),
    ...PARTS_OF_M_STEPS.map((name): Unit => ({ file: `${families}/${name}`, tests: FAMILIES_TESTS })),
  ];
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.ts') && !WITHOUT_CODE.includes(name))
    .sort();
}

/** What a family does with statistics, and the functions of its file that this calls, directly or not; preparing a density is not among them. */
function rangesOfMStep(file: string): readonly (readonly [number, number])[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const ranges: [number, number][] = [];
  const pending: string[] = [];
  const add = (first: number): void => {
    if (ranges.some(([from, to]) => from <= first + 1 && first + 1 <= to)) return;
    const last = endOf(lines, first);
    ranges.push([first + 1, last + 1]);
    pending.push(lines.slice(first, last + 1).join('\n'));
  };
  lines.forEach((line, index) => {
    if (/^ {4}(accumulate|maximize|gain|recentre|translate)[(:]/.test(line)) add(index);
  });
  for (let text = pending.pop(); text !== undefined; text = pending.pop()) {
    for (const [index, line] of lines.entries()) {
      const name = /^(?: {2})?(?:function (\w+)\(|const (\w+) = \()/.exec(line)?.slice(1).find(Boolean);
      if (name !== undefined && !name.startsWith('prepare') && new RegExp(`\\b${name}\\(`).test(text)) add(index);
    }
  }
  return ranges.sort(([one], [other]) => one - other);
}

/** The last line of what begins on this one: the bracket that closes it, or else the last one before the next of no deeper indentation. */
function endOf(lines: readonly string[], first: number): number {
  const depth = (line: string): number => line.length - line.trimStart().length;
  let last = first;
  for (let index = first + 1; index < lines.length; index += 1) {
    const line = lines[index]!;
    const endsParameters = /^ *\).*\{$/.test(line);
    if (line === '') continue;
    if (!endsParameters && depth(line) <= depth(lines[first]!)) return /^ *[)}\]]/.test(line) ? index : last;
    last = index;
  }
  return last;
}
