import type { JSX } from 'preact';
import type { Route } from '../route.ts';
export function FitView({ route }: { route: Route }): JSX.Element {
  return <p>{route.path.join()}</p>;
}
