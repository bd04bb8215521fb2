// Runs before the first paint, so that a chosen theme does not flash the other one. A file, because the policy allows no inline script.
try {
  const theme = localStorage.getItem('emkit-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be refused: then the system's preference holds.
}
