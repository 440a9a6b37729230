import { createTheme, type MantineThemeOverride } from '@mantine/core';

/** Only the platform's own fonts: the content security policy allows no others. */
const SANS = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const MONO =
  'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';

export const theme: MantineThemeOverride = createTheme({
  primaryColor: 'seal',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  defaultRadius: 'md',
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  respectReducedMotion: true,
  colors: {
    seal: [
      '#eeeefb',
      '#dcdbf4',
      '#bdbbea',
      '#a09de2',
      '#8f8ce0',
      '#6765c4',
      '#504eb0',
      '#3b3a8f',
      '#302f78',
      '#252461',
    ],
  },
});
