import type { Effect } from '@countersign/core';

/** Words of resource types, by what a change of such a resource does besides. Words of one phrase are joined by `_`. */
const PHRASES: Readonly<Partial<Record<Effect, string>>> = {
  grant:
    'iam role roles policy policies permission permissions permission_set member members membership binding acl rbac ' +
    'user users access_key access_policy access_entry access_rule access_level identity oidc openid saml sso ssoadmin ' +
    'service_account serviceaccount service_principal assignment collaborator team cognito organizations org federated ' +
    'grant grants ram trust credential_provider public_access_block ownership_controls app_role conditional_access ' +
    'entitlement invitation shared_image_access admin administrator scp webhook_configuration api_service ' +
    'branch_protection ruleset aws_auth iap principal',
  secret:
    'secret secrets secretsmanager kms key keys keypair key_pair keyring key_vault password passwords token tokens ' +
    'credential credentials certificate certificates cert tls acme vault ssm_parameter private_key ssh sshkey hsm ' +
    'keystore sensitive_file sas connection_string',
  network:
    'security_group firewall firewalls network networks subnet subnetwork vpc vnet route routes router routing gateway ' +
    'nat eip ip ips address lb elb alb nlb load_balancer loadbalancer listener target_group ingress egress dns route53 ' +
    'record zone domain cdn cloudfront distribution frontdoor waf wafv2 vpn peering interconnect endpoint nacl proxy ' +
    'forwarding_rule backend_service apigateway apigatewayv2 api_gateway api_management webhook private_link ' +
    'kubernetes_service internet tunnel website cors_configuration public_access',
  export:
    'replication_configuration replication_rule object_replication export export_task transfer_job datasync dms ' +
    'firehose delivery_stream sink subscription_filter diagnostic_setting launch_permission snapshot_copy',
  execute:
    'function functions lambda instance instances vm virtual_machine task task_definition container containers job ' +
    'jobs build codebuild cloudbuild codepipeline pipeline workflow script scripts command exec run ssm_document ' +
    'ssm_association automation launch_template launch_configuration autoscaling_group ecs_service deployment ' +
    'daemonset daemon_set stateful_set statefulset pod cron_job replication_controller cloud_run cloudfunctions ' +
    'cloudfunctions2 app_service web_app webapp app_runner apprunner extension helm null_resource terraform_data ' +
    'external shell ansible scheduler trigger glue emr sagemaker sfn batch notebook dataproc dataflow composer ' +
    'cloud_init run_command worker worker_script actions scale_set event_target codedeploy amplify beanstalk',
  spend:
    'instance instances cluster clusters nodepool node_pool node_group db rds database redshift elasticache emr eks ' +
    'aks gke nat_gateway router_nat vm virtual_machine scale_set autoscaling_group fleet lb elb alb load_balancer ' +
    'warehouse reserved reservation capacity savings ebs_volume disk filesystem opensearch elasticsearch msk mq ' +
    'sagemaker directory transit_gateway vpn dx express_route interconnect droplet server cosmosdb sql redis memcached ' +
    'route53domains subscription budget quota bigquery spanner bigtable',
};

const TABLE: readonly (readonly [Effect, readonly string[]])[] = Object.entries(PHRASES).map(
  ([effect, phrases]) => [effect as Effect, phrases.split(' ').map((phrase) => `_${phrase}_`)],
);

/** Machines for rent that run no program of ours. */
const NO_PROGRAM = /_(?:db|rds|sql|database|redis|memcache|cache|spanner|bigtable|filestore|neptune|docdb)_/;

/** Resources whose deletion or change takes a guard away. */
export const GUARDS: RegExp =
  /_(?:public_access_block|access_block|network_policy|bucket_policy|guardduty|cloudtrail|firewall|waf|security_group|config_rule|lock|org_policy|organization_policy)(?:_|$)/;

/** Attributes whose growth costs money. */
export const SIZES: ReadonlySet<string> = new Set(
  (
    'instance_type instance_class machine_type vm_size size sku sku_name tier node_count node_type desired_capacity ' +
    'desired_size desired_count min_size max_size min_capacity max_capacity initial_node_count number_of_nodes ' +
    'allocated_storage capacity count instance_count num_instances replicas replica_count iops throughput'
  ).split(' '),
);

/** What a managed resource of this type does when it changes, besides being changed. */
export function effectsOfType(type: string): readonly Effect[] {
  const padded = `_${type.toLowerCase()}_`;
  return TABLE.filter(([, phrases]) => phrases.some((phrase) => padded.includes(phrase)))
    .map(([effect]) => effect)
    .filter((effect) => effect !== 'execute' || !NO_PROGRAM.test(padded));
}

/** What reading a data source of this type does. */
export function effectsOfData(type: string): readonly Effect[] {
  const lower = type.toLowerCase();
  const effects: Effect[] = ['read'];
  if (/^external$|_invocation$|^shell_|_script$|_command$/.test(lower)) effects.push('execute');
  if (lower === 'http' || /^http_|^dns_|_http$/.test(lower)) effects.push('network');
  const secrets = TABLE.find(([effect]) => effect === 'secret')?.[1] ?? [];
  const handsOut = /^terraform_remote_state$|client_config$|cluster_auth$|_sas$|_kubeconfig$/.test(lower);
  if (handsOut || secrets.some((phrase) => `_${lower}_`.includes(phrase))) {
    effects.push('secret');
  }
  return effects;
}
