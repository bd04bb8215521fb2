import { EmkitError, type Family, type FamilyDefinition, type FamilyOption } from '@emkit/core';
import * as fc from 'fast-check';
import { parametersArbitrary, type Row, rowArbitrary } from '../arbitraries.ts';
import { sameBits } from '../cases.ts';
import { describeShape } from '../family-shape.ts';
import { type CaseContext, type Law, part, type Subject, show, VACUOUS, type Verdict, violate } from '../law.ts';
import { blockOf } from '../likelihood.ts';

/** Sizes of an option that is a whole number: small ones, for what it counts may cost its square. */
const LARGEST_SIZE = 6;

/** Parts of other laws that an instance of other options is put to: cheap ones, which see a wrong density or a wrong estimate. */
const ASKED: readonly string[] = [
  'one column',
  'several columns, on a grid',
  'sum over single rows',
  'no neighbour is better',
  'Q is stationary',
  'every parameter shows in the density',
  'parameters to coordinates and back',
  'the mean is the first moment',
  'the means of several columns',
  'the quantile inverts the cdf',
  'draws fill the boxes that the density gives',
];

type Options = Readonly<Record<string, unknown>>;

/** Part of the law "codec-and-json": options that no variant lists make a family that is as right as those of the variants. */
export function optionParts(laws: () => readonly Law[]): Law['parts'] {
  return [
    part<{ readonly options: Options; readonly seed: number }>({
      name: 'options outside the listed variants',
      missing: ({ definition }) => (Object.keys(definition.options).length > 0 ? [] : ['options']),
      share: 0.15,
      shrinks: 4,
      arbitrary: ({ definition }) => fc.record({ options: optionsArbitrary(definition), seed: fc.nat({ max: 1_000_000 }) }),
      check: ({ options, seed }, context) => requireRightInstance(laws(), context, options, seed),
    }),
  ];
}

function optionsArbitrary({ options }: FamilyDefinition): fc.Arbitrary<Options> {
  return fc.record(Object.fromEntries(Object.entries(options).map(([name, option]) => [name, optionArbitrary(option)])), {
    requiredKeys: Object.entries(options).flatMap(([name, option]) => (option.default === undefined ? [name] : [])),
  });
}

function optionArbitrary(option: FamilyOption): fc.Arbitrary<unknown> {
  if (option.kind === 'choice') return fc.constantFrom(...option.values);
  if (option.kind === 'number') {
    const least = option.above ?? -LARGEST_SIZE;
    return fc
      .double({ min: least, minExcluded: true, max: least + 2 * LARGEST_SIZE, noNaN: true })
      .filter((value) => value === 0 || Math.abs(value) > 1e-3);
  }
  const sizes = fc.integer({ min: option.minimum, max: Math.min(option.minimum + LARGEST_SIZE, option.maximum ?? Infinity) });
  return option.orColumn ? fc.oneof({ weight: 4, arbitrary: sizes }, { weight: 1, arbitrary: fc.constant('column') }) : sizes;
}

function requireRightInstance(laws: readonly Law[], context: CaseContext, options: Options, seed: number): Verdict {
  const { definition } = context.subject;
  let family: Family;
  try {
    family = definition(options);
  } catch (error) {
    // Options may exclude one another; what a definition cannot make it must say with a code.
    if (error instanceof EmkitError && error.code === 'OPTION_INVALID') return VACUOUS;
    throw error;
  }
  const wrong = describeShape(family);
  if (wrong !== undefined) violate(`the options ${show(options)} do not make a family: ${wrong}`);
  requireSameFromFile(definition, family, options, seed);
  const subject = subjectOf(context.subject, family);
  for (const law of laws) {
    for (const each of law.parts) {
      if (!ASKED.includes(each.name) || each.missing(subject).length > 0) continue;
      for (const value of fc.sample(each.arbitrary(subject), { numRuns: 2, seed })) {
        try {
          each.check(value, { ...context, subject, falseAlarm: context.falseAlarm / ASKED.length });
        } catch (error) {
          violate(
            `with the options ${show(options)}, ${law.name}: ${each.name}: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      }
    }
  }
  return;
}

/** A model file keeps the options of the instance: they must make the same family again. */
function requireSameFromFile(definition: FamilyDefinition, family: Family, options: Options, seed: number): void {
  const again = definition(JSON.parse(JSON.stringify(family.options)));
  if (!sameBits(again.options, family.options))
    violate(`the options ${show(options)} are kept as ${show(family.options)}, which make ${show(again.options)}`);
  for (const part of ['columns', 'parameters', 'statisticsLength'] as const)
    if (!sameBits(again[part], family[part]))
      violate(
        `the options ${show(options)}, kept as ${show(family.options)}, make other ${part} when they are read back from a model file`,
      );
  const [parameters] = fc.sample(parametersArbitrary(family, 'ordinary'), { numRuns: 1, seed });
  const rows: readonly Row[] = fc.sample(rowArbitrary(family, 'ordinary'), { numRuns: 8, seed });
  const [before, after] = [family, again].map((each) => {
    const out = new Float64Array(rows.length);
    each.logDensity(blockOf(each, rows), parameters!, out);
    return Array.from(out, String);
  });
  if (!sameBits(before, after)) violate(`the options ${show(options)} make another density when they are read back from a model file`);
}

function subjectOf(like: Subject, family: Family): Subject {
  return {
    ...like,
    options: family.options,
    family,
    reference: undefined,
    parameters: (reach) => parametersArbitrary(family, reach),
    row: (reach) => rowArbitrary(family, reach),
    draw: family.sample === undefined ? undefined : (parameters, random, row) => family.sample!(parameters, random, row),
  };
}
