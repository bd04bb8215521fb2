import { type Family, type FamilyDefinition, Fit, type FitOptions } from '@emkit/core';
import { type Engine, workspace } from '../../src/fuzz/case.ts';

/** An engine, or a family, that is broken on purpose. */
export interface Mutant {
  readonly defect: string;
  /** The law that must notice. */
  readonly law: string;
  readonly engine: Engine;
  /** The family that is broken, which the cases are drawn from; absent: all. */
  readonly family?: string;
}

/** A family with some of its functions replaced; its loops are its own, for a kernel would pass them by. */
function withFamily(id: string, change: (family: Family) => Partial<Family>): Pick<Mutant, 'engine' | 'family'> {
  const families = workspace.families.map((definition) => {
    if (definition.id !== id) return definition;
    const instances = new Map<string, Family>();
    const make = (options: object = {}): Family => {
      const key = JSON.stringify(options);
      const { kernel: _, ...family } = definition(options);
      const instance = instances.get(key) ?? { ...family, ...change(family) };
      instances.set(key, instance);
      return instance;
    };
    const { id: name, title, options, variants } = definition;
    return Object.defineProperties(
      make,
      Object.getOwnPropertyDescriptors({ id: name, title, options, variants }),
    ) as unknown as FamilyDefinition;
  });
  return { engine: { ...workspace, families }, family: id };
}

/** An engine whose fits are altered on their way in or out. */
function withFit(into: (options: FitOptions) => FitOptions, outOf: (fit: Fit) => Fit): Pick<Mutant, 'engine'> {
  return { engine: { ...workspace, fit: (data, options) => outOf(workspace.fit(data, into(options))) } };
}

const same = <T>(value: T): T => value;
const isArrival = ({ diagnosis }: Fit): boolean => diagnosis.kind === 'converged';
let remembered = 0;

export const mutants: readonly Mutant[] = [
  {
    defect: 'the M-step divides by N - 1',
    law: 'no better parameters',
    ...withFamily('gaussian', ({ maximize }) => ({
      maximize(statistics, count, about, held) {
        const made = maximize(statistics, count, about, held);
        return { ...made, variance: (made.variance * count) / (count - Math.min(1, count / 2)) };
      },
    })),
  },
  {
    defect: 'a log-density is off by a constant where no trial succeeds',
    law: 'mirror',
    ...withFamily('binomial', ({ logDensity }) => ({
      logDensity(block, parameters, out) {
        logDensity(block, parameters, out);
        for (let row = 0; row < block.size; row += 1) if (block.columns[0]![row] === 0) out[row]! += 0.1;
      },
    })),
  },
  {
    defect: 'locate overflows',
    law: 'ends',
    ...withFamily('gaussian', ({ locate }) => ({
      locate(summary) {
        const { mean, variance } = locate!(summary);
        return { mean, variance: variance * 1e300 * 1e300 };
      },
    })),
  },
  {
    defect: 'a floor below the variance',
    law: 'scale',
    ...withFamily('gaussian', ({ maximize }) => ({
      maximize(statistics, count, about, held) {
        const made = maximize(statistics, count, about, held);
        return { ...made, variance: Math.max(made.variance, 1e-2) };
      },
    })),
  },
  {
    defect: 'the last row of a block does not count in the M-step',
    law: 'order of rows',
    ...withFamily('exponential', ({ accumulate }) => ({
      accumulate(block, responsibilities, about, statistics) {
        accumulate({ ...block, size: block.size - 1 }, responsibilities, about, statistics);
      },
    })),
  },
  {
    defect: 'an M-step remembers the one before',
    law: 'again',
    ...withFamily('poisson', ({ maximize }) => ({
      maximize(statistics, count, about, held) {
        const { rate } = maximize(statistics, count, about, held);
        const mixed = rate + 1e-9 * remembered;
        remembered = rate;
        return { rate: mixed };
      },
    })),
  },
  {
    defect: 'what is held moves',
    law: 'held and shared',
    ...withFamily('gamma', ({ maximize }) => ({ maximize: (statistics, count, about) => maximize(statistics, count, about, new Set()) })),
  },
  {
    defect: 'a boundary is claimed in the midst of the domain',
    law: 'boundary',
    ...withFit(same, (fit) =>
      isArrival(fit)
        ? new Fit({ ...fit, diagnosis: { ...fit.diagnosis, kind: 'boundary', parameters: ['weight 1'] } as Fit['diagnosis'] })
        : fit,
    ),
  },
  {
    defect: 'a fit that converged is called stalled',
    law: 'stalls',
    ...withFit(same, (fit) => (isArrival(fit) ? new Fit({ ...fit, diagnosis: { kind: 'stalled', remaining: null } }) : fit)),
  },
  {
    defect: 'a fit is called converged after three steps',
    law: 'stationary',
    ...withFit(
      (options) => (options.tolerance === 0 ? options : { ...options, iterations: Math.min(3, options.iterations ?? 3) }),
      (fit) =>
        fit.diagnosis.kind === 'iteration-limit'
          ? new Fit({ ...fit, diagnosis: { kind: 'converged', rule: 'distance', remaining: 0, nats: 0 } })
          : fit,
    ),
  },
  {
    defect: 'known labels are left out',
    law: 'likelihood',
    ...withFit(({ labels: _, ...options }) => options, same),
  },
  {
    defect: 'a case weight is left out',
    law: 'sound',
    ...withFit(
      ({ weights, ...options }) => ({
        ...options,
        ...(weights && { weights: Array.from(weights as number[], (weight, row) => (row === 0 ? 1 : weight)) }),
      }),
      same,
    ),
  },
  {
    defect: 'ICL is BIC less the entropy',
    law: 'sound',
    ...withFit(same, (fit) => new Fit({ ...fit, criteria: { ...fit.criteria, icl: 2 * fit.criteria.bic - fit.criteria.icl } })),
  },
  {
    defect: 'a model is written with twelve digits',
    law: 'json',
    ...withFit(
      same,
      (fit) =>
        Object.create(fit, {
          toJSON: { value: () => JSON.parse(JSON.stringify(Fit.prototype.toJSON.call(fit), rounded)) as unknown },
        }) as Fit,
    ),
  },
  {
    defect: 'a resumed fit has forgotten what it learned',
    law: 'steps',
    ...withFit(({ resume, ...options }) => {
      if (resume?.acceleration === undefined) return resume === undefined ? options : { ...options, resume };
      return { ...options, resume: { ...resume, acceleration: { ...resume.acceleration, history: [] } } };
    }, same),
  },
  {
    defect: 'a rare start is passed over: the groups of an outlier are not found',
    law: 'groups',
    ...withFit((options) => (typeof options.start === 'object' ? options : { ...options, start: 'random', starts: 1 }), same),
  },
];

function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(12)) : value;
}
