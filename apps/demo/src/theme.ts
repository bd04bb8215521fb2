import { useEffect, useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

const system = matchMedia('(prefers-color-scheme: dark)');

function chosen(): Theme | undefined {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : undefined;
}

/** The theme in force, and a way to choose the other one. Without a choice it follows the system. */
export function useTheme(): [Theme, () => void] {
  const now = (): Theme => chosen() ?? (system.matches ? 'dark' : 'light');
  const [theme, setTheme] = useState(now);
  useEffect(() => {
    const update = (): void => setTheme(now());
    system.addEventListener('change', update);
    return () => system.removeEventListener('change', update);
  }, []);
  const toggle = (): void => {
    const next = theme === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    try {
      localStorage.setItem('emkit-theme', next);
    } catch {
      // Storage may be refused: the choice then lasts as long as the page.
    }
    setTheme(next);
  };
  return [theme, toggle];
}
