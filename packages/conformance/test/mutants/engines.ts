import { coreEngine, type Engine } from '@emkit/conformance';
import {
  type Driver,
  type DriverOptions,
  type DriverResult,
  type DriverState,
  Expectation,
  type Mixture,
  type MixtureParameters,
} from '@emkit/core';
import { binomial, exponential, gaussian } from '@emkit/families';
import type { Mutant } from './mutant.ts';

const normal = gaussian();
const waiting = exponential();
const coin = binomial({ trials: 10 });

const engine = (changes: Partial<Engine>): Engine => ({ ...coreEngine, ...changes });

/** The expectation with something else in it. */
function changedExpectation(
  change: (vector: Float64Array, mixture: Mixture, at: MixtureParameters, rows: number) => void,
): Engine['expect'] {
  return (mixture, dataset, request) => {
    const expectation = coreEngine.expect(mixture, dataset, request);
    const vector = expectation.vector.slice();
    change(vector, mixture, request.at, dataset.distinctRows);
    return new Expectation(expectation.offsets, vector);
  };
}

/** The driver's answer, changed at its end. */
function changedResult(create: Engine['emDriver'], change: (result: DriverResult) => DriverResult): Engine['emDriver'] {
  return function* (mixture: Mixture, state: DriverState, options: DriverOptions): Driver {
    return change(yield* create(mixture, state, options));
  };
}

/** Steps beyond the M-step's answer without looking where they lead, and calls any small or negative change convergence. */
function overshooting(method: 'em' | 'anderson'): Engine['emDriver'] {
  return function* (mixture, begin, options): Driver {
    let { parameters } = begin;
    const trace: number[] = [];
    for (let iteration = 0; ; iteration += 1) {
      const expectation = (yield { kind: 'expect', request: { at: parameters, about: parameters.components } })!;
      trace.push(expectation.logLikelihood);
      const state: DriverState = { ...begin, method, iteration, evaluations: iteration + 1, parameters, trace: [...trace] };
      yield { kind: 'iteration', state, expectation };
      const gain = iteration === 0 ? Infinity : trace.at(-1)! - trace.at(-2)!;
      if (iteration >= options.iterations || gain < 1e-6) return { state, expectation, diagnosis: { kind: 'converged', remaining: 0 } };
      const next = coreEngine.mStep(mixture, expectation, parameters, parameters.components);
      const jump = (from: number, to: number): number => from * Math.exp(2.5 * Math.log(to / from));
      parameters = {
        weights: next.weights,
        components: next.components.map((values, component) => ({
          ...values,
          rate: jump(parameters.components[component]!['rate'] as number, values['rate'] as number),
        })),
      };
    }
  };
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
          first.offsets,
          coreEngine.addExpectations(first, second).vector.map((value) => value / 2),
        ),
    }),
  },
  {
    name: 'weights-by-row-count',
    defect: 'the new weights are the counts smoothed by one',
    law: 'm-step',
    family: waiting,
    engine: engine({
      mStep(mixture, expectation, previous, about) {
        const found = coreEngine.mStep(mixture, expectation, previous, about);
        const total = expectation.counts.reduce((sum, count) => sum + count + 1, 0);
        return { ...found, weights: Array.from(expectation.counts, (count) => (count + 1) / total) };
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
    name: 'likelihood-without-weights',
    defect: 'the log-likelihood leaves out the mixture weights',
    law: 'bound',
    family: normal,
    engine: engine({
      expect: changedExpectation((vector, _mixture, at, rows) => void (vector[0]! -= rows * Math.log(Math.max(...at.weights)))),
    }),
  },
  {
    name: 'likelihood-of-the-step-before',
    defect: 'the reported log-likelihood is the one before the last M-step',
    law: 'bound',
    family: waiting,
    engine: (() => {
      const late = (create: Engine['emDriver']): Engine['emDriver'] =>
        changedResult(create, (result) => {
          const vector = result.expectation.vector.slice();
          vector[0] = result.state.trace.at(-2) ?? vector[0]!;
          return { ...result, expectation: new Expectation(result.expectation.offsets, vector) };
        });
      return engine({ emDriver: late(coreEngine.emDriver), andersonDriver: late(coreEngine.andersonDriver) });
    })(),
  },
  {
    name: 'decrease-is-convergence',
    defect: 'over-relaxed steps, and a fall of the log-likelihood counts as convergence',
    law: 'bound',
    family: waiting,
    engine: engine({ emDriver: overshooting('em'), andersonDriver: overshooting('anderson') }),
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
    engine: (() => {
      const sorted = (create: Engine['emDriver']): Engine['emDriver'] =>
        changedResult(create, (result) => {
          const { weights, components } = result.state.parameters;
          const order = weights
            .map((_, component) => component)
            .sort((a, b) => (components[a]!['mean'] as number) - (components[b]!['mean'] as number));
          const changed = order.some((component, place) => component !== place) ? order : [...order].reverse();
          return {
            ...result,
            state: {
              ...result.state,
              trace: result.state.trace,
              parameters: { weights, components: changed.map((component) => components[component]!) },
            },
          };
        });
      return engine({ andersonDriver: sorted(coreEngine.andersonDriver) });
    })(),
  },
  {
    name: 'returns-its-start',
    defect: 'no iteration is made, and the start comes back as converged',
    law: 'recovery',
    family: waiting,
    engine: (() => {
      const idle = (create: Engine['emDriver']): Engine['emDriver'] =>
        function* (mixture, state, options): Driver {
          const result = yield* create(mixture, state, { ...options, iterations: 0 });
          return { ...result, diagnosis: { kind: 'converged', remaining: 0 } };
        };
      return engine({ andersonDriver: idle(coreEngine.andersonDriver), emDriver: idle(coreEngine.emDriver) });
    })(),
  },
  {
    name: 'prefers-the-first',
    defect: 'the first component gets a little more weight than it should',
    law: 'equivariance-and-purity',
    family: waiting,
    engine: engine({
      emDriver: changedResult(coreEngine.emDriver, (result) => {
        const [first, ...rest] = result.state.parameters.weights;
        return {
          ...result,
          state: {
            ...result.state,
            trace: result.state.trace,
            parameters: { ...result.state.parameters, weights: [first! + 1e-4, ...rest.map((weight) => weight - 1e-4 / rest.length)] },
          },
        };
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
    engine: (() => {
      const renamed = (create: Engine['emDriver']): Engine['emDriver'] =>
        changedResult(create, (result) =>
          result.diagnosis.kind === 'collapsed' ? { ...result, diagnosis: { kind: 'ok' } as never } : result,
        );
      return engine({ emDriver: renamed(coreEngine.emDriver), andersonDriver: renamed(coreEngine.andersonDriver) });
    })(),
  },
  {
    name: 'never-ends',
    defect: 'a driver that goes on asking once a component is empty',
    law: 'degenerate',
    family: normal,
    engine: engine({
      *emDriver(_mixture, { parameters }): Driver {
        for (;;) yield { kind: 'expect', request: { at: parameters, about: parameters.components } };
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
];
