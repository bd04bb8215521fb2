import { EmkitError, type MixtureParameters } from '@emkit/core';
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { fixed, plural } from '../format.ts';
import { type EmRun, type Problem, runEm, sameOptimum } from './em-run.ts';

/** One place where runs end, and how many starts led there. */
interface Optimum {
  readonly run: EmRun;
  readonly starts: number;
  readonly collapsed: boolean;
}

interface OptimaState {
  readonly found: readonly Optimum[];
  readonly tried: number;
  readonly failed: number;
}

export interface OptimaBoard extends OptimaState {
  record(run: EmRun): void;
  /** Tries twenty starts, one a frame. */
  tryStarts(start: (index: number) => MixtureParameters): void;
  readonly busy: boolean;
}

const STARTS = 20;
const nothing: OptimaState = { found: [], tried: 0, failed: 0 };

/** Remembers where starts led, for one problem. */
export function useOptima(problem: Problem): OptimaBoard {
  const [state, setState] = useState<OptimaState>(nothing);
  const [queue, setQueue] = useState<readonly MixtureParameters[]>([]);
  const seen = useMemo(() => new Set<string>(), [problem]);
  useEffect(() => {
    setState(nothing);
    setQueue([]);
  }, [problem]);
  const record = (run: EmRun): void => {
    const key = JSON.stringify(run.points[0]!.parameters);
    if (seen.has(key)) return;
    seen.add(key);
    setState((old) => add(old, run));
  };
  useEffect(() => {
    const [next, ...rest] = queue;
    if (next === undefined) return;
    const timer = setTimeout(() => {
      try {
        record(runEm(problem, next));
      } catch (error) {
        if (!(error instanceof EmkitError)) throw error;
        setState((old) => ({ ...old, tried: old.tried + 1, failed: old.failed + 1 }));
      }
      setQueue(rest);
    }, 16);
    return () => clearTimeout(timer);
  }, [queue, problem]);
  return {
    ...state,
    record,
    busy: queue.length > 0,
    tryStarts: (start) => setQueue(Array.from({ length: STARTS }, (_, index) => start(state.tried + index))),
  };
}

function add({ found, tried, failed }: OptimaState, run: EmRun): OptimaState {
  const collapsed = run.diagnosis.kind === 'collapsed';
  const index = found.findIndex((other) => other.collapsed === collapsed && (collapsed || sameOptimum(other.run, run)));
  const next =
    index < 0
      ? [...found, { run, starts: 1, collapsed }]
      : found.map((other, at) => (at === index ? { ...other, starts: other.starts + 1 } : other));
  next.sort((a, b) => Number(a.collapsed) - Number(b.collapsed) || end(b.run) - end(a.run));
  return { found: next, tried: tried + 1, failed };
}

function end(run: EmRun): number {
  return run.points.at(-1)!.logLikelihood;
}

interface OptimaProps {
  readonly optima: OptimaBoard;
  readonly current: EmRun | undefined;
  readonly onTry: () => void;
  readonly onStart: (start: MixtureParameters) => void;
}

const SHOWN = 4;

/** Where starts lead: the optima found so far, best first. */
export function Optima({ optima, current, onTry, onStart }: OptimaProps): JSX.Element {
  const proper = optima.found.filter(({ collapsed }) => !collapsed);
  const best = proper[0];
  const isCurrent = ({ run, collapsed }: Optimum): boolean =>
    current !== undefined && (collapsed ? current.diagnosis.kind === 'collapsed' : sameOptimum(run, current));
  const rank = proper.findIndex(isCurrent);
  return (
    <section class="card optima" aria-labelledby="optima-title">
      <div class="optima-title">
        <h3 id="optima-title">Where starts lead</h3>
        <button type="button" class="quiet" disabled={optima.busy} onClick={onTry}>
          {optima.busy ? 'Trying …' : `Try ${STARTS} random starts`}
        </button>
      </div>
      <p class="hint" aria-live="polite" data-testid="destination">
        {current === undefined
          ? 'This start cannot be used.'
          : current.diagnosis.kind === 'collapsed'
            ? 'From here a component collapses onto a few equal values: no optimum at all.'
            : `This start climbs to ${fixed(end(current), 4)}${best === undefined || rank < 0 ? '' : rank === 0 ? (proper.length > 1 ? ', the best so far' : '') : `, optimum ${rank + 1} of ${proper.length}`}.`}
      </p>
      <ol class="optima-list" data-testid="optima">
        {[...proper.slice(0, SHOWN), ...optima.found.filter(({ collapsed }) => collapsed)].map((optimum) => (
          <li key={optimum.collapsed ? 'collapsed' : end(optimum.run)}>
            <button type="button" aria-pressed={isCurrent(optimum)} onClick={() => onStart(optimum.run.points[0]!.parameters)}>
              <span class="optima-value">{optimum.collapsed ? 'collapsed' : fixed(end(optimum.run), 4)}</span>
              <span class="optima-starts">{plural(optimum.starts, 'start')}</span>
              {optimum === best && proper.length > 1 && <span class="badge">best</span>}
            </button>
          </li>
        ))}
      </ol>
      {proper.length > SHOWN && <p class="hint">and {plural(proper.length - SHOWN, 'lower optimum', 'lower optima')}</p>}
    </section>
  );
}
