import react from '@vitejs/plugin-react';
import type { UserConfig } from 'vite';

const config: UserConfig = {
  plugins: [react()],
  build: {
    target: 'es2023',
    // The content security policy allows `data:` for images only; everything else must be a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
};

export default config;
