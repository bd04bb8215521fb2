import type { MixtureParameters } from '@emkit/core';
import type { NamedStart, Scene } from './scenes.ts';

/** All that the view of an example is, and what its link carries. */
export interface SeeState {
  readonly components: number;
  readonly start: MixtureParameters;
  /** Half-steps from the start: odd ones are E-steps, even ones M-steps. */
  readonly step: number;
}

export function readSeeState(scene: Scene, query: URLSearchParams): SeeState {
  const asked = Number(query.get('components'));
  const components = scene.components.includes(asked) ? asked : scene.defaultComponents;
  const step = Number(query.get('step') ?? 0);
  return { components, start: readStart(scene, components, query), step: Number.isInteger(step) && step >= 0 ? step : 0 };
}

export function writeSeeState(scene: Scene, { components, start, step }: SeeState): Record<string, string> {
  const query: Record<string, string> = {};
  if (components !== scene.defaultComponents) query['components'] = String(components);
  const usual = scene.starts(components)[0]!.parameters;
  if (start !== usual && JSON.stringify(start) !== JSON.stringify(usual)) {
    if (start.weights.some((weight, component) => weight !== usual.weights[component])) query['weights'] = start.weights.join(',');
    query[scene.parameter.name] = start.components.map((values) => [values[scene.parameter.name]].flat().join(',')).join(';');
  }
  if (step > 0) query['step'] = String(step);
  return query;
}

/** A start from a link. Whatever is not a start is passed over for the usual one: a link may be old, or mistyped. */
function readStart(scene: Scene, components: number, query: URLSearchParams): MixtureParameters {
  const usual = scene.starts(components)[0]!.parameters;
  const weights = query.get('weights')?.split(',').map(Number) ?? usual.weights;
  const values = (query.get(scene.parameter.name) ?? '').split(';').map((entry) => entry.split(',').map(Number));
  const width = scene.axes.length;
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const valid =
    weights.length === components &&
    values.length === components &&
    weights.every((weight) => weight > 0) &&
    values.every((entry) => entry.length === width && entry.every((value) => Number.isFinite(value) && value > 0));
  if (!valid) return usual;
  return {
    // Weights that sum to 1 are taken as they are, so that a link leads to the same bits.
    weights: Math.abs(whole - 1) < 1e-12 ? weights : weights.map((weight) => weight / whole),
    components: usual.components.map((given, component) => ({
      ...given,
      [scene.parameter.name]: width === 1 ? values[component]![0]! : values[component]!,
    })),
  };
}

/** Changes one component's starting parameter from what it is. */
export type MoveStart = (component: number, update: (value: number | readonly number[]) => number | readonly number[]) => void;

export function withParameter(
  { weights, components }: MixtureParameters,
  component: number,
  name: string,
  value: number | readonly number[],
): MixtureParameters {
  return { weights, components: components.map((values, index) => (index === component ? { ...values, [name]: value } : values)) };
}

/** One weight set, the others keeping their proportions. */
export function withWeight({ weights, components }: MixtureParameters, component: number, weight: number): MixtureParameters {
  const set = Math.min(0.98, Math.max(0.02, weight));
  const rest = 1 - weights[component]!;
  return { components, weights: weights.map((other, index) => (index === component ? set : (other / rest) * (1 - set))) };
}

/** Uniformly drawn starting values; `random` gives numbers in [0, 1). */
export function randomStart(scene: Scene, components: number, random: () => number): NamedStart {
  const usual = scene.starts(components)[0]!.parameters;
  const draw = (axis: number): number => {
    const [low, high] = scene.domain[axis]!;
    return Number((low + (0.06 + 0.88 * random()) * (high - low)).toPrecision(3));
  };
  return {
    name: 'random',
    parameters: {
      weights: usual.weights.map(() => 1 / components),
      components: usual.components.map((given) => ({
        ...given,
        [scene.parameter.name]: scene.axes.length === 1 ? scene.parameter.fromAxis(draw(0)) : scene.axes.map((_, axis) => draw(axis)),
      })),
    },
  };
}
