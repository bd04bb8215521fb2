import { coreEngine, type Engine } from '@emkit/conformance';
import {
  type Dataset,
  type Diagnosis,
  type Driver,
  type DriverOptions,
  type DriverResult,
  type DriverState,
  Expectation,
  type ExpectationLayout,
  type Mixture,
  type MixtureParameters,
} from '@emkit/core';
import { binomial, exponential, gaussian } from '@emkit/families';
import type { Mutant } from './mutant.ts';

const normal = gaussian();
const waiting = exponential();
const coin = binomial({ trials: 10 });

const engine = (changes: Partial<Engine>): Engine => ({ ...coreEngine, ...changes });

/** An expectation and what it was asked of. */
interface Found {
  readonly vector: Float64Array;
  readonly layout: ExpectationLayout;
  readonly dataset: Dataset;
  readonly at: MixtureParameters;
}

/** The expectation with something else in it. */
function changedExpectation(change: (found: Found) => void): Engine['expect'] {
  return (dataset, request) => {
    const { layout, vector } = coreEngine.expect(dataset, request).clone();
    change({ vector, layout, dataset, at: request.at as MixtureParameters });
    return new Expectation(layout, vector);
  };
}

/** Changes each component's count, and leaves those of the labels. */
function changeCounts({ vector, layout: { offsets } }: Found, change: (count: number) => number): void {
  for (const place of offsets.slice(0, -1)) vector[place] = change(vector[place]!);
}

/** The driver's answer, changed at its end. */
function changedResult(change: (result: DriverResult) => DriverResult): Engine['drive'] {
  return function* (mixture, state, options): Driver {
    return change(yield* coreEngine.drive(mixture, state, options));
  };
}

/** The answer with other parameters. */
function withParameters(result: DriverResult, parameters: MixtureParameters): DriverResult {
  return { ...result, state: { ...result.state, parameters } };
}

const CONVERGED: Diagnosis = { kind: 'converged', rule: 'distance', remaining: 0, nats: 0 };

/** Steps beyond the M-step's answer without looking where they lead, and calls any small or negative change convergence. */
function* overshooting(mixture: Mixture, begin: DriverState, options: DriverOptions): Driver {
  let { parameters } = begin;
  const trace: number[] = [];
  for (let iteration = 0; ; iteration += 1) {
    const request = { model: mixture, at: parameters, about: parameters };
    const expectation = (yield { kind: 'expect', request }) as Expectation;
    trace.push(expectation.logLikelihood);
    const state: DriverState = { ...begin, iteration, evaluations: iteration + 1, parameters, trace: [...trace] };
    yield { kind: 'iteration', state, expectation };
    const gain = iteration === 0 ? Infinity : trace.at(-1)! - trace.at(-2)!;
    if (iteration >= options.iterations || gain < 1e-6) return { state, expectation, diagnosis: CONVERGED };
    const next = coreEngine.maximize(mixture, expectation, parameters);
    const jump = (from: number, to: number): number => from * Math.exp(2.5 * Math.log(to / from));
    parameters = {
      weights: next.weights,
      components: next.components.map((values, component) => ({
        ...values,
        rate: jump(parameters.components[component]!['rate'] as number, values['rate'] as number),
      })),
    };
  }
}

/** What the mutant that ignores its seed counts on with. */
let drawn = 0;

/** Defects that live in an engine: the family is right, and the laws are run through the engine's functions. */
export const engineMutants: readonly Mutant[] = [
  {
    name: 'accepts-any-parameters',
    defect: 'a model is made without looking at the domains',
    law: 'domain',
    family: normal,
    engine: engine({ createModel: () => ({}) as ReturnType<Engine['createModel']> }),
  },
  {
    name: 'accepts-any-data',
    defect: 'a data set is made without looking at the support',
    law: 'domain',
    family: coin,
    engine: engine({
      createDataset: (source, families, components, options) =>
        coreEngine.createDataset(
          source,
          [{ ...families[0]!, columns: families[0]!.columns.map((column) => ({ ...column, support: { kind: 'real' } })) }],
          components,
          options,
        ),
    }),
  },
  {
    name: 'weights-ignored',
    defect: 'case weights are dropped',
    law: 'statistics',
    family: normal,
    engine: engine({
      createDataset(source, families, components, options = {}) {
        const { weights: _weights, ...rest } = options;
        return coreEngine.createDataset(source, families, components, rest);
      },
    }),
  },
  {
    name: 'averages-parts',
    defect: 'two expectations are averaged, not added',
    law: 'statistics',
    family: waiting,
    engine: engine({
      addExpectations: (first, second) =>
        new Expectation(
          first.layout,
          coreEngine.addExpectations(first, second).vector.map((value) => value / 2),
        ),
    }),
  },
  {
    name: 'entropy-in-bits',
    defect: 'the entropy of the labels is not in nats',
    law: 'statistics',
    family: waiting,
    engine: engine({ expect: changedExpectation(({ vector }) => void (vector[2]! /= Math.LN2)) }),
  },
  {
    name: 'counts-of-whole-rows',
    defect: "components' counts are rounded to whole rows, and not the sums of responsibilities",
    law: 'statistics',
    family: normal,
    engine: engine({ expect: changedExpectation((found) => changeCounts(found, Math.round)) }),
  },
  {
    name: 'weights-by-row-count',
    defect: 'the new weights are the counts smoothed by one',
    law: 'm-step',
    family: waiting,
    engine: engine({
      maximize(mixture, expectation, about) {
        const counts = Array.from(expectation.counts, (count) => count + 1);
        const total = counts.reduce((sum, count) => sum + count, 0);
        return { ...coreEngine.maximize(mixture, expectation, about), weights: counts.map((count) => count / total) };
      },
    }),
  },
  {
    name: 'not-normalised',
    defect: 'responsibilities are joint densities over the largest of them',
    law: 'responsibilities',
    family: normal,
    engine: engine({
      responsibilities(mixture, parameters, dataset) {
        const right = coreEngine.responsibilities(mixture, parameters, dataset);
        return right.map((column) => Float64Array.from(column, (value, row) => value / Math.max(...right.map((other) => other[row]!))));
      },
    }),
  },
  {
    name: 'densities-in-linear-space',
    defect: 'responsibilities are quotients of densities: 0/0 far out',
    law: 'responsibilities',
    family: normal,
    engine: engine({
      responsibilities(mixture, parameters, dataset) {
        const columns = mixture.families.map((family, component) =>
          Float64Array.from(
            dataset.blocks.flatMap((block) => {
              const out = new Float64Array(block.size);
              family.logDensity(block, parameters.components[component]!, out);
              return Array.from(out, (value) => parameters.weights[component]! * Math.exp(value));
            }),
          ),
        );
        return columns.map((column) => column.map((value, row) => value / columns.reduce((sum, other) => sum + other[row]!, 0)));
      },
    }),
  },
  {
    name: 'labels-ignored',
    defect: 'known labels are treated as latent',
    law: 'responsibilities',
    family: waiting,
    engine: engine({
      createDataset(source, families, components, options = {}) {
        const { labels: _labels, ...rest } = options;
        return coreEngine.createDataset(source, families, components, rest);
      },
    }),
  },
  {
    name: 'counts-without-case-weights',
    defect: "components' counts add up to the number of rows, not to the case weights",
    law: 'responsibilities',
    family: coin,
    engine: engine({
      expect: changedExpectation((found) => {
        const { distinctRows, totalWeight } = found.dataset;
        changeCounts(found, (count) => (count * distinctRows) / totalWeight);
      }),
    }),
  },
  {
    name: 'likelihood-without-weights',
    defect: 'the log-likelihood leaves out the mixture weights',
    law: 'bound',
    family: normal,
    engine: engine({
      expect: changedExpectation(
        ({ vector, dataset, at }) => void (vector[0]! -= dataset.distinctRows * Math.log(Math.max(...at.weights))),
      ),
    }),
  },
  {
    name: 'likelihood-of-the-step-before',
    defect: 'the reported log-likelihood is the one before the last M-step',
    law: 'bound',
    family: waiting,
    engine: engine({
      drive: changedResult((result) => {
        const { layout, vector } = result.expectation.clone();
        vector[0] = result.state.trace.at(-2) ?? vector[0]!;
        return { ...result, expectation: new Expectation(layout, vector) };
      }),
    }),
  },
  {
    name: 'decrease-is-convergence',
    defect: 'over-relaxed steps, and a fall of the log-likelihood counts as convergence',
    law: 'bound',
    family: waiting,
    engine: engine({ drive: overshooting }),
  },
  {
    name: 'entropy-with-the-wrong-sign',
    defect: 'the free energy subtracts the entropy',
    law: 'bound',
    family: coin,
    engine: engine({
      informationBound(...question) {
        const right = coreEngine.informationBound(...question);
        return { ...right, freeEnergy: right.expectedCompleteLogLikelihood - right.entropy };
      },
    }),
  },
  {
    name: 'weights-not-aligned',
    defect: 'the components of the answer are sorted, their weights are not',
    law: 'recovery',
    family: normal,
    engine: engine({
      drive: changedResult((result) => {
        const { weights, components } = result.state.parameters;
        const mean = (component: number): number => components[component]!['mean'] as number;
        const order = weights.map((_, component) => component).sort((a, b) => mean(a) - mean(b));
        const changed = order.some((component, place) => component !== place) ? order : [...order].reverse();
        return withParameters(result, { weights, components: changed.map((component) => components[component]!) });
      }),
    }),
  },
  {
    name: 'returns-its-start',
    defect: 'no iteration is made, and the start comes back as converged',
    law: 'recovery',
    family: waiting,
    engine: engine({
      *drive(mixture, state, options): Driver {
        return { ...(yield* coreEngine.drive(mixture, state, { ...options, iterations: 0 })), diagnosis: CONVERGED };
      },
    }),
  },
  {
    name: 'prefers-the-first',
    defect: 'the first component gets a little more weight than it should',
    law: 'equivariance-and-purity',
    family: waiting,
    engine: engine({
      drive: changedResult((result) => {
        const { weights, components } = result.state.parameters;
        const [first, ...rest] = weights;
        return withParameters(result, { weights: [first! + 1e-4, ...rest.map((weight) => weight - 1e-4 / rest.length)], components });
      }),
    }),
  },
  {
    name: 'seed-ignored',
    defect: 'automatic starts come from a generator that goes on from fit to fit',
    law: 'equivariance-and-purity',
    family: normal,
    engine: engine({ fit: (data, options) => coreEngine.fit(data, { ...options, seed: (drawn += 1) }) }),
  },
  {
    name: 'unknown-diagnosis',
    defect: 'a collapse is reported as "ok"',
    law: 'degenerate',
    family: normal,
    engine: engine({
      drive: changedResult((result) =>
        result.diagnosis.kind === 'collapsed' ? { ...result, diagnosis: { kind: 'ok' } as never } : result,
      ),
    }),
  },
  {
    name: 'never-ends',
    defect: 'a driver that goes on asking once a component is empty',
    law: 'degenerate',
    family: normal,
    engine: engine({
      *drive(mixture, { parameters }): Driver {
        for (;;) yield { kind: 'expect', request: { model: mixture, at: parameters, about: parameters } };
      },
    }),
  },
  {
    name: 'single-precision-files',
    defect: 'models are read back in single precision',
    law: 'codec-and-json',
    family: normal,
    engine: engine({
      readModel(json, definitions) {
        const round = (value: unknown): unknown =>
          typeof value === 'number'
            ? Math.fround(value)
            : Array.isArray(value)
              ? value.map(round)
              : typeof value === 'object' && value !== null
                ? Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, name === 'weights' ? entry : round(entry)]))
                : value;
        return coreEngine.readModel(round(json), definitions);
      },
    }),
  },
  {
    name: 'holes-forgotten',
    defect: 'the engine takes data sets without the list of their missing cells',
    law: 'missing-cells',
    family: waiting,
    engine: engine({
      expect: (dataset, request) => {
        const blocks = dataset.blocks.map(({ inexact: _inexact, ...block }) => block);
        return coreEngine.expect({ ...dataset, blocks }, request);
      },
    }),
  },
  {
    name: 'empty-rows-counted',
    defect: 'a row without any value adds to the counts of the components',
    law: 'missing-cells',
    family: normal,
    engine: engine({
      expect: changedExpectation(({ vector, layout, dataset, at }) => {
        at.weights.forEach((weight, k) => {
          vector[layout.offsets[k]!]! += weight * (dataset.missing?.emptyRows ?? 0);
        });
      }),
    }),
  },
];
