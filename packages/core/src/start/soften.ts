import type { DriverResult, Process } from '../driver/driver.ts';
import { expectAt } from '../driver/em-map.ts';
import { EmkitError } from '../errors.ts';
import type { Mixture, MixtureParameters } from '../model/latent-model.ts';

/** What the whole data, as one component, add to each component of a start, in parts of its own weight. */
const SHARE = 0.1;

/**
 * Runs from a start that was found on a sample. Where it makes some row of the whole data impossible (a level, or a success among millions,
 * that the sample did not hold), every component is first given a share of all rows.
 */
export function* runSoftened(
  model: Mixture,
  central: MixtureParameters,
  start: MixtureParameters,
  run: (from: MixtureParameters) => Process<DriverResult>,
): Process<DriverResult> {
  try {
    return yield* run(start);
  } catch (error) {
    if (!(error instanceof EmkitError) || error.code !== 'MODEL_IMPOSSIBLE_DATA') throw error;
    const softened = yield* soften(model, central, start);
    return yield* run(softened);
  }
}

/**
 * At the central point all components are alike, so that its sums are those of all rows shared out evenly. The start is taken a part of
 * the way towards their estimate, under which every row is possible.
 */
function* soften(model: Mixture, central: MixtureParameters, start: MixtureParameters): Process<MixtureParameters> {
  const { sums } = yield* expectAt(model, central);
  const whole = model.maximize(sums, central);
  const { free } = model.space;
  const way = new Float64Array(free.length);
  free.difference(whole, start, way, 0);
  return free.move(
    whole,
    way.map((value) => (Number.isNaN(value) ? 0 : (1 - SHARE) * Math.min(Math.max(value, -LONGEST), LONGEST))),
    0,
  );
}

/** Infinite coordinates are edges, where rows are impossible. */
const LONGEST = 30;
