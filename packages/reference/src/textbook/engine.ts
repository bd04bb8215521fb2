import type { Decimal } from 'decimal.js';
import type { Reference } from '../context.ts';
import type { DataDescription } from '../data.ts';
import { eStep, mStep, type ReferenceRun, runEm } from '../em.ts';
import { createMixture, type ReferenceMixture } from '../mixture.ts';

/**
 * A mixture of one family with one parameter or a few numbers a component.
 *
 * @typeParam Value - what its numbers are: doubles for a fast engine, high-precision numbers for the reference.
 */
export interface TextbookModel<Value = number> {
  /** A family's id. */
  readonly family: string;
  readonly options: Readonly<Record<string, number>>;
  readonly weights: readonly Value[];
  readonly components: readonly Readonly<Record<string, Value>>[];
}

/** Data of one column. */
export interface TextbookData {
  readonly values: readonly number[];
}

/** What an M-step leaves alone. Default: nothing. */
export interface TextbookFixed {
  readonly weights?: boolean;
}

/**
 * What an implementation of EM must be able to say so that the textbook's figures can be read off it. Starts are the numbers the book prints.
 *
 * @typeParam Value - what it computes with.
 */
export interface TextbookEngine<Value = number> {
  /** The density or mass of one value under each component. */
  densities(model: TextbookModel, value: number): readonly Value[];
  /** Each component's weight times its density. */
  jointDensities(model: TextbookModel, value: number): readonly Value[];
  /** One row for each value, one entry for each component. */
  responsibilities(model: TextbookModel, data: TextbookData): readonly (readonly Value[])[];
  /** The sum of the responsibilities of each component. */
  expectedCounts(model: TextbookModel, data: TextbookData): readonly Value[];
  /** The sum of responsibility times value, for each component: the expected sufficient statistic about 0. */
  statistics(model: TextbookModel, data: TextbookData): readonly Value[];
  /** The observed-data log-likelihood in nats, every constant included. */
  logLikelihood(model: TextbookModel, data: TextbookData): Value;
  /** The model after one M-step. */
  mStep(model: TextbookModel, data: TextbookData, fixed?: TextbookFixed): TextbookModel<Value>;
  /** The model after this many iterations of plain EM, never stopping early. */
  run(model: TextbookModel, data: TextbookData, iterations: number, fixed?: TextbookFixed): TextbookModel<Value>;
  /** The log-likelihood after this many iterations of plain EM. */
  logLikelihoodAfter(model: TextbookModel, data: TextbookData, iterations: number, fixed?: TextbookFixed): Value;
}

const engines = new WeakMap<Reference, TextbookEngine<Decimal>>();

/** The reference as a textbook engine, the same one each time. The printed starts are taken as the decimal numbers they are: 0.65 is 65 hundredths. */
export function referenceTextbookEngine(reference: Reference): TextbookEngine<Decimal> {
  const engine = engines.get(reference) ?? makeEngine(reference);
  engines.set(reference, engine);
  return engine;
}

function makeEngine(reference: Reference): TextbookEngine<Decimal> {
  const mixtureOf = (model: TextbookModel): ReferenceMixture =>
    createMixture(reference, {
      family: model.family,
      options: model.options,
      weights: model.weights.map(String),
      components: model.components.map((parameters) =>
        Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])),
      ),
    });
  const dataOf = (data: TextbookData): DataDescription => ({ rows: data.values });
  const modelOf = (model: TextbookModel, mixture: ReferenceMixture): TextbookModel<Decimal> => ({
    family: model.family,
    options: model.options,
    weights: mixture.weights,
    components: mixture.components.map(({ parameters }) => parameters as Readonly<Record<string, Decimal>>),
  });
  // Several figures are read off one run.
  const runs = new Map<string, ReferenceRun>();
  const run = (model: TextbookModel, data: TextbookData, iterations: number, fixed: TextbookFixed = {}): ReferenceRun => {
    const key = JSON.stringify([model, data, iterations, fixed]);
    const known = runs.get(key) ?? runEm(mixtureOf(model), dataOf(data), { iterations, heldWeights: fixed.weights === true });
    runs.set(key, known);
    return known;
  };

  return {
    densities: (model, value) =>
      mixtureOf(model).components.map(({ family, parameters }) => reference.exp(family.logDensity([reference.decimal(value)], parameters))),
    jointDensities: (model, value) => eStep(mixtureOf(model), { rows: [value] }).logJointDensities[0]!.map((joint) => reference.exp(joint)),
    responsibilities: (model, data) => eStep(mixtureOf(model), dataOf(data)).responsibilities,
    expectedCounts: (model, data) => eStep(mixtureOf(model), dataOf(data)).expectedCounts,
    statistics: (model, data) => {
      const { responsibilities } = eStep(mixtureOf(model), dataOf(data));
      return model.components.map((_, j) => reference.sum(data.values.map((value, i) => responsibilities[i]![j]!.times(value))));
    },
    logLikelihood: (model, data) => eStep(mixtureOf(model), dataOf(data)).logLikelihood,
    mStep: (model, data, fixed = {}) => {
      const mixture = mixtureOf(model);
      const { responsibilities } = eStep(mixture, dataOf(data));
      return modelOf(model, mStep(mixture, dataOf(data), responsibilities, { heldWeights: fixed.weights === true }));
    },
    run: (model, data, iterations, fixed) => modelOf(model, run(model, data, iterations, fixed).mixture),
    logLikelihoodAfter: (model, data, iterations, fixed) => run(model, data, iterations, fixed).logLikelihood,
  };
}
