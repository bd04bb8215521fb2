import { EmkitError } from '../errors.ts';
import type { Expectation } from '../model/expectation.ts';
import type { Weights } from '../model/independent.ts';
import type { LatentModel, Mixture, MixtureParameters, ModelParameters } from '../model/latent-model.ts';
import { Anderson, type Proposal } from './anderson.ts';
import { type Ending, FRESH_MEMORY, judge, type Observation } from './convergence.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Driver, DriverMethod, DriverOptions, DriverResult, DriverState, EmPair, Process } from './driver.ts';
import { emImage, expectAt, type GainOf, NO_POINT, roundingAllowance } from './em-map.ts';
import { type Bend, bendAt, bendFrom, crestWay, MOST_COORDINATES, type NewtonWay, newtonWay, upwardWay } from './newton.ts';

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
  while (run.iteration < options.iterations || run.hasEnded()) {
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
  /** What the last M-step made. */
  private image: MixtureParameters | undefined;
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

  /** A run that ended may go on to a finer tolerance. */
  hasEnded(): boolean {
    const { end } = this.convergence;
    return end !== undefined && end.tolerance <= this.options.tolerance;
  }

  /** From one point to the next, or how the run ends at this one. */
  *iterate(): Process<Diagnosis | undefined> {
    const step = yield* emImage(this.model, this.at, this.expectation);
    if ('image' in step) this.image = step.image;
    if (this.hasEnded()) return this.arrival(this.convergence.end!, this.convergence);
    this.evaluations += step.passes;
    if ('collapsed' in step) return step.collapsed;
    const { tolerance, nats = 0, from = FIRST_PASS } = this.options;
    const late = this.evaluations >= from;
    let sought: number | undefined;
    if (this.anderson !== undefined && late) {
      const outcome = yield* this.newton(step.image, step.gain);
      if (typeof outcome !== 'number' && outcome !== undefined) return outcome === 'moved' ? undefined : outcome;
      sought = outcome;
    }
    const pair: EmPair = { at: this.at, image: step.image };
    const pairs = this.anderson?.pairsWith(pair);
    const proposal = pairs && this.anderson!.propose(pairs);
    const seen = this.observe(pair, pairs, proposal, step.gain);
    const verdict = judge(this.convergence, { ...seen, expected: sought ?? seen.expected }, { tolerance, nats, settling: late });
    if (verdict.end?.doubtful && sought === undefined) {
      this.convergence = { ...verdict.memory, restless: 0 };
      const outcome = yield* this.newton(step.image, step.gain);
      if (typeof outcome !== 'number' && outcome !== undefined) return outcome === 'moved' ? undefined : outcome;
    }
    if (verdict.end !== undefined) return yield* this.end(verdict.end, verdict.memory, proposal?.stretched ? undefined : proposal?.point);
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
   * what a ridge hides. Where no step gains more than rounding or what may be left, what the best of them gains; undefined where it cannot serve.
   */
  private *newton(image: MixtureParameters, gainOf: GainOf): Process<Diagnosis | 'moved' | number | undefined> {
    const { space } = this.model;
    if (space.free.length === 0 || space.free.length > MOST_COORDINATES) return undefined;
    // What approaches an edge does so for ever, in coordinates in which the edge is infinitely far.
    if (yield* this.settleOnEdge()) return 'moved';
    const bend = yield* bendAt(this.model, this.at, image, gainOf);
    if (bend === undefined) return undefined;
    this.evaluations += bend.passes;
    const whole = newtonWay(bend, 0);
    let approaching = false;
    if (whole !== undefined) {
      const { point, remaining, rule } = this.ahead(this.at, whole);
      approaching = remaining < 0.5 * (this.convergence.remaining ?? Infinity);
      this.convergence = { ...this.convergence, remaining: Number.isFinite(remaining) ? remaining : null, left: whole.gain };
      if (rule !== undefined) return (yield* this.end({ kind: 'converged', rule }, this.convergence, point)) ?? 'moved';
    }
    // Plain EM is asked how near it is, and goes its own way.
    if (this.anderson === undefined) return undefined;
    const way = upwardWay(bend);
    const repeated = yield* this.repeat(bend, whole);
    const best = repeated ?? (way && (yield* this.follow(bend, way)));
    const gain = best === undefined ? 0 : best.expectation.logLikelihood - this.expectation.logLikelihood;
    // What rounding hides of the log-likelihood may still be seen in the parameters, as long as they come nearer each time.
    const nearer = repeated !== undefined && approaching;
    if (best === undefined || (gain <= Math.max(this.options.nats ?? 0, this.noise()) && !nearer)) return gain;
    yield* this.moveTo(best.point, best.expectation);
    return 'moved';
  }

  /** The end of a way by Newton's method, how far it is, and by which rule that is near enough. */
  private ahead(
    from: MixtureParameters,
    { way, gain }: NewtonWay,
  ): { point: MixtureParameters; remaining: number; rule?: 'distance' | 'nats' } {
    const { space } = this.model;
    const { tolerance, nats = 0 } = this.options;
    const point = space.free.move(from, way, 0);
    const remaining = space.distance(from, point);
    if (tolerance > 0 && remaining <= tolerance) return { point, remaining, rule: 'distance' };
    return tolerance > 0 && gain <= nats ? { point, remaining, rule: 'nats' } : { point, remaining };
  }

  /**
   * Steps with one bend as long as they gain what it says: each costs a pass, and not one for every coordinate. Where a ridge is curved they
   * do not. Undefined where there is none.
   */
  private *repeat(bend: Bend, first: NewtonWay | undefined): Process<Place | undefined> {
    let place: Place = { point: this.at, expectation: this.expectation };
    for (let way = first, turn = 0; way !== undefined && turn < REPETITIONS; turn += 1) {
      const { point, rule } = this.ahead(place.point, way);
      if (rule !== undefined) break;
      const expectation = yield* this.try(point);
      if (expectation === undefined) break;
      const rise = expectation.logLikelihood - place.expectation.logLikelihood;
      if (!(rise + roundingAllowance(this.model, point, expectation) >= 0.5 * way.gain)) break;
      place = { point, expectation };
      const step = yield* emImage(this.model, point, expectation);
      this.evaluations += step.passes;
      const next: NewtonWay | undefined = 'collapsed' in step ? undefined : newtonWay(bendFrom(this.model, bend, point, step.image), 0);
      way = next !== undefined && next.gain < 0.25 * way.gain ? next : undefined;
    }
    const fall = this.expectation.logLikelihood - place.expectation.logLikelihood;
    return place.point === this.at || fall > roundingAllowance(this.model, place.point, place.expectation) ? undefined : place;
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

  /** The diagnosis of a run whose point was judged, with the optimum as far as it is known; undefined where it goes on from a better point. */
  private *end(end: Ending, memory: DriverState['convergence'], top: MixtureParameters | undefined): Process<Diagnosis | undefined> {
    if (end.kind === 'stalled') return this.arrival(end, memory);
    const { expectation } = this;
    const { logLikelihood } = expectation;
    const chances = this.model.revive(expectation.sums, this.at);
    if (this.revivals < MOST_REVIVALS) {
      for (const point of chances) {
        const next = yield* this.try(point);
        if (next === undefined || !(next.logLikelihood > logLikelihood + this.noise())) continue;
        this.revivals += 1;
        yield* this.restartAt(point, next);
        return undefined;
      }
    }
    if (yield* this.settleOnEdge()) return undefined;
    if (end.rule === 'nats' || top === undefined) return this.arrival(end, memory);
    // What was judged is within the tolerance, and where the accelerated step leads has digits more: one pass tells.
    const next = yield* this.try(top);
    if (next === undefined || !(next.logLikelihood >= logLikelihood - this.noise())) return this.arrival(end, memory);
    // A component that vanished may move to where its weight would rise.
    if (this.model.revive(next.sums, top).length > chances.length) return this.arrival(end, memory);
    this.convergence = { ...memory, end: { ...end, tolerance: this.options.tolerance } };
    yield* this.moveTo(top, next);
    return undefined;
  }

  /** Lays what all but lies on an edge of its domain on it, where the log-likelihood is no lower there. */
  private *settleOnEdge(): Process<boolean> {
    const points = this.options.sampled ? [] : (this.model.space.edges?.(this.at) ?? []);
    for (const point of points) {
      const next = yield* this.try(point);
      if (next === undefined || !(next.logLikelihood >= this.expectation.logLikelihood - this.noise())) continue;
      yield* this.restartAt(point, next);
      return true;
    }
    return false;
  }

  /** Goes on from a point that no EM step leads to. */
  private *restartAt(point: MixtureParameters, expectation: Expectation): Process<void> {
    this.anderson?.forget();
    this.convergence = FRESH_MEMORY;
    yield* this.moveTo(point, expectation);
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
    const { model, at, convergence, log } = this;
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
      noise: this.noise(),
    };
  }

  /** What rounds of the log-likelihood, in nats. */
  private noise(): number {
    return 4 * Number.EPSILON * this.expectation.magnitude;
  }

  private arrival(end: Ending, { remaining, left }: DriverState['convergence']): Diagnosis {
    if (end.kind === 'stalled') return { kind: 'stalled', remaining };
    // What runs away is known to the M-step alone.
    const points = this.image === undefined ? [this.at] : [this.at, this.image];
    const parameters = [...new Set(points.flatMap((point) => this.model.space.boundary(point, this.options.tolerance)))];
    const arrival = { rule: end.rule, remaining: remaining ?? (end.rule === 'distance' ? this.options.tolerance : FAR), nats: left };
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

/** Newton's steps with one bend at most. */
const REPETITIONS = 10;

/** Steps back to the crest after one along a ridge. */
const CORRECTIONS = 5;

/** Stands for a distance still to go that no one knows: where steps along a ridge do not shrink, a parameter may move by all its scale. */
const FAR = 1;

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
