import { useEffect, useState } from 'preact/hooks';

/** Where the page is: what comes after `#`, as a path and a query. It is all that a shared link carries. */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function readRoute(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter((part) => part !== ''), query: new URLSearchParams(query) };
}

export function routeHref(path: string, query: Readonly<Record<string, string>> = {}): string {
  // Commas and semicolons separate numbers in our values and may stand in a fragment: a link stays readable.
  const text = new URLSearchParams(query).toString().replaceAll('%2C', ',').replaceAll('%3B', ';');
  return `#/${path}${text === '' ? '' : `?${text}`}`;
}

/** The route, again at each navigation. What {@link keepQuery} writes is no navigation. */
export function useRoute(): Route {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const update = (): void => {
      cancelPending();
      known = location.hash;
      setRoute(readRoute());
    };
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return route;
}

let pending: ReturnType<typeof setTimeout> | undefined;

/** The address the page is showing. While it differs from the browser's, a navigation is on its way. */
let known: string = location.hash;

function cancelPending(): void {
  clearTimeout(pending);
  pending = undefined;
}

/** Writes the state into the address without a navigation. Browsers refuse too many changes, so a burst is written once, at its end. */
export function keepQuery(path: string, query: Readonly<Record<string, string>>): void {
  cancelPending();
  pending = setTimeout(() => {
    // The view that wrote may be on its way out: another address is being gone to, or was gone to already.
    if (location.hash !== known || !path.startsWith(readRoute().path.join('/'))) return;
    history.replaceState(history.state, '', routeHref(path, query));
    known = location.hash;
  }, 150);
}
