import { EmkitError } from '../errors.ts';
import type { Expectation } from '../model/expectation.ts';
import type { Weights } from '../model/independent.ts';
import type { LatentModel, Mixture, MixtureParameters, ModelParameters } from '../model/latent-model.ts';
import { Anderson, type Proposal } from './anderson.ts';
import { type Ending, FRESH_MEMORY, judge, type Observation } from './convergence.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Driver, DriverMethod, DriverOptions, DriverResult, DriverState, EmPair, Process } from './driver.ts';
import { emImage, expectAt, type GainOf, NO_POINT, roundingAllowance } from './em-map.ts';
import { type Bend, bendAt, crestWay, MOST_COORDINATES, newtonWay, upwardWay } from './newton.ts';

/** The state of a driver that has not begun. */
export function startState<L extends object = Weights>(
  method: DriverMethod,
  parameters: ModelParameters<L>,
  origin?: readonly number[],
): DriverState<L> {
  const fields = { version: 2, method, iteration: 0, evaluations: 0, parameters, trace: [], convergence: FRESH_MEMORY } as const;
  return origin === undefined ? fields : { ...fields, origin };
}

/** How often in one run a vanished weight is given its chance. */
const MOST_REVIVALS = 4;

/**
 * EM (Dempster, Laird and Rubin 1977; textbook definition 6.2): E-step, M-step, until the remaining error is small; with the method
 * `anderson`, accelerated.
 *
 * Monotone: a proposal is taken only where the log-likelihood is no lower than before; else the plain EM step is, at the price of one pass
 * over the data. Where an EM step lowers it (an M-step that only ascends Q may go too far) the step is halved; a fall that halving does
 * not mend ends the run.
 *
 * One iteration is one accepted point. The log-likelihood that is reported is the one at the point that is reported.
 */
export function drive<L extends object = Weights>(model: LatentModel<L>, begin: DriverState<L>, options: DriverOptions): Driver<L> {
  // A run knows nothing of the labels' law: that of a mixture stands for all.
  return driveRun(model as unknown as Mixture, begin as unknown as DriverState, options) as unknown as Driver<L>;
}

function* driveRun(model: Mixture, begin: DriverState, options: DriverOptions): Driver {
  const run = new Run(model, begin, options);
  yield* run.begin();
  while (run.iteration < options.iterations) {
    const diagnosis = yield* run.iterate();
    if (diagnosis !== undefined) return run.result(diagnosis);
  }
  return run.result({ kind: 'iteration-limit', remaining: run.convergence.remaining });
}

/** One run: what changes from iteration to iteration. */
class Run {
  private readonly model: Mixture;
  private readonly options: DriverOptions;
  private readonly anderson: Anderson | undefined;
  private readonly origin: readonly number[] | undefined;
  private readonly log: number[];
  private at: MixtureParameters;
  private expectation!: Expectation;
  private evaluations: number;
  private revivals = 0;
  iteration: number;
  convergence: DriverState['convergence'];

  constructor(model: Mixture, state: DriverState, options: DriverOptions) {
    this.model = model;
    this.options = options;
    this.anderson = state.method === 'anderson' ? new Anderson(model, state.acceleration) : undefined;
    this.origin = state.origin;
    this.log = [...state.trace];
    this.at = state.parameters;
    this.evaluations = state.evaluations;
    this.iteration = state.iteration;
    this.convergence = state.convergence;
  }

  *begin(): Process<void> {
    this.expectation = yield* expectAt(this.model, this.at);
    if (this.log.length > 0) return;
    this.evaluations += this.expectation.passes;
    this.log.push(this.expectation.logLikelihood);
    yield { kind: 'iteration', state: this.state(), expectation: this.expectation };
  }

  /** From one point to the next, or how the run ends at this one. */
  *iterate(): Process<Diagnosis | undefined> {
    const step = yield* emImage(this.model, this.at, this.expectation);
    this.evaluations += step.passes;
    if ('collapsed' in step) return step.collapsed;
    if (this.anderson !== undefined && this.evaluations >= (this.options.from ?? FIRST_PASS)) {
      const outcome = yield* this.newton(step.image, step.gain);
      if (outcome !== undefined) return outcome === 'moved' ? undefined : outcome;
    }
    const pair: EmPair = { at: this.at, image: step.image };
    const pairs = this.anderson?.pairsWith(pair);
    const proposal = pairs && this.anderson!.propose(pairs);
    const { tolerance, nats = 0, from = FIRST_PASS } = this.options;
    const rule = { tolerance, nats, settling: this.evaluations >= from };
    const verdict = judge(this.convergence, this.observe(pair, pairs, proposal, step.gain), rule);
    if (verdict.end !== undefined) {
      if (yield* this.revive()) return undefined;
      return this.arrival(verdict.end, verdict.memory, step.image);
    }
    const tried = proposal === undefined ? undefined : yield* this.try(proposal.point);
    const accepted = tried !== undefined && tried.logLikelihood >= this.expectation.logLikelihood;
    if (pairs !== undefined) this.anderson!.remember(pairs, proposal, accepted);
    this.convergence = verdict.memory;
    if (accepted) {
      yield* this.moveTo(proposal!.point, tried);
      return undefined;
    }
    return yield* this.ascend(step.image);
  }

  /**
   * A step by Newton's method, for a run that is still on its way when others are over: it costs a pass for each free coordinate, and knows
   * what a ridge hides. Undefined where it cannot serve.
   */
  private *newton(image: MixtureParameters, gainOf: GainOf): Process<Diagnosis | 'moved' | undefined> {
    const { space } = this.model;
    if (space.free.length === 0 || space.free.length > MOST_COORDINATES) return undefined;
    const bend = yield* bendAt(this.model, this.at, image, gainOf);
    this.evaluations += bend?.passes ?? 0;
    const whole = bend && newtonWay(bend, 0);
    if (whole !== undefined) {
      const point = space.free.move(this.at, whole.way, 0);
      const remaining = space.distance(this.at, point);
      const { tolerance, nats = 0 } = this.options;
      this.convergence = { ...this.convergence, remaining: Number.isFinite(remaining) ? remaining : null, left: whole.gain };
      const rule = remaining <= tolerance ? 'distance' : whole.gain <= nats ? 'nats' : undefined;
      if (tolerance > 0 && rule !== undefined) {
        const revived = yield* this.revive();
        return revived ? 'moved' : this.arrival({ kind: 'converged', rule }, this.convergence, image);
      }
    }
    const way = bend && upwardWay(bend);
    const best = way && (yield* this.follow(bend!, way));
    if (best === undefined) return undefined;
    yield* this.moveTo(best.point, best.expectation);
    return 'moved';
  }

  /** The best point on a way: nearer where the log-likelihood falls, farther as long as it rises. */
  private *follow(bend: Bend, way: Float64Array): Process<Place | undefined> {
    for (const part of SHORTER) {
      let best = yield* this.reach(bend, way, part);
      if (best === undefined) continue;
      for (let farther = LONGER; part === 1 && farther <= LONGEST; farther *= LONGER) {
        const next = yield* this.reach(bend, way, farther);
        if (next === undefined || !(next.expectation.logLikelihood > best.expectation.logLikelihood)) break;
        best = next;
      }
      return best;
    }
    return undefined;
  }

  /** A point on the way, or rather on the crest beside it: a ridge is curved. Undefined where it is no higher than this one. */
  private *reach(bend: Bend, way: Float64Array, part: number): Process<Place | undefined> {
    const { free } = this.model.space;
    let point = free.move(
      this.at,
      way.map((value) => part * value),
      0,
    );
    let expectation = yield* this.try(point);
    for (let turn = 0; turn < CORRECTIONS && expectation !== undefined; turn += 1) {
      const step = yield* emImage(this.model, point, expectation);
      this.evaluations += step.passes;
      const back = 'collapsed' in step ? undefined : crestWay(this.model, bend, point, step.image);
      const corrected = back && free.move(point, back, 0);
      const next: Expectation | undefined = corrected && (yield* this.try(corrected));
      if (next === undefined || !(next.logLikelihood > expectation.logLikelihood)) break;
      [point, expectation] = [corrected!, next];
    }
    return expectation !== undefined && expectation.logLikelihood > this.expectation.logLikelihood ? { point, expectation } : undefined;
  }

  /** The EM step, or a part of it that does not lower the log-likelihood. */
  private *ascend(image: MixtureParameters): Process<Diagnosis | undefined> {
    const { model, at, expectation } = this;
    const next = yield* expectAt(model, image);
    this.evaluations += next.passes;
    const fall = expectation.logLikelihood - next.logLikelihood;
    if (fall <= 0 || fall <= roundingAllowance(model, image, next)) {
      yield* this.moveTo(image, next);
      return undefined;
    }
    const { free } = model.space;
    const step = new Float64Array(free.length);
    free.difference(at, image, step, 0);
    for (let part = 0.5; part >= LEAST_PART; part /= 2) {
      const point = free.move(
        at,
        step.map((value) => part * value),
        0,
      );
      const halved = yield* this.try(point);
      if (halved === undefined || !(halved.logLikelihood >= expectation.logLikelihood)) continue;
      yield* this.moveTo(point, halved);
      return undefined;
    }
    return { kind: 'decreased', by: fall };
  }

  /** Where the likelihood rises with a weight that vanished, goes on from a point where it has its chance. */
  private *revive(): Process<boolean> {
    if (this.revivals === MOST_REVIVALS) return false;
    for (const point of this.model.revive(this.expectation.sums, this.at)) {
      const next = yield* this.try(point);
      if (next === undefined || !(next.logLikelihood > this.expectation.logLikelihood)) continue;
      this.revivals += 1;
      this.anderson?.forget();
      this.convergence = FRESH_MEMORY;
      yield* this.moveTo(point, next);
      return true;
    }
    return false;
  }

  private *moveTo(point: MixtureParameters, expectation: Expectation): Process<void> {
    this.at = point;
    this.expectation = expectation;
    this.iteration += 1;
    this.log.push(expectation.logLikelihood);
    yield { kind: 'iteration', state: this.state(), expectation };
  }

  /** The expectation at a point that is only tried; undefined where it is none, or makes some row impossible. */
  private *try(point: MixtureParameters): Process<Expectation | undefined> {
    // A point outside of the domain costs no pass.
    if (!this.model.space.contains(point)) return undefined;
    try {
      const expectation = yield* expectAt(this.model, point);
      this.evaluations += expectation.passes;
      return Number.isFinite(expectation.logLikelihood) ? expectation : undefined;
    } catch (error) {
      if (!(error instanceof EmkitError) || !NO_POINT.includes(error.code)) throw error;
      this.evaluations += 1;
      return undefined;
    }
  }

  private observe(pair: EmPair, pairs: readonly EmPair[] | undefined, proposal: Proposal | undefined, gainOf: GainOf): Observation {
    const { model, at, expectation, convergence, log } = this;
    const { space } = model;
    const step = space.distance(at, pair.image);
    const gain = gainOf(at, pair.image);
    const counted = this.options.nats !== undefined && this.evaluations >= (this.options.from ?? FIRST_PASS) - PASSES_AHEAD;
    return {
      step,
      ratio: pairs === undefined ? ratioOf(step, convergence.step) : contraction(model, pairs),
      intended: proposal === undefined ? 0 : space.distance(at, proposal.point),
      rounding: space.rounding(at),
      expected: counted && proposal !== undefined && !proposal.stretched ? expectedGain(model, at, proposal.way, gainOf) : undefined,
      // A family that cannot say what a step gains is taken by what the last ones did, to the rounding of the log-likelihood.
      gain: Number.isNaN(gain) ? log.at(-1)! - (log.at(-1 - STEPS_IN_PLACE_OF_GAIN) ?? -Infinity) : gain,
      noise: 4 * Number.EPSILON * expectation.magnitude,
    };
  }

  private arrival(end: Ending, { remaining, left }: DriverState['convergence'], image: MixtureParameters): Diagnosis {
    if (end.kind === 'stalled') return { kind: 'stalled', remaining };
    // What runs away is known to the M-step alone.
    const { space } = this.model;
    const parameters = [...new Set([this.at, image].flatMap((point) => space.boundary(point, this.options.tolerance)))];
    const arrival = { rule: end.rule, remaining, nats: left };
    return parameters.length === 0 ? { kind: 'converged', ...arrival } : { kind: 'boundary', parameters, ...arrival };
  }

  /** A state whose trace is the log so far: the log itself may grow on, and is copied only when the trace is read. */
  private state(): DriverState {
    const { log, anderson, origin } = this;
    const { length } = log;
    return {
      version: 2,
      method: anderson === undefined ? 'em' : 'anderson',
      iteration: this.iteration,
      evaluations: this.evaluations,
      parameters: this.at,
      ...(origin && { origin }),
      get trace() {
        return log.slice(0, length);
      },
      convergence: this.convergence,
      ...(anderson && { acceleration: anderson.memory }),
    };
  }

  result(diagnosis: Diagnosis): DriverResult {
    return { state: this.state(), expectation: this.expectation, diagnosis };
  }
}

/** A point and what was found there. */
interface Place {
  readonly point: MixtureParameters;
  readonly expectation: Expectation;
}

/** The parts of a way that are tried where the whole of it leads down, and the factor by which it is made longer where it leads up. */
const SHORTER: readonly number[] = [1, 1 / 4, 1 / 16];
const LONGER = 4;
const LONGEST = 1024;

/** Steps back to the crest after one along a ridge. */
const CORRECTIONS = 5;

/** A step is halved until it is this part of itself. */
const LEAST_PART = 2 ** -10;

/** Nats count from this pass on. */
const FIRST_PASS = 50;

/** What is expected is looked at from so many passes sooner, because several in a row must agree. */
const PASSES_AHEAD = 8;

const STEPS_IN_PLACE_OF_GAIN = 5;

function ratioOf(step: number, before: number | null): number | undefined {
  return before === null || before === 0 ? undefined : step / before;
}

/** By what factor the EM map brought the last two points nearer to each other; undefined when there are no two. */
function contraction({ space }: Mixture, pairs: readonly EmPair[]): number | undefined {
  const [before, now] = pairs.slice(-2);
  if (before === undefined || now === undefined) return undefined;
  const apart = space.distance(before.at, now.at);
  return apart > 0 ? space.distance(before.image, now.image) / apart : undefined;
}

/** Ways are shortened to this distance before a gradient is taken along them. */
const SHORT = 1e-3;

/**
 * What is left of the log-likelihood at a point, if its optimum lies at the end of the way: half the derivative along it. The derivative of
 * the log-likelihood is that of Q, and a difference of two gains from the same point has no second-order term.
 */
function expectedGain({ space }: Mixture, at: MixtureParameters, way: Float64Array, gainOf: GainOf): number {
  const distance = space.distance(at, space.free.move(at, way, 0));
  const part = distance > SHORT ? SHORT / distance : 1;
  const along = (factor: number): number =>
    gainOf(
      at,
      space.free.move(
        at,
        way.map((value) => factor * value),
        0,
      ),
    );
  const expected = (along(part) - along(-part)) / (4 * part);
  return Number.isNaN(expected) ? Infinity : expected;
}
