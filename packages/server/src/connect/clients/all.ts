import type { ClientDescription } from '../client.ts';
import { CLAUDE_CODE } from './claude-code.ts';
import { CLAUDE_DESKTOP } from './claude-desktop.ts';
import { CODEX } from './codex.ts';
import { CURSOR } from './cursor.ts';
import { GEMINI } from './gemini.ts';
import { VSCODE } from './vscode.ts';
import { ZED } from './zed.ts';

export const CLIENTS: readonly ClientDescription[] = [
  CLAUDE_CODE,
  CLAUDE_DESKTOP,
  CURSOR,
  VSCODE,
  CODEX,
  GEMINI,
  ZED,
];
