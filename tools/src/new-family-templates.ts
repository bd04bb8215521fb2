import type { FamilyNames, NewParameter, NewSupport } from './new-family.ts';

const SUPPORT_TEXT: Readonly<Record<NewSupport, string>> = {
  real: "{ kind: 'real' }",
  'non-negative': "{ kind: 'interval', minimum: 0, maximum: Infinity }",
  positive: "{ kind: 'interval', minimum: 0, minimumOpen: true, maximum: Infinity }",
  counts: "{ kind: 'integer', minimum: 0, maximum: Infinity }",
};

const OUTSIDE: Readonly<Record<NewSupport, string | undefined>> = {
  real: undefined,
  'non-negative': 'x.lt(0)',
  positive: 'x.lte(0)',
  counts: '!x.isInteger() || x.lt(0)',
};

/** The source file of a family. Every blank names what belongs there, and what it can be made of. */
export function sourceTemplate(names: FamilyNames, parameters: readonly NewParameter[], support: NewSupport | undefined): string {
  const { id, definition, type, title } = names;
  const list = parameters.map(({ name }) => name).join(', ');
  const record = `{ ${list} }`;
  const held = parameters.map(({ name }) => `'${name}'`).join(', ');
  const x = support === 'counts' ? 'the count x' : 'x';
  const domains = parameters
    .map(({ name, domain }) => `${name}: ${domain === undefined ? `blank('the domain of ${name}')` : `{ kind: '${domain}' }`}`)
    .join(', ');
  const estimates = parameters
    .map(({ name }) => `        ${name}: held.has('${name}') ? about.${name} : blank('the estimate of ${name}', statistics, count, about),`)
    .join('\n');
  return `import { degenerate, type FamilyDefinition } from '@emkit/core';
import { defineFamily } from './define-family.ts';

/** The parameters of a component: [blank: each one's meaning, unit and domain] */
export type ${type}Parameters = { ${parameters.map(({ name }) => `readonly ${name}: number`).join('; ')} };

/**
 * The ${title.toLowerCase()} distribution, [blank: what it describes]
 *
 * Density [blank: the formula, where it holds, and 0 elsewhere]
 * [blank: columns; statistics; estimates]
 *
 * Edge cases: [blank: points on the edge of the support, parameters on the edge of their domains, data without an estimate]
 *
 * Source: [blank: where the formulas stand]
 */
export const ${definition}: FamilyDefinition<${type}Parameters> = defineFamily<${type}Parameters>({
  id: '${id}',
  title: '${title}, by its ${parameters.map(({ name }) => name).join(' and ')}',
  create: () => ({
    id: '${id}',
    options: {},
    columns: [{ name: 'x', support: ${support === undefined ? "blank('the values that x may take')" : SUPPORT_TEXT[support]} }],
    parameters: { ${domains} },
    statisticsLength: blank('the number of sufficient statistics'),

    logDensity({ size, columns }, ${record}, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) out[i] = blank('log f(${x}), -Infinity off the support, never NaN', x[i]!, ${list});
    },

    // Statistics are taken about the parameters \`about\`, so that nothing cancels: for a mean, the sum of r (x - mean), not of r x.
    accumulate({ size, columns }, responsibilities, about, statistics) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) statistics[0]! += responsibilities[i]! * blank('the statistic of one row', x[i]!, about);
    },

    maximize(statistics, count, about, held) {
      if (blank('true where there is no estimate', statistics, count)) throw degenerate('${parameters[0]!.name}', blank('why, in a clause'));
      return {
${estimates}
      };
    },

    locate({ columns, totalWeight }) {
      return blank('crude parameters of all rows taken together', columns[0]!.mean, columns[0]!.variance, totalWeight);
    },

    holdable: [${held}],

    sample(${record}, random, row) {
      row[0] = blank('one draw, by the given generator only', random, ${list});
    },

    cdf: (x, ${record}) => blank('P(X <= x), for any number x', x, ${list}),
    quantile: (chance, ${record}) => blank('the smallest x with cdf(x) >= chance', chance, ${list}),
    mean: (${record}) => [blank('the mean', ${list})],

    // A size of the change without a unit. Where it is left out, relative changes count (absolute ones for probabilities).
    distance: (from, to) => blank('the change, or leave distance out', from, to),

    // The gradient of log f in the coordinates: the logarithm of what is positive, log(p / (1 - p)) of a probability.
    scores({ size, columns }, ${record}, out) {
      const x = columns[0]!;
      for (let i = 0; i < size; i += 1) out[i] = blank('the gradient at one row, or leave scores out', x[i]!, ${list});
    },

    // A family may offer more: recentre, equivariance, exponentialForm, shareable, translate, gain, codec. Each is described where Family is declared.

    accuracy: blank('budgets in ulps, as pnpm accuracy measures them: { logDensity, maximize, cdf, quantile }'),
  }),
});

/** Stands where something is still to be written. Delete it with the last blank. */
function blank(what: string, ..._from: readonly unknown[]): never {
  throw new Error(\`${SOURCE_FOLDER}/${id}.ts is not finished. Write \${what}.\`);
}
`;
}

const SOURCE_FOLDER = 'packages/families/src';
const REFERENCE_FOLDER = 'packages/reference/src/families';

/** The reference file of a family: decimal arithmetic, straight from the definition, without a look at the source file. */
export function referenceTemplate(names: FamilyNames, parameters: readonly NewParameter[], support: NewSupport | undefined): string {
  const { id, definition, type, title } = names;
  const record = `{ ${parameters.map(({ name }) => name).join(', ')} }`;
  const list = parameters.map(({ name }) => name).join(', ');
  const invalid = parameters.map(({ name, domain }) => validity(name, domain)).join('\n');
  const outside = support === undefined ? "blank('true off the support', x)" : OUTSIDE[support];
  return `import type { Decimal } from 'decimal.js';
import { ReferenceFailure } from '../failure.ts';
import type { ReferenceFamilyDefinition } from '../family.ts';

/** The parameters of a component. */
export type ${type}Parameters = { ${parameters.map(({ name }) => `readonly ${name}: Decimal`).join('; ')} };

/**
 * The ${title.toLowerCase()} distribution: [blank: density, domains and the weighted estimates, as in a textbook]
 */
export const ${definition}: ReferenceFamilyDefinition<${type}Parameters> = {
  id: '${id}',
  parameters: { ${parameters.map(({ name }) => `${name}: 'scalar'`).join(', ')} },
  create: (reference) => ({
    columns: 1,

    invalid: (${record}) => {
${invalid}
      return undefined;
    },

    logDensityAt: (${record}) => {
      const constant: Decimal = blank('the terms of ln f without x', reference, ${list});
      return (row) => {
        const x = row[0]!;
${outside === undefined ? '' : `        if (${outside}) return reference.negativeInfinity;\n`}        return constant.plus(blank('the terms of ln f with x', x, ${list}));
      };
    },

    *maximize(rows, responsibilities, previous, held) {
      let count = reference.zero;
      let statistic = reference.zero;
      for (const [i, row] of rows.entries()) {
        count = count.plus(responsibilities[i]!);
        statistic = statistic.plus(responsibilities[i]!.times(blank('the statistic of one row', row[0]!)));
        yield;
      }
      if (blank('true where there is no estimate', statistic)) {
        throw new ReferenceFailure('collapsed-component', blank('a sentence that says why'), { family: '${id}', parameter: '${parameters[0]!.name}' });
      }
      return {
${parameters.map(({ name }) => `        ${name}: held.has('${name}') ? previous.${name} : blank('the estimate of ${name}', count, statistic),`).join('\n')}
      };
    },

    cdf: (x, ${record}) => blank('P(X <= x)', x, ${list}),
    survival: (x, ${record}) => blank('P(X > x), without the cancellation of 1 - cdf', x, ${list}),
    quantile: (chance, ${record}) => blank('the smallest x with cdf(x) >= chance', chance, ${list}),
  }),
};

/** Stands where something is still to be written. Delete it with the last blank. */
function blank(what: string, ..._from: readonly unknown[]): never {
  throw new Error(\`${REFERENCE_FOLDER}/${id}.ts is not finished. Write \${what}.\`);
}
`;
}

function validity(name: string, domain: NewParameter['domain']): string {
  switch (domain) {
    case 'real':
      return `      if (!${name}.isFinite()) return \`${name} is \${${name}} and must be finite\`;`;
    case 'positive':
      return `      if (!${name}.gt(0)) return \`${name} is \${${name}} and must be > 0\`;`;
    case 'probability':
      return `      if (!(${name}.gte(0) && ${name}.lte(1))) return \`${name} is \${${name}} and must lie from 0 to 1\`;`;
    default:
      return `      if (blank('true outside of its domain', ${name})) return \`${name} is \${${name}} and must be \${blank('its domain')}\`;`;
  }
}
