/**
 * Named checks that a component family must pass: mathematical laws over drawn cases, each failure with a shrunk counterexample and
 * the seed to see it again.
 *
 * @example
 * const report = checkFamily(laplace(), { seed: 1, runs: 100 });
 * if (!report.passed) console.error(formatTable(report));
 */
export { domainArbitrary, outsideDomain, outsideSupport, parametersArbitrary, type Reach, type Row, rowArbitrary } from './arbitraries.ts';
export { type CheckOptions, checkDefinition, checkFamily, checkLaw, missingFor, replayFamily, withDefinition } from './check-family.ts';
export { checkLatent, checkLatentLaw, type LatentCheckOptions, missingForLatent, replayLatent, variantsOf } from './check-latent.ts';
export { LATENT_LAWS, LAWS } from './checks/index.ts';
export { coreEngine, type Engine } from './engine.ts';
export { describeShape } from './family-shape.ts';
export {
  bernoulliDivergence,
  countThreshold,
  distributionThreshold,
  evidenceThreshold,
  logAverage,
  logEvidence,
} from './goodness-of-fit.ts';
export type { CheckedLatent, LatentSubject, LatentVariant } from './labels/subject.ts';
export { describeLatentShape } from './latent-shape.ts';
export type { CaseContext, Law, Named, Part, Subject } from './law.ts';
export { formatJson, formatJunit, formatTable, regressionsOf } from './report.ts';
export type { ConformanceReport, Failure, LawResult, Regression, Replay, RunOptions } from './run-law.ts';
export { DEFAULT_BUDGETS, errorInUlps, sumAllowance, ulp, ulpDistance } from './tolerance.ts';
