import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Route, routeHref, useRoute } from './route.ts';
import { SeeView } from './see/see-view.tsx';
import { useTheme } from './theme.ts';

type FitView = (props: { route: Route }) => JSX.Element;

export function App(): JSX.Element {
  const route = useRoute();
  const fitting = route.path[0] === 'fit';
  useEffect(() => {
    document.title = fitting ? 'Fit your data · emkit' : 'See EM work · emkit';
  }, [fitting]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the content
      </button>
      <Header fitting={fitting} />
      <main id="content" tabIndex={-1}>
        {fitting ? <LazyFitView route={route} /> : <SeeView route={route} />}
      </main>
      <footer>
        <p>
          <b>Nothing leaves your browser.</b> The page computes here, on your machine, and its content-security policy forbids it to connect
          to anywhere but its own files.
        </p>
        <p>
          The same in your program: <code>npm install @emkit/core @emkit/families</code>. On your command line:{' '}
          <code>npx emkit fit data.csv</code>.
        </p>
      </footer>
    </>
  );
}

function Header({ fitting }: { fitting: boolean }): JSX.Element {
  const [theme, toggle] = useTheme();
  return (
    <header class="site">
      <a class="wordmark" href={routeHref('see/three-coins')}>
        <svg viewBox="0 0 34 22" width="34" height="22" aria-hidden="true">
          <path d="M1 20c6 0 6-17 11-17s5 17 11 17" class="mark-one" />
          <path d="M11 20c5 0 6-10 10.5-10s5.5 10 11.5 10" class="mark-two" />
        </svg>
        emkit
      </a>
      <nav aria-label="Main">
        <a href={routeHref('see/three-coins')} {...(!fitting && { 'aria-current': 'page' as const })}>
          See EM work
        </a>
        <a href={routeHref('fit')} {...(fitting && { 'aria-current': 'page' as const })}>
          Fit your data
        </a>
      </nav>
      <button type="button" class="theme" aria-label={theme === 'dark' ? 'Use the light theme' : 'Use the dark theme'} onClick={toggle}>
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
          {theme === 'dark' ? (
            <path d="M10 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10 1v2.5M10 16.5V19M1 10h2.5M16.5 10H19M3.6 3.6l1.8 1.8M14.6 14.6l1.8 1.8M3.6 16.4l1.8-1.8M14.6 5.4l1.8-1.8" />
          ) : (
            <path d="M16.5 12.5A7 7 0 0 1 7.5 3.5a7 7 0 1 0 9 9z" />
          )}
        </svg>
      </button>
    </header>
  );
}

/** What the first view does not need is loaded when it is asked for. */
function LazyFitView({ route }: { route: Route }): JSX.Element {
  const [view, setView] = useState<{ readonly View: FitView }>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    import('./fit/fit-view.tsx').then(
      ({ FitView }) => setView({ View: FitView }),
      () => setFailed(true),
    );
  }, []);
  if (failed) return <p class="notice notice-bad">This part of the page could not be loaded. Reload the page to try again.</p>;
  return view === undefined ? <div class="placeholder" /> : <view.View route={route} />;
}
