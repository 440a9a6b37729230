/** What a whole-log check found; `ok` only when every stored byte agreed. */
export interface AuditReport {
  readonly ok: boolean;
  readonly size: number;
  readonly root: string;
  /** One line each; the first names the first bad entry. */
  readonly problems: readonly string[];
  /** What was not proven, for example that no newer log was cut off without a kept checkpoint. */
  readonly not_proven: readonly string[];
}
