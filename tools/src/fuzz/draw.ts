import type { Domain, Family, MixtureParameters, ParameterValue, ParameterValues, Random } from '@emkit/core';
import { type Case, type CaseOptions, dataOf, type Engine, type FamilyChoice, instancesOf, type Label } from './case.ts';
import { chance, magnitude, pick } from './dice.ts';
import { drawRows } from './draw-rows.ts';

/** Iterations after which a default fit should long have ended. */
export const FAR = 2000;

/** What the laws say of collapses and of values in common holds for these; the others are drawn when they are named. */
const KNOWN: readonly string[] = [
  'binomial',
  'categorical',
  'exponential',
  'gamma',
  'gaussian',
  'geometric',
  'multivariate-gaussian',
  'poisson',
];

/** Restricts what is drawn. */
export interface Reach {
  /** Identifiers of the families; default: those whose limits the laws know. */
  readonly families?: readonly string[];
  /** The most rows. */
  readonly rows?: number;
}

/** A random case: mostly small and ordinary, now and then extreme in one way or several. */
export function drawCase(engine: Engine, random: Random, reach: Reach = {}): Case {
  const components = chance(random, 0.08) ? 4 + random.integer(2) : 1 + random.integer(3);
  const families = drawFamilies(engine, random, components, reach);
  const instances = instancesOf(engine, { families, components });
  const groups = chance(random, 0.7) ? components : 1 + random.integer(4);
  const { rows, groupOf } = drawRows(random, instances, drawSize(random, components, reach.rows ?? 40_000), groups);
  const bare: Case = { families, components, rows, options: {}, salt: random.integer(2 ** 31) };
  const weights = chance(random, 0.25) ? drawWeights(random, rows.length) : undefined;
  const labels = chance(random, 0.12) ? drawLabels(random, groupOf, components) : undefined;
  const options = drawOptions(engine, random, bare, instances);
  return { ...bare, ...(weights && { weights }), ...(labels && { labels }), options };
}

function drawSize(random: Random, components: number, most: number): number {
  const size = chance(random, 0.004)
    ? chance(random, 0.3)
      ? 25_000
      : magnitude(random, 3, 4.3)
    : chance(random, 0.15)
      ? 1 + random.integer(components + 3)
      : chance(random, 0.1)
        ? 30 + random.integer(31)
        : 4 + random.integer(22);
  return Math.min(most, Math.floor(size));
}

function drawFamilies(engine: Engine, random: Random, components: number, reach: Reach): readonly FamilyChoice[] {
  const definitions = engine.families.filter(({ id }) => (reach.families ?? KNOWN).includes(id));
  const draw = (): FamilyChoice => {
    const { id, options, variants } = pick(random, definitions);
    const chosen: Record<string, unknown> = { ...pick(random, variants) };
    for (const [name, option] of Object.entries(options)) {
      if (!chance(random, 0.3)) continue;
      if (option.kind === 'choice') chosen[name] = pick(random, option.values);
      else if (option.kind === 'number') continue;
      else if (option.orColumn && chance(random, 0.3)) chosen[name] = 'column';
      // Columns cost memory and time by their square, other counts nothing.
      else
        chosen[name] =
          option.minimum + (option.fromColumns ? random.integer(4) : Math.floor(magnitude(random, 0, option.orColumn ? 3 : 1.5)));
    }
    return { family: id, options: chosen };
  };
  const first = draw();
  if (components === 1 || !chance(random, 0.15)) return [first];
  // Components of several families live on one column, so that their supports can have values in common.
  const choices: FamilyChoice[] = [];
  for (let attempt = 0; choices.length < components && attempt < 40 * components; attempt += 1) {
    const choice = chance(random, 0.3) && choices.length > 0 ? choices[0]! : draw();
    if (columnsOf(engine, choice) === 1) choices.push(choice);
  }
  return choices.length === components ? choices : [first];
}

function columnsOf(engine: Engine, choice: FamilyChoice): number {
  return instancesOf(engine, { families: [choice], components: 1 })[0]!.columns.length;
}

function drawWeights(random: Random, rows: number): readonly number[] {
  const weights = Array.from({ length: rows }, kindOfWeight(random));
  if (chance(random, 0.2)) for (let row = 0; row < rows; row += 1) if (chance(random, 0.3)) weights[row] = 0;
  if (chance(random, 0.05)) return weights.map((weight) => weight * 1e-290);
  if (chance(random, 0.05)) return weights.map((weight) => weight * 1e290);
  return weights;
}

function kindOfWeight(random: Random): () => number {
  switch (random.integer(5)) {
    case 0:
      return () => 1 + random.integer(5);
    case 1:
      return () => random.uniformOpen();
    case 2:
      return () => magnitude(random, -12, 12);
    case 3:
      return () => (chance(random, 0.1) ? 1e6 : 1);
    default:
      return () => random.exponential();
  }
}

function drawLabels(random: Random, groupOf: readonly number[], components: number): readonly Label[] {
  const known = pick(random, [0.1, 0.5, 1]);
  const sensible = chance(random, 0.7);
  const sets = components > 2 && chance(random, 0.3);
  return groupOf.map((group) => {
    if (!chance(random, known)) return -1;
    const label = sensible ? group % components : random.integer(components);
    return sets ? [label, (label + 1 + random.integer(components - 1)) % components] : label;
  });
}

function drawOptions(engine: Engine, random: Random, bare: Case, instances: readonly Family[]): CaseOptions {
  const options: { -readonly [Name in keyof CaseOptions]: CaseOptions[Name] } = {};
  if (!chance(random, 0.15)) options.starts = pick(random, [1, 1, 2, 3, 5]);
  if (chance(random, 0.5)) options.seed = random.integer(1000);
  if (chance(random, 0.15)) options.accelerate = false;
  if (chance(random, 0.15)) options.tolerance = magnitude(random, -12, -4);
  else if (chance(random, 0.1)) Object.assign(options, { tolerance: 0, iterations: random.integer(30) });
  if (bare.rows.length > 1000) options.iterations = 100;
  // As good as the default limit, for a fit that comes so far, and sooner there.
  else options.iterations ??= FAR;
  if (chance(random, 0.1)) options.start = pick(random, ['auto', 'k-means++', 'random'] as const);
  const shared = drawShared(random, instances);
  if (shared !== undefined) options.shared = shared;
  if (chance(random, 0.3)) {
    const start = drawStart(engine, random, bare, instances, shared ?? []);
    if (start !== undefined) {
      options.start = start;
      if (chance(random, 0.35)) options.held = drawHeld(random, instances);
    }
  }
  return options;
}

/** What components may have in common: a parameter that their family can share, or all of them. */
function drawShared(random: Random, instances: readonly Family[]): readonly string[] | undefined {
  const [first] = instances;
  if (!chance(random, 0.08) || instances.length < 2 || instances.some((family) => family !== first)) return undefined;
  const { shareable = [], parameters } = first!;
  return shareable.length > 0 && chance(random, 0.8) ? [pick(random, shareable)] : Object.keys(parameters);
}

function drawHeld(random: Random, instances: readonly Family[]): NonNullable<CaseOptions['held']> {
  const components = instances.map((family) => {
    const names = Object.keys(family.parameters);
    if (chance(random, 0.5)) return [];
    if (chance(random, 0.3)) return names;
    const holdable = names.filter((name) => names.length === 1 || family.holdable?.includes(name));
    return holdable.length > 0 ? [pick(random, holdable)] : [];
  });
  return { ...(chance(random, 0.4) && { weights: true }), ...(chance(random, 0.8) && { components }) };
}

/**
 * Parameters to begin from: what one component alone makes of the data, moved at random in its domains. Undefined where there is none,
 * as on equal rows.
 */
function drawStart(
  engine: Engine,
  random: Random,
  bare: Case,
  instances: readonly Family[],
  shared: readonly string[],
): MixtureParameters | undefined {
  const whole = new Map<Family, ParameterValues>();
  for (const family of new Set(instances)) {
    try {
      whole.set(family, engine.fit(dataOf(bare), { family, components: 1, iterations: 1 }).components[0]!);
    } catch {
      return undefined;
    }
  }
  const components = instances.map((family) => moved(random, family, whole.get(family)!, bare));
  instances.forEach((family, component) => {
    const first = components[instances.indexOf(family)]!;
    const tied = Object.fromEntries([...(family.shared ?? []), ...shared].map((name) => [name, first[name]!]));
    components[component] = { ...components[component]!, ...tied };
  });
  const parts = instances.map(() => (chance(random, 0.05) ? magnitude(random, -200, -5) : random.exponential() + 0.05));
  const total = parts.reduce((sum, part) => sum + part, 0);
  return { weights: parts.map((part) => part / total), components };
}

function moved(random: Random, family: Family, values: ParameterValues, bare: Case): ParameterValues {
  return Object.fromEntries(
    Object.entries(family.parameters).map(([name, domain]) => [name, movedValue(random, domain, values[name]!, bare)]),
  );
}

function movedValue(random: Random, domain: Domain, value: ParameterValue, bare: Case): ParameterValue {
  const factor = (): number => magnitude(random, -1.5, 1.5);
  const inDoubles = (number: number): number => Math.min(Math.max(number, 1e-300), 1e300);
  switch (domain.kind) {
    case 'real':
      return pick(random, bare.rows)[0]!;
    case 'real-vector':
      return [...pick(random, bare.rows)];
    case 'own':
    case 'lower-triangle':
    case 'record':
      return value;
    case 'non-negative':
      return chance(random, 0.03) ? 0 : inDoubles((value as number) * factor());
    case 'positive':
      return inDoubles((value as number) * factor());
    case 'positive-vector':
      return (value as readonly number[]).map((entry) => inDoubles(entry * factor()));
    case 'probability':
    case 'interval': {
      const [low, high] = domain.kind === 'interval' ? [domain.minimum, domain.maximum] : [0, 1];
      if (chance(random, 0.03)) return chance(random, 0.5) ? low : high;
      return low + (high - low) * (0.5 * (((value as number) - low) / (high - low)) + 0.5 * random.uniformOpen());
    }
    case 'simplex': {
      const parts = (value as readonly number[]).map((entry) => entry + random.exponential() / domain.length);
      const total = parts.reduce((sum, part) => sum + part, 0);
      return parts.map((part) => part / total);
    }
    case 'positive-definite': {
      const scale = factor();
      const scaled = (value as readonly (readonly number[])[]).map((row) => row.map((entry) => entry * scale));
      return scaled.flat().every(Number.isFinite) ? scaled : value;
    }
  }
}
