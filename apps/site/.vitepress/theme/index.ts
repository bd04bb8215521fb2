import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import { MixtureFigure } from '../../src/figures/mixture-figure.ts';
import { ThreeCoins } from '../../src/figures/three-coins.ts';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('ThreeCoins', ThreeCoins);
    app.component('MixtureFigure', MixtureFigure);
  },
} satisfies Theme;
