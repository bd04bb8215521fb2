import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { LATENT_LAWS, LAWS } from '../checks/index.ts';
import { readExpectation } from '../run-law.ts';

/** What the command was told. */
export interface Settings {
  readonly modules: readonly string[];
  readonly report: string | undefined;
  readonly junit: string | undefined;
  readonly regressions: string | undefined;
  readonly seed: number;
  readonly runs: number;
  readonly laws: readonly string[] | undefined;
  readonly expectFailures: Readonly<Record<string, string>>;
  /** Seconds that one law, or the loading of a module, may take. */
  readonly timeout: number;
  /** Seconds after which the parts of a law are content with the cases they have tried; undefined where they are not. */
  readonly budget: number | undefined;
  readonly threads: number;
  readonly strict: boolean;
  readonly progress: boolean;
  readonly quiet: boolean;
  /** A case to draw again, in place of a check. */
  readonly replay: { readonly seed: number; readonly path: string; readonly part: string | undefined } | undefined;
}

/** Wrong usage: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP: string = `Usage: emkit-conformance MODULE... [options]

Checks component families, and latent structures, against the laws that expectation-maximisation rests on.

MODULE is a JavaScript (or, on a Node that takes it, TypeScript) file, or a package, whose default or named exports are families,
family definitions, or definitions of latent structures (of which every variant is checked). An export named "reference", a function from a family to its
arbitrary-precision reference (made with @emkit/reference), allows the laws that need one.

Options
  --report FILE               write the results as JSON
  --junit FILE                write the results as JUnit XML
  --seed S                    seed of the cases: a whole number, or "random" (default 1)
  --runs N                    cases of a usual part of a law (default 100)
  --law NAME                  check this law only; may be repeated
  --expect-failure WHAT=WHY   WHAT is known to fail: LAW, LAW/PART, FAMILY:LAW or FAMILY:LAW/PART; if it does not, that is a failure;
                              may be repeated
  --strict                    what cannot be proved for want of a capability or a reference is a failure, as is an export that is not checked
  --regressions FILE          try the cases in FILE first, and add new failures to it
  --replay SEED:PATH          print and judge the one case of this seed and path of the --law, and of its --part if one is named
  --part NAME                 the part of the law to replay
  --timeout SECONDS           the longest that one law, or loading a module, may take (default 300)
  --budget SECONDS            the time after which a law is content with the cases it has tried (default: none)
  --threads N                 families checked at the same time (default: as many as there are processors)
  --progress                  say on the standard error what is being checked, also where that is no terminal
  --quiet                     print failures only
  --help                      print this

Laws of families
${listOf(LAWS)}

Laws of latent structures
${listOf(LATENT_LAWS)}

Exit code: 0 all conform, 1 some do not, 2 wrong usage or nothing to check.
`;

function listOf(laws: readonly { readonly name: string; readonly statement: string }[]): string {
  return laws.map(({ name, statement }) => `  ${name.padEnd(26)}${statement}`).join('\n');
}

const LAWS_BY_NAME = new Map<string, { readonly parts: readonly { readonly name: string }[] }>(
  [...LAWS, ...LATENT_LAWS].map((law) => [law.name, law]),
);

/** Reads the arguments; undefined when help was asked for. */
export function readArguments(argv: readonly string[]): Settings | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  if (positionals.length === 0) throw new UsageError('no module is given');
  const names = [...LAWS_BY_NAME.keys()];
  const known = (name: string): string => {
    if (!names.includes(name)) throw new UsageError(`there is no law ${JSON.stringify(name)}; there are: ${names.join(', ')}`);
    return name;
  };
  const expectFailures = Object.fromEntries(
    (values['expect-failure'] ?? []).map((text) => {
      const [what, ...reason] = text.split('=');
      if (reason.join('=').trim() === '') throw new UsageError(`--expect-failure ${text} has no reason; write law=reason`);
      const { law, part } = readExpectation(what!);
      const parts = LAWS_BY_NAME.get(known(law))!.parts.map(({ name }) => name);
      if (part !== undefined && !parts.includes(part))
        throw new UsageError(`the law ${law} has no part ${JSON.stringify(part)}; it has: ${parts.join('; ')}`);
      return [what!, reason.join('=')];
    }),
  );
  return {
    modules: positionals,
    report: values.report,
    junit: values.junit,
    regressions: values.regressions,
    seed:
      values.seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : wholeNumber('--seed', values.seed ?? '1', Number.MIN_SAFE_INTEGER),
    runs: wholeNumber('--runs', values.runs ?? '100', 1),
    laws: values.law?.map(known),
    expectFailures,
    timeout: wholeNumber('--timeout', values.timeout ?? '300', 1),
    budget: values.budget === undefined ? undefined : wholeNumber('--budget', values.budget, 1),
    threads: values.threads === undefined ? availableParallelism() : wholeNumber('--threads', values.threads, 1),
    strict: values.strict ?? false,
    progress: values.progress ?? process.stderr.isTTY === true,
    quiet: values.quiet ?? false,
    replay: readReplay(values.replay, values.part, values.law),
  };
}

function readReplay(text: string | undefined, part: string | undefined, laws: readonly string[] | undefined): Settings['replay'] {
  if (text === undefined) {
    if (part !== undefined) throw new UsageError('--part goes with --replay');
    return undefined;
  }
  const [, seed, path] = /^(-?\d+):(\d+(?::\d+)*)$/.exec(text) ?? [];
  if (seed === undefined || path === undefined)
    throw new UsageError(`--replay is ${JSON.stringify(text)}; give SEED:PATH as a failure prints them, e.g. 1:17:0:3`);
  if (laws?.length !== 1) throw new UsageError('--replay needs one --law: the same seed and path draw another case for each');
  return { seed: wholeNumber('--replay', seed, Number.MIN_SAFE_INTEGER), path, part };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        report: { type: 'string' },
        junit: { type: 'string' },
        seed: { type: 'string' },
        runs: { type: 'string' },
        law: { type: 'string', multiple: true },
        'expect-failure': { type: 'string', multiple: true },
        regressions: { type: 'string' },
        timeout: { type: 'string' },
        budget: { type: 'string' },
        threads: { type: 'string' },
        strict: { type: 'boolean' },
        progress: { type: 'boolean' },
        replay: { type: 'string' },
        part: { type: 'string' },
        quiet: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wholeNumber(name: string, text: string, minimum: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < minimum) {
    throw new UsageError(`${name} is ${JSON.stringify(text)}; give a whole number${minimum > 0 ? ` of at least ${minimum}` : ''}`);
  }
  return value;
}
