export {
  Findings,
  MAX_INPUT,
  MAX_REASONS,
  MAX_TOUCHED,
  excerpt,
  notUnderstood,
  understand,
  type Classification,
} from './classification.ts';
export { classifySql, loadSql, type SqlOptions } from './sql/classify-sql.ts';
