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
export { classifyHttp, type HttpOptions, type HttpRequest } from './http/http.ts';
export { classifyPath, type PathOptions } from './path/path.ts';
export { classifyShell } from './shell/classify-shell.ts';
export type { ShellOptions } from './shell/tool.ts';
export { classifyTerraformPlan } from './terraform/terraform.ts';
export { classifyUrl, type UrlOptions } from './url/url.ts';
export { classifyKubernetes, type KubernetesCall } from './kubernetes/kubernetes.ts';
export { classifyScim, type ScimRequest } from './scim/scim.ts';
export type { RequestRule } from './http/openapi.ts';
