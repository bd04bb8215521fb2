import { createRandom, describeDiagnosis, EmkitError, type MixtureParameters } from '@emkit/core';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { capitalise, fixed } from '../format.ts';
import { keepQuery, type Route, routeHref } from '../route.ts';
import { BoundPlot, ClimbPlot } from './climb-plots.tsx';
import { type EmRun, responsibilitiesAt, runEm } from './em-run.ts';
import { LinePlot } from './line-plot.tsx';
import { Optima, useOptima } from './optima.tsx';
import { ParameterTable } from './parameter-table.tsx';
import { PlanePlot } from './plane-plot.tsx';
import { type Scene, type SceneData, sceneById, scenes } from './scenes.ts';
import { type MoveStart, randomStart, readSeeState, type SeeState, withParameter, withWeight, writeSeeState } from './see-state.ts';
import { StartEditor } from './start-editor.tsx';
import { ThreeCoinsTables } from './three-coins-tables.tsx';
import { Transport } from './transport.tsx';
import { TwoCoinsTable } from './two-coins-table.tsx';

export function SeeView({ route }: { route: Route }): JSX.Element {
  const scene = sceneById(route.path[1]);
  return (
    <>
      <nav class="tabs" aria-label="Examples">
        {scenes.map(({ id, tab }) => (
          <a key={id} href={routeHref(`see/${id}`)} {...(id === scene.id && { 'aria-current': 'page' as const })}>
            {tab}
          </a>
        ))}
      </nav>
      <header class="lead">
        <h1>{scene.title}</h1>
        <p>{scene.lead}</p>
      </header>
      <LoadedScene key={scene.id} scene={scene} route={route} />
    </>
  );
}

function LoadedScene({ scene, route }: { scene: Scene; route: Route }): JSX.Element {
  const [data, setData] = useState<SceneData>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    scene.load().then(setData, (error: unknown) => setFailure(String(error)));
  }, [scene]);
  if (failure !== undefined) return <p class="notice notice-bad">{failure}</p>;
  if (data === undefined) return <div class="placeholder" />;
  return <Stage scene={scene} data={data} route={route} />;
}

function Stage({ scene, data, route }: { scene: Scene; data: SceneData; route: Route }): JSX.Element {
  const [state, setState] = useState<SeeState>(() => readSeeState(scene, route.query));
  useEffect(() => setState(readSeeState(scene, route.query)), [route]);
  const { components, start } = state;
  const problem = useMemo(() => scene.problem(data, components), [scene, data, components]);
  const attempt = useMemo(() => attemptRun(() => runEm(problem, start)), [problem, start]);
  const lastRun = useRef(attempt.run);
  if (attempt.run !== undefined) lastRun.current = attempt.run;
  const [playing, setPlaying] = useState(false);
  const [held, setHeld] = useState(false);
  const optima = useOptima(problem);

  useEffect(() => keepQuery(`see/${scene.id}`, writeSeeState(scene, state)), [scene, state]);
  useEffect(() => {
    if (!held && attempt.run !== undefined) optima.record(attempt.run);
  }, [attempt, held]);

  const run = attempt.run;
  const steps = run === undefined ? 0 : 2 * (run.points.length - 1);
  const step = Math.min(state.step, steps);
  const phase = step === 0 ? 'start' : step % 2 === 1 ? 'E' : 'M';
  // The iteration whose E-step is in force: after an M-step still the one before it.
  const iteration = phase === 'M' ? step / 2 - 1 : Math.floor(step / 2);

  const change = (next: Partial<SeeState>): void => setState((old) => ({ ...old, ...next }));
  const restart = (parameters: MixtureParameters): void => {
    setPlaying(false);
    change({ start: parameters, step: 0 });
  };
  // Built on the state as it is when its turn comes: a key held down asks for several steps between two paintings.
  const move: MoveStart = (component, update) => {
    setPlaying(false);
    setState((old) => {
      const value = old.start.components[component]?.[scene.parameter.name] as number | readonly number[];
      return { ...old, start: withParameter(old.start, component, scene.parameter.name, update(value)), step: 0 };
    });
  };
  const random = useMemo(() => createRandom(1), []);
  const usual = JSON.stringify(start) === JSON.stringify(scene.starts(components)[0]!.parameters);

  return (
    <div class="stage">
      <div class="main-and-side">
        <section class="card main-plot" aria-label="The data and the model">
          {scene.components.length > 1 && (
            <div class="choice">
              <span id="how-many">components</span>
              <div role="group" aria-labelledby="how-many">
                {scene.components.map((number) => (
                  <button
                    key={number}
                    type="button"
                    aria-pressed={number === components}
                    onClick={() => {
                      setPlaying(false);
                      change({ components: number, start: scene.starts(number)[0]!.parameters, step: 0 });
                    }}
                  >
                    {number}
                  </button>
                ))}
              </div>
            </div>
          )}
          {run === undefined ? (
            <p class="notice notice-bad" role="alert">
              {attempt.failure}
            </p>
          ) : (
            <DataPlot
              scene={scene}
              data={data}
              run={run}
              start={start}
              step={step}
              iteration={iteration}
              phase={phase}
              held={held}
              onHold={setHeld}
              onMove={move}
            />
          )}
          <Transport step={step} steps={steps} playing={playing} onPlaying={setPlaying} onStep={(next) => change({ step: next })} />
        </section>
        <div class="side">
          {run !== undefined && <PhaseCard scene={scene} run={run} step={step} iteration={iteration} phase={phase} />}
          <section class="card" aria-label="The start">
            <StartEditor
              scene={scene}
              start={start}
              components={components}
              onStart={restart}
              onValue={(component, value) => move(component, () => value)}
              onWeight={(component, weight) => restart(withWeight(start, component, weight))}
              onRandom={() => restart(randomStart(scene, components, () => random.uniform()).parameters)}
            />
          </section>
        </div>
      </div>
      <Optima
        optima={optima}
        current={run}
        onTry={() => optima.tryStarts((index) => randomStart(scene, components, seeded(index)).parameters)}
        onStart={restart}
      />
      {run !== undefined && scene.id === 'three-coins' && (
        <ThreeCoinsTables run={run} iteration={iteration} phase={phase} book={usual && iteration === 0} />
      )}
      {run !== undefined && scene.id === 'two-coins' && <TwoCoinsTable run={run} iteration={iteration} phase={phase} book={usual} />}
      {run !== undefined && (
        <section class="columns" aria-label="Why it works">
          <ClimbPlot run={run} iteration={iteration} phase={phase} />
          <BoundPlot run={run} iteration={iteration} phase={phase} />
        </section>
      )}
    </div>
  );
}

function seeded(index: number): () => number {
  const random = createRandom(1000 + index);
  return () => random.uniform();
}

function attemptRun(make: () => EmRun): { readonly run?: EmRun; readonly failure?: string } {
  try {
    return { run: make() };
  } catch (error) {
    if (error instanceof EmkitError) return { failure: error.message };
    throw error;
  }
}

interface DataPlotProps {
  readonly scene: Scene;
  readonly data: SceneData;
  readonly run: EmRun;
  readonly start: MixtureParameters;
  readonly step: number;
  readonly iteration: number;
  readonly phase: 'start' | 'E' | 'M';
  readonly held: boolean;
  readonly onHold: (held: boolean) => void;
  readonly onMove: MoveStart;
}

function DataPlot({ scene, data, run, start, iteration, phase, held, onHold, onMove }: DataPlotProps): JSX.Element {
  const now = run.points[phase === 'M' ? iteration + 1 : iteration]!.parameters;
  const shared = {
    scene,
    start,
    now,
    destination: held ? run.points.at(-1)!.parameters : undefined,
    responsibilities: phase === 'start' ? undefined : responsibilitiesAt(run, run.points[iteration]!),
    onGrab: onHold,
    onMove,
  };
  return scene.axes.length === 2 ? <PlanePlot {...shared} data={data} /> : <LinePlot {...shared} problem={run.problem} values={data[0]!} />;
}

interface PhaseProps {
  readonly scene: Scene;
  readonly run: EmRun;
  readonly step: number;
  readonly iteration: number;
  readonly phase: 'start' | 'E' | 'M';
}

function PhaseCard({ scene, run, step, iteration, phase }: PhaseProps): JSX.Element {
  const last = run.points.length - 1;
  const point = run.points[phase === 'M' ? iteration + 1 : iteration]!;
  const ended = step > 0 && step === 2 * last;
  const rise = phase === 'M' ? point.logLikelihood - run.points[iteration]!.logLikelihood : undefined;
  const title = phase === 'start' ? 'The start' : `${phase}-step ${iteration + 1}`;
  const text =
    phase === 'start'
      ? `A first guess. The data are grey: nothing says yet which ${scene.component} a row came from.`
      : phase === 'E'
        ? `The parameters stand still. Each row asks how probable each ${scene.component} is, given what it sees: its responsibilities, its colours.`
        : `The colours stand still. Each ${scene.component} takes its share of the rows and becomes what describes them best.`;
  return (
    <section class="card phase" aria-label="This step" data-testid="phase">
      <div class="phase-title">
        <h2 aria-live="polite">{title}</h2>
        <span class="phase-of">
          {ended
            ? run.diagnosis.kind === 'converged' || run.diagnosis.kind === 'boundary'
              ? 'converged'
              : 'the end'
            : `of ${last} iterations`}
        </span>
      </div>
      <p>{ended ? `${capitalise(describeDiagnosis(run.diagnosis))}.` : text}</p>
      <dl class="readout">
        <div>
          <dt>log-likelihood</dt>
          <dd data-testid="log-likelihood">{fixed(point.logLikelihood, 7)}</dd>
        </div>
        <div>
          <dt>{phase === 'E' ? 'bound' : 'rise'}</dt>
          <dd>{phase === 'E' ? 'touches it' : rise === undefined ? '·' : `+${fixed(Math.max(0, rise), 7)}`}</dd>
        </div>
      </dl>
      <ParameterTable
        scene={scene}
        run={run}
        point={point}
        counted={phase === 'start' ? undefined : responsibilitiesAt(run, run.points[iteration]!)}
      />
    </section>
  );
}
