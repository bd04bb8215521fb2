import { parseArgs } from 'node:util';
import { LATENT_LAWS, LAWS } from '../checks/index.ts';

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
  /** Seconds that one law may take. */
  readonly timeout: number;
  readonly quiet: boolean;
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
  --expect-failure LAW=WHY    this law is known to fail; if it does not, that is a failure; may be repeated
  --regressions FILE          try the cases in FILE first, and add new failures to it
  --timeout SECONDS           the longest that one law may take (default 300)
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

/** Reads the arguments; undefined when help was asked for. */
export function readArguments(argv: readonly string[]): Settings | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  if (positionals.length === 0) throw new UsageError('no module is given');
  const names = [...LAWS, ...LATENT_LAWS].map(({ name }) => name);
  const known = (name: string): string => {
    if (!names.includes(name)) throw new UsageError(`there is no law ${JSON.stringify(name)}; there are: ${names.join(', ')}`);
    return name;
  };
  const expectFailures = Object.fromEntries(
    (values['expect-failure'] ?? []).map((text) => {
      const [law, ...reason] = text.split('=');
      if (reason.join('=').trim() === '') throw new UsageError(`--expect-failure ${text} has no reason; write law=reason`);
      return [known(law!), reason.join('=')];
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
    quiet: values.quiet ?? false,
  };
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
