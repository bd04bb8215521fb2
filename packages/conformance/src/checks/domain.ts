import { checkParameters, type Domain, domainViolation, EmkitError, type ParameterValues } from '@emkit/core';
import * as fc from 'fast-check';
import { outsideDomain, outsideSupport, type Row } from '../arbitraries.ts';
import { mixtureOf } from '../cases.ts';
import { type Law, part, type Subject, show, VACUOUS, violate } from '../law.ts';
import { blockOf, columnsOf, logDensities } from '../likelihood.ts';

/** A probability as near to its edge as a limit needs: n trials then differ from the edge by n times this. */
const JUST_INSIDE = 2 ** -52;

/**
 * **domain**: f(.; theta) is a density for every theta in the declared domains, on the declared support and nowhere else.
 *
 * - For every theta in the domains (up to 1e300, down to 1e-300, edges included) and every row of the support,
 *   log f is a number or -Infinity; never NaN, never +Infinity.
 * - Off the support, and where columns break the family's constraint, log f = -Infinity, and a data set with such a row is refused with
 *   `DATA_OUTSIDE_SUPPORT`.
 * - Every row of the support is possible under some theta: a support is not declared wider than it is.
 * - The support does not move with the parameters: a row that is possible under some ordinary ones is possible under all. (An end that is
 *   estimated is the largest value of the data, and largest values do not add.)
 * - Values outside a domain, a missing and an unknown parameter are refused with `PARAMETER_*`, naming the parameter.
 * - On the edge of a domain (a probability of 0 or 1, a zero in a simplex) the mass is the limit from inside.
 */
export const domain: Law = {
  name: 'domain',
  statement: 'log f is never NaN, -Infinity off the support; values outside a domain or the support are refused with a code',
  falseAlarmRate: 0,
  parts: [
    part({
      name: 'log-density is a number or minus infinity',
      arbitrary: (subject) =>
        fc.record({
          parameters: fc.oneof(subject.parameters('ordinary'), insideDomains(subject, subject.parameters('extreme'))),
          rows: fc.array(fc.oneof(subject.row('ordinary'), subject.row('extreme')), { minLength: 1, maxLength: 8 }),
        }),
      check({ parameters, rows }, { subject }) {
        try {
          logDensities(subject.family, blockOf(subject.family, rows), parameters);
        } catch (error) {
          // A refusal with a code is no wrong number: a matrix may be positive definite to one factorisation and not to another.
          if (!(error instanceof EmkitError) || error.code !== 'PARAMETER_DOMAIN') throw error;
        }
      },
    }),
    part({
      name: 'off the support',
      missing: ({ family }) => (family.columns.every(({ support }) => support.kind === 'real') ? ['column with a bounded support'] : []),
      arbitrary: (subject) => fc.record({ parameters: subject.parameters('ordinary'), row: subject.row('ordinary') }),
      check({ parameters, row }, { subject }) {
        const { family, engine } = subject;
        family.columns.forEach(({ support, given, name }, column) => {
          for (const value of outsideSupport(support, row)) {
            const outside = row.map((entry, index) => (index === column ? value : entry));
            if (!given) {
              const [density] = logDensities(family, blockOf(family, [outside]), parameters);
              if (density !== -Infinity)
                violate(`the log-density at ${show(outside)}, where ${name} is off its support, is ${density} and not minus infinity`);
            }
            const code = codeOf(() => engine.createDataset(columnsOf(family, [outside]), [family], 1));
            if (code !== 'DATA_OUTSIDE_SUPPORT')
              violate(`a data set with ${name} = ${value}, off its support, gave ${code ?? 'no error'} and not DATA_OUTSIDE_SUPPORT`);
          }
        });
      },
    }),
    part({
      name: 'off the constraint',
      missing: ({ family }) => (family.constraint === undefined ? ['constraint'] : []),
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), row: subject.row('ordinary'), other: subject.row('ordinary') }),
      check({ parameters, row, other }, { subject }) {
        const { family, engine } = subject;
        const holds = (values: Row): boolean => family.constraint!.holds(Float64Array.from(values));
        if (!holds(row)) violate(`the ordinary row ${show(row)} breaks the family's own constraint (${family.constraint!.description})`);
        const mixed = row.map((value, column) => (column % 2 === 0 ? value : other[column]!));
        if (holds(mixed)) return VACUOUS;
        const [density] = logDensities(family, blockOf(family, [mixed]), parameters);
        if (density !== -Infinity)
          violate(`the log-density at ${show(mixed)}, which breaks the constraint, is ${density} and not minus infinity`);
        const code = codeOf(() => engine.createDataset(columnsOf(family, [mixed]), [family], 1));
        if (code !== 'DATA_OUTSIDE_SUPPORT')
          violate(`a data set with the row ${show(mixed)}, which breaks the constraint, gave ${code ?? 'no error'}`);
        return;
      },
    }),
    part({
      name: 'the support is no wider than the density',
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({ row: subject.row('ordinary'), parameters: fc.array(subject.parameters('ordinary'), { minLength: 20, maxLength: 20 }) }),
      check({ row, parameters }, { subject }) {
        const block = blockOf(subject.family, [row]);
        const impossible = parameters.filter((each) => logDensities(subject.family, block, each)[0] === -Infinity);
        if (impossible.length > 0 && impossible.length < parameters.length) {
          violate(
            `the row ${show(row)} has density 0 under ${show(impossible[0])} and not under ${show(parameters.find((each) => !impossible.includes(each)))}: a support that moves with the parameters cannot be estimated from sums. docs/your-own-family.md says what to do instead, under "What cannot be a family"`,
          );
        }
        if (impossible.length > 0) {
          violate(
            `the row ${show(row)} of the declared support has density 0 under each of ${parameters.length} ordinary parameter values: the support is declared too wide`,
          );
        }
      },
    }),
    part({
      name: 'outside the domain',
      share: 0.1,
      arbitrary: (subject) => subject.parameters('ordinary'),
      check(parameters, { subject }) {
        const { family, engine } = subject;
        const mixture = mixtureOf(subject, 1);
        const refuse = (values: unknown, codes: readonly string[], what: string): void => {
          const code = codeOf(() => engine.createModel(mixture, { weights: [1], components: [values as ParameterValues] }));
          if (code === undefined || !codes.includes(code))
            violate(`${what}: the model gave ${code ?? 'no error'} and not ${codes.join(' or ')}`);
        };
        for (const [name, itsDomain] of Object.entries(family.parameters) as [string, Domain][]) {
          for (const value of outsideDomain(itsDomain))
            refuse(
              { ...parameters, [name]: value },
              ['PARAMETER_DOMAIN', 'PARAMETER_MISSING'],
              `${name} = ${show(value)}, outside its domain`,
            );
          const { [name]: _left, ...rest } = parameters;
          refuse(rest, ['PARAMETER_MISSING'], `without ${name}`);
        }
        refuse({ ...parameters, 'no-such-parameter': 1 }, ['PARAMETER_UNKNOWN'], 'with an unknown parameter');
      },
    }),
    part({
      name: 'ordinary parameters lie in their domains',
      share: 0.2,
      arbitrary: (subject) => subject.parameters('ordinary'),
      check: (parameters, { subject }) => checkParameters(subject.family, parameters, 0),
    }),
    part({
      name: 'on the edge of the domain',
      missing: ({ family }) => {
        const edges = Object.values(family.parameters).some(
          (each) => (each as Domain).kind === 'probability' || (each as Domain).kind === 'simplex',
        );
        const discrete = family.columns.every(({ support, given }) => given || support.kind === 'integer');
        return edges && discrete ? [] : ['probability of a discrete distribution among its parameters'];
      },
      share: 0.5,
      arbitrary: (subject) =>
        fc.record({ parameters: subject.parameters('ordinary'), rows: fc.array(subject.row('ordinary'), { minLength: 1, maxLength: 6 }) }),
      check({ parameters, rows }, { subject }) {
        const { family } = subject;
        const block = blockOf(family, rows);
        for (const [name, itsDomain] of Object.entries(family.parameters) as [string, Domain][]) {
          for (const [edge, inside] of edgesOf(itsDomain, parameters[name]!)) {
            const atEdge = logDensities(family, block, { ...parameters, [name]: edge } as ParameterValues);
            const near = logDensities(family, block, { ...parameters, [name]: inside } as ParameterValues);
            atEdge.forEach((value, row) => {
              if (Math.abs(Math.exp(value) - Math.exp(near[row]!)) > 1e-6) {
                violate(
                  `at ${name} = ${show(edge)} the mass of ${show(rows[row])} is ${Math.exp(value)}, and just inside the domain ${Math.exp(near[row]!)}`,
                );
              }
            });
          }
        }
      },
    }),
  ],
};

/** Parameters that the domains' own test admits: a matrix made of products may have lost its definiteness to rounding. */
export function insideDomains(subject: Subject, arbitrary: fc.Arbitrary<ParameterValues>): fc.Arbitrary<ParameterValues> {
  return arbitrary.filter((values) =>
    Object.entries(subject.family.parameters).every(
      ([name, itsDomain]) => domainViolation(itsDomain as Domain, values[name]) === undefined,
    ),
  );
}

function edgesOf(itsDomain: Domain, value: unknown): readonly (readonly [unknown, unknown])[] {
  if (itsDomain.kind === 'probability') {
    return [
      [0, 1e-300],
      [1, 1 - JUST_INSIDE],
    ];
  }
  if (itsDomain.kind !== 'simplex' || itsDomain.length < 2) return [];
  const [first, ...rest] = value as readonly number[];
  const scale = 1 / (1 - first!);
  const edge = [0, ...rest.map((entry) => entry * scale)];
  return [[edge, [1e-300, ...edge.slice(1)]]];
}

/** The code of the EmkitError that an action throws; undefined when it throws nothing; other errors by their name. */
function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof EmkitError ? error.code : error instanceof Error ? error.name : String(error);
  }
}
