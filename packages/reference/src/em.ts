import type { Decimal } from 'decimal.js';
import { type DataLike, prepareData, type ReferenceData } from './data.ts';
import type { Numeric } from './decimal-number.ts';
import { ReferenceFailure } from './failure.ts';
import type { ReferenceParameters } from './family.ts';
import type { ReferenceComponent, ReferenceMixture } from './mixture.ts';
import { runToEnd, type Steps } from './steps.ts';

/** What the E-step finds at a mixture's parameters. Arrays over rows follow the caller's rows. */
export interface ReferenceExpectation {
  /** responsibilities[i][j] = P(component j | row i); each row sums to 1; of a labelled row, 1 at its label. Case weights are not in them. */
  readonly responsibilities: readonly (readonly Decimal[])[];
  /** logJointDensities[i][j] = ln(weights[j] f(row i; component j)), in nats; -Infinity where that is zero. */
  readonly logJointDensities: readonly (readonly Decimal[])[];
  /** expectedCounts[j] = sum over i of caseWeights[i] responsibilities[i][j]; they sum to the total weight. */
  readonly expectedCounts: readonly Decimal[];
  /** Sum over i of caseWeights[i] ln p(row i), in nats with every constant; of a labelled row, ln of its joint density with the label. */
  readonly logLikelihood: Decimal;
}

/** Parameters that are equal in several components. */
export interface SharedParameter {
  /** The parameter's name, such as `variance`. */
  readonly parameter: string;
  /** The components, counted from 0. Default: all. */
  readonly components?: readonly number[];
}

/** What an M-step leaves alone, and what it keeps equal. */
export interface Constraints {
  /** Keeps the mixture weights. Default false. */
  readonly heldWeights?: boolean;
  /** For each component, the names of the parameters to keep; undefined for none. Default: none. */
  readonly heldParameters?: readonly (readonly string[] | undefined)[];
  /** Parameters kept equal between components, besides those that a family's options tie. Default: none. */
  readonly shared?: readonly SharedParameter[];
  /**
   * What to do with a component whose expected count is zero: `throw` (default) fails with `empty-component`; `keep` leaves its parameters, which
   * then play no part, and gives it weight 0.
   */
  readonly emptyComponents?: 'throw' | 'keep';
}

/** How to run EM. */
export interface RunOptions extends Constraints {
  /** The number of M-steps; a whole number >= 0. */
  readonly iterations: number;
  /** Stops early when an iteration raises the log-likelihood by less than this. Default: never. */
  readonly tolerance?: Numeric;
}

/** A run of EM. */
export interface ReferenceRun {
  /** The mixture after the last M-step. */
  readonly mixture: ReferenceMixture;
  /** The log-likelihood at that mixture. */
  readonly logLikelihood: Decimal;
  /** trace[0] is the log-likelihood at the start, trace[i] that after i M-steps. */
  readonly trace: readonly Decimal[];
  /** The number of M-steps made. */
  readonly iterations: number;
}

/** The bound of the log-likelihood that any responsibilities give, in its two parts, in nats. */
export interface FreeEnergy {
  /** Sum over i, j of caseWeights[i] q_ij ln(weights[j] f(row i; component j)), with 0 ln 0 = 0. */
  readonly expectedCompleteLogLikelihood: Decimal;
  /** Minus the sum over i, j of caseWeights[i] q_ij ln q_ij. */
  readonly entropy: Decimal;
  /** Their sum: at most the log-likelihood, and equal to it at the posterior (Jensen's inequality). */
  readonly freeEnergy: Decimal;
}

/** The E-step over distinct rows, as the computations inside this package use it. */
export interface DistinctExpectation {
  readonly responsibilities: readonly (readonly Decimal[])[];
  readonly logJointDensities: readonly (readonly Decimal[])[];
  /** weighted[j][i] = weights[i] responsibilities[i][j]. */
  readonly weighted: readonly (readonly Decimal[])[];
  readonly expectedCounts: readonly Decimal[];
  readonly logLikelihood: Decimal;
}

/**
 * The E-step: responsibilities, joint densities, expected counts and log-likelihood at the mixture's parameters.
 *
 * With a_ij = ln(w_j f_j(x_i)) and m_i the greatest of them, r_ij = exp(a_ij - m_i) / s_i and ln p(x_i) = m_i + ln s_i, s_i the sum of those
 * exponentials, so that densities of any magnitude do.
 *
 * @throws ReferenceFailure `zero-density` naming a row that no component can have produced, `invalid-data`.
 */
export function eStep(mixture: ReferenceMixture, data: DataLike): ReferenceExpectation {
  const prepared = prepareData(mixture.reference, data);
  const { responsibilities, logJointDensities, expectedCounts, logLikelihood } = runToEnd(expectationSteps(mixture, prepared));
  return {
    responsibilities: prepared.distinct.map((row) => responsibilities[row]!),
    logJointDensities: prepared.distinct.map((row) => logJointDensities[row]!),
    expectedCounts,
    logLikelihood,
  };
}

/** The log-likelihood at the mixture's parameters, in nats: case weights, known labels and every constant included. */
export function logLikelihood(mixture: ReferenceMixture, data: DataLike): Decimal {
  return eStep(mixture, data).logLikelihood;
}

/**
 * The M-step: the mixture that maximises the expected complete-data log-likelihood for these responsibilities, with
 * weights[j] = expectedCounts[j] / sum of the expected counts.
 *
 * @param responsibilities - one row for each row of data, one entry for each component; case weights are not in them.
 * @throws ReferenceFailure `empty-component`, `collapsed-component`, `unsupported-sharing`, `invalid-data`.
 */
export function mStep(
  mixture: ReferenceMixture,
  data: DataLike,
  responsibilities: readonly (readonly Decimal[])[],
  constraints: Constraints = {},
): ReferenceMixture {
  const prepared = prepareData(mixture.reference, data);
  requireShape(mixture, prepared, responsibilities);
  const { zero } = mixture.reference;
  const weighted = mixture.components.map(() => prepared.rows.map(() => zero));
  for (const [i, row] of responsibilities.entries()) {
    const place = prepared.distinct[i]!;
    for (const [j, responsibility] of row.entries()) {
      weighted[j]![place] = weighted[j]![place]!.plus(prepared.caseWeights[i]!.times(responsibility));
    }
  }
  const expectedCounts = weighted.map((column) => mixture.reference.sum(column));
  return runToEnd(maximizationSteps(mixture, prepared, { weighted, expectedCounts }, constraints));
}

/**
 * Plain EM: alternates the E-step and the M-step.
 *
 * @throws ReferenceFailure `invalid-argument`, and what {@link eStep} and {@link mStep} throw.
 */
export function runEm(mixture: ReferenceMixture, data: DataLike, options: RunOptions): ReferenceRun {
  const { iterations, tolerance, ...constraints } = options;
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new ReferenceFailure('invalid-argument', `The number of iterations is ${iterations}: give a whole number >= 0.`);
  }
  const prepared = prepareData(mixture.reference, data);
  const least = tolerance === undefined ? undefined : mixture.reference.decimal(tolerance);
  let current = mixture;
  let expectation = runToEnd(expectationSteps(current, prepared));
  const trace = [expectation.logLikelihood];
  while (trace.length <= iterations) {
    current = runToEnd(maximizationSteps(current, prepared, expectation, constraints));
    const before = expectation.logLikelihood;
    expectation = runToEnd(expectationSteps(current, prepared));
    trace.push(expectation.logLikelihood);
    if (least !== undefined && expectation.logLikelihood.minus(before).lt(least)) break;
  }
  return { mixture: current, logLikelihood: expectation.logLikelihood, trace, iterations: trace.length - 1 };
}

/**
 * The free energy of a mixture for arbitrary responsibilities q: a lower bound of the log-likelihood.
 *
 * @param responsibilities - one row for each row of data, entries >= 0 that sum to 1; of a labelled row, 1 at its label.
 * @throws ReferenceFailure `invalid-data` when their shape does not fit.
 */
export function freeEnergy(mixture: ReferenceMixture, data: DataLike, responsibilities: readonly (readonly Decimal[])[]): FreeEnergy {
  const { reference } = mixture;
  const prepared = prepareData(reference, data);
  requireShape(mixture, prepared, responsibilities);
  const joint = prepared.rows.map(jointDensities(mixture));
  let expected = reference.zero;
  let entropy = reference.zero;
  for (const [i, row] of responsibilities.entries()) {
    const weight = prepared.caseWeights[i]!;
    for (const [j, responsibility] of row.entries()) {
      if (responsibility.isZero() || weight.isZero()) continue;
      expected = expected.plus(weight.times(responsibility).times(joint[prepared.distinct[i]!]![j]!));
      entropy = entropy.minus(weight.times(reference.xLogY(responsibility, responsibility)));
    }
  }
  return { expectedCompleteLogLikelihood: expected, entropy, freeEnergy: expected.plus(entropy) };
}

/** {@link eStep} over distinct rows, as an interruptible computation that yields after each row. */
export function* expectationSteps(mixture: ReferenceMixture, data: ReferenceData): Steps<DistinctExpectation> {
  const { reference, components } = mixture;
  checkAgainst(mixture, data);
  const jointOf = jointDensities(mixture);
  const responsibilities: Decimal[][] = [];
  const logJointDensities: Decimal[][] = [];
  const weighted: Decimal[][] = components.map(() => []);
  const expectedCounts = components.map(() => reference.zero);
  let total = reference.zero;
  // Rows of equal weight have the logarithm of their product taken, which is one logarithm for them all.
  const products = new Map<string, { readonly weight: Decimal; product: Decimal }>();

  for (const [i, row] of data.rows.entries()) {
    const weight = data.weights[i]!;
    const label = data.labels[i]!;
    const joint = jointOf(row);
    logJointDensities.push(joint);
    const greatest = label >= 0 ? joint[label]! : reference.Decimal.max(...joint);
    let posterior: Decimal[];
    if (!greatest.isFinite()) {
      if (!weight.isZero()) throw impossibleRow(data, i, label);
      posterior = joint.map(() => reference.zero);
    } else if (label >= 0) {
      posterior = joint.map((_, j) => (j === label ? reference.one : reference.zero));
      total = total.plus(weight.times(greatest));
    } else {
      const relative = joint.map((value) => (value.eq(greatest) ? reference.one : reference.exp(value.minus(greatest))));
      const sum = reference.sum(relative);
      posterior = relative.map((value) => value.div(sum));
      total = total.plus(weight.times(greatest));
      const key = weight.toString();
      const group = products.get(key);
      if (group === undefined) products.set(key, { weight, product: sum });
      else group.product = group.product.times(sum);
    }
    responsibilities.push(posterior);
    for (const [j, responsibility] of posterior.entries()) {
      const share = weight.times(responsibility);
      weighted[j]!.push(share);
      expectedCounts[j] = expectedCounts[j]!.plus(share);
    }
    yield;
  }
  for (const { weight, product } of products.values()) total = total.plus(weight.times(reference.ln(product)));
  return { responsibilities, logJointDensities, weighted, expectedCounts, logLikelihood: total };
}

/** {@link mStep} over distinct rows, as an interruptible computation. */
export function* maximizationSteps(
  mixture: ReferenceMixture,
  data: ReferenceData,
  expectation: Pick<DistinctExpectation, 'weighted' | 'expectedCounts'>,
  constraints: Constraints,
): Steps<ReferenceMixture> {
  const { reference, components } = mixture;
  const { expectedCounts, weighted } = expectation;
  const held = components.map((_, j) => new Set(constraints.heldParameters?.[j] ?? []));
  const groups = sharingGroups(mixture, constraints.shared ?? []);
  const estimates: ReferenceParameters[] = components.map(({ parameters }) => parameters);

  for (const group of groups) {
    const present = group.members.filter((j) => {
      if (!expectedCounts[j]!.isZero()) return true;
      if (constraints.emptyComponents !== 'keep') {
        throw new ReferenceFailure(
          'empty-component',
          `Component ${j} has an expected count of 0, so that nothing can be estimated from it: start it elsewhere or leave it out.`,
          { component: j },
        );
      }
      return false;
    });
    const [first] = present;
    if (first === undefined) continue;
    const { family } = components[first]!;
    try {
      if (group.shared.size === 0) {
        estimates[first] = yield* family.maximizeSteps(data.rows, weighted[first]!, components[first]!.parameters, held[first]!);
      } else {
        const joint = yield* family.maximizeSharedSteps(
          data.rows,
          present.map((j) => weighted[j]!),
          present.map((j) => components[j]!.parameters),
          group.shared,
          present.map((j) => held[j]!),
        );
        for (const [place, j] of present.entries()) estimates[j] = joint[place]!;
        for (const j of group.members) {
          if (present.includes(j)) continue;
          const shared = Object.entries(joint[0]!).filter(([name]) => group.shared.has(name));
          estimates[j] = { ...estimates[j]!, ...Object.fromEntries(shared) };
        }
      }
    } catch (failure) {
      throw failure instanceof ReferenceFailure && failure.place.component === undefined ? located(failure, present) : failure;
    }
  }

  const total = reference.sum(expectedCounts);
  return {
    reference,
    weights: constraints.heldWeights === true ? mixture.weights : expectedCounts.map((count) => count.div(total)),
    components: components.map(({ family }, j): ReferenceComponent => ({ family, parameters: estimates[j]! })),
  };
}

/** The row's ln(weights[j] f_j(row)) for every j, with everything that does not depend on the row computed once. */
function jointDensities(mixture: ReferenceMixture): (row: readonly Decimal[]) => Decimal[] {
  const parts = mixture.components.map(({ family, parameters }, j) => ({
    logWeight: mixture.reference.ln(mixture.weights[j]!),
    logDensity: family.logDensityAt(parameters),
  }));
  return (row) => parts.map(({ logWeight, logDensity }) => (logWeight.isFinite() ? logWeight.plus(logDensity(row)) : logWeight));
}

function checkAgainst(mixture: ReferenceMixture, data: ReferenceData): void {
  const width = data.rows[0]!.length;
  for (const [component, { family, parameters }] of mixture.components.entries()) {
    const mean = family.columns === undefined ? parameters['mean'] : undefined;
    const columns = family.columns ?? (Array.isArray(mean) ? mean.length : width);
    if (columns !== width) {
      throw new ReferenceFailure(
        'invalid-data',
        `The rows have ${width} columns and component ${component} (${family.id}) describes ${columns}.`,
        { component },
      );
    }
  }
  const label = Math.max(...new Set(data.labels));
  if (label >= mixture.components.length) {
    throw new ReferenceFailure(
      'invalid-data',
      `A label names component ${label} and the mixture has ${mixture.components.length}: count components from 0.`,
    );
  }
}

function requireShape(mixture: ReferenceMixture, data: ReferenceData, responsibilities: readonly (readonly Decimal[])[]): void {
  const wrong = responsibilities.findIndex((row) => row.length !== mixture.components.length);
  if (responsibilities.length === data.distinct.length && wrong < 0) return;
  throw new ReferenceFailure(
    'invalid-data',
    `Responsibilities must have ${data.distinct.length} rows of ${mixture.components.length} entries: ${wrong < 0 ? `they have ${responsibilities.length} rows` : `row ${wrong} differs`}.`,
  );
}

function impossibleRow(data: ReferenceData, place: number, label: number): ReferenceFailure {
  const row = data.distinct.indexOf(place);
  const whose = label >= 0 ? `its known component ${label}` : 'every component';
  return new ReferenceFailure(
    'zero-density',
    `Row ${row} (${data.rows[place]!.join(', ')}) has density 0 under ${whose}: the mixture cannot have produced it.`,
    { row },
  );
}

function located(failure: ReferenceFailure, components: readonly number[]): ReferenceFailure {
  const [component] = components;
  const whose = components.length === 1 ? `Component ${component}` : `Components ${components.join(', ')}`;
  return new ReferenceFailure(
    failure.code,
    `${whose}: ${failure.message}`,
    { ...failure.place, ...(component === undefined ? {} : { component }) },
    { cause: failure },
  );
}

/** Components whose parameters are estimated together, and the names of those they share. */
interface SharingGroup {
  readonly members: readonly number[];
  readonly shared: ReadonlySet<string>;
}

function sharingGroups(mixture: ReferenceMixture, requested: readonly SharedParameter[]): readonly SharingGroup[] {
  const all = mixture.components.map((_, j) => j);
  const ties: { readonly parameter: string; readonly members: readonly number[] }[] = requested.map(({ parameter, components }) => ({
    parameter,
    members: [...new Set(components ?? all)].sort((a, b) => a - b),
  }));
  for (const id of new Set(mixture.components.map(({ family }) => family.id))) {
    const members = all.filter((j) => mixture.components[j]!.family.id === id && mixture.components[j]!.family.tied.length > 0);
    for (const parameter of new Set(members.flatMap((j) => mixture.components[j]!.family.tied))) ties.push({ parameter, members });
  }

  const groups: { members: readonly number[]; shared: Set<string> }[] = [];
  for (const { parameter, members } of ties) {
    if (members.length < 2) continue;
    const [first] = members;
    const family = mixture.components[first!]?.family;
    const stranger = members.find(
      (j) => mixture.components[j]?.family.id !== family?.id || !Object.hasOwn(mixture.components[j]?.family.parameters ?? {}, parameter),
    );
    if (stranger !== undefined) {
      throw new ReferenceFailure(
        'unsupported-sharing',
        `Component ${stranger} cannot share the parameter ${parameter}: shared parameters belong to components of one family that has them.`,
        {
          component: stranger,
          parameter,
        },
      );
    }
    const overlapping = groups.find((group) => group.members.some((j) => members.includes(j)));
    if (overlapping === undefined) groups.push({ members, shared: new Set([parameter]) });
    else if (overlapping.members.join() === members.join()) overlapping.shared.add(parameter);
    else {
      throw new ReferenceFailure(
        'unsupported-sharing',
        `The components ${members.join(', ')} share ${parameter} and overlap with the components ${overlapping.members.join(', ')}, which share something else: share both between the same components.`,
        { parameter },
      );
    }
  }
  const alone = all.filter((j) => !groups.some((group) => group.members.includes(j)));
  return [...groups, ...alone.map((j) => ({ members: [j], shared: new Set<string>() }))];
}
