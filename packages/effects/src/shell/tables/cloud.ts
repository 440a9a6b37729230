import type { Effect } from '@countersign/core';

/** The first words of an operation's name tell what it does, in all three clouds. The first row that fits counts. */
export const VERBS: readonly (readonly [verb: RegExp, does: readonly Effect[]])[] = [
  [/^(?:test-invoke|test-state)(?:-|$)/, ['read', 'update', 'execute']],
  [
    /^(?:get|describe|list|ls|head|search|lookup|show|query|scan|view|status|wait|select|check|estimate|count|exists|test|validate|simulate|info|tail|filter|preview|read|batch-get|configurations|read-logs|access|decrypt|encrypt|sign|verify)(?:-|$)/,
    ['read'],
  ],
  [
    /^(?:create|add|new|allocate|request|register|import|copy|clone|upload|publish|tag|generate|provision|issue)(?:-|$)/,
    ['create', 'update'],
  ],
  [
    /^(?:run|start|launch|resume|invoke|execute|exec|send|submit|deploy|restart|reboot|rollout|trigger|call|signal|retry)(?:-|$)/,
    ['update', 'execute'],
  ],
  [
    /^(?:put|update|modify|set|change|edit|patch|apply|enable|disable|stop|move|replace|attach|detach|associate|disassociate|upgrade|scale|resize|reset|restore|rotate|promote|failover|cancel|suspend|tag|untag|batch-write|merge|rename|configure|reload|swap|assign|assume|authorize|login|logout|grant)(?:-|$)/,
    ['update'],
  ],
  [
    /^(?:delete|remove|rm|terminate|destroy|purge|release|deregister|revoke|drop|deallocate|clear|schedule-key-deletion|batch-delete|empty|unset|rb|abort)(?:-|$)/,
    ['update', 'delete'],
  ],
];

/** More that some operations do, by `<service> <operation>`. All that fit count. */
export const MORE: readonly (readonly [operation: RegExp, does: readonly Effect[]])[] = [
  // What is read is a secret.
  [
    /secret|password|credential|access-key|private-key|signing-key|login-profile|kubeconfig|connection-string|\bkeys?\b.*\b(?:list|show|renew)\b|(?:list|show|get)-keys|access-token|-token\b|\btoken\b|certificate.*(?:download|export)|presign|get-session|session-token|user-data|getpass|create-for-rbac|appsettings list/,
    ['secret'],
  ],
  [/assume|^sso login|access latest/, ['secret', 'grant']],
  [
    /^kms (?:decrypt|generate-data-key|re-encrypt)|^ssm get-param|^lambda get-function|^ecr get-|^ecr-public get-|^iot create-keys|^ec2 (?:create-key-pair|get-password)|^ec2 describe-instance-attribute|^keyvault |^ecs describe-task-definition|^cloudformation describe|decrypt/,
    ['secret'],
  ],
  // Says who may do what.
  [
    /^(?:iam|iam-admin|sts|sso|sso-admin|organizations|ram|role|ad|policy|identitystore|cognito-idp|resource-manager)\b.*\b(?:create|put|attach|detach|add|remove|update|set|delete|assume|upload|enable|change|modify|reset|deactivate|tag|associate|register|grant|sync|apply)/,
    ['update', 'grant'],
  ],
  [
    /policy|permission|grant|-role\b|role-assignment|\bacl\b|trust|add-iam|public-access|iam-binding|workload-identity|service-accounts? (?:create|keys)|assume|get-session|impersonat|sharing|share/,
    ['grant'],
  ],
  [
    /security-group|firewall|ingress|egress|network-acl|\bnsg\b|public-ip|internet-gateway|vpc-peering|route|load-balancer|listener|elastic-ip|allocate-address|associate-address|expose|make-public|ssh-public-key|key-pair|modify-(?:image|snapshot|db-snapshot|db-cluster-snapshot)-attribute/,
    ['grant'],
  ],
  // What it does is in its text.
  [/execute-statement|batch-write|start-query-execution|execute-sql/, ['create', 'update', 'delete']],
  // Takes along what is in a file or in a text.
  [/upload|put-object\b|put-record|send-(?:email|raw|message|bulk)|sns publish|import/, ['export']],
  // Begins to cost money.
  [
    /run-instances|request-spot|create-(?:db|cluster|nodegroup|fleet|auto-scaling|nat-gateway|volume|load-balancer|cache|stack|function|endpoint|training|notebook|domain|workspace|capacity)|purchase|reserved|allocate-hosts|modify-instance|start-(?:instances|db|training)|\b(?:instances|clusters|vm|aks|sql|vmss|appservice|node-pools|nodepool|disks)\b.*\b(?:create|start|resize|scale|add|update)|desired-capacity|register-domain|scale|set-desired|update-(?:nodegroup|auto-scaling|service)/,
    ['spend'],
  ],
  // Runs something that somebody wrote.
  [
    /^ssm (?:send-command|start-session|start-automation)|^ecs (?:run-task|execute-command|start-task)|execute-command|run-command|\bssh\b|invoke|^cloudformation |deploy|^stepfunctions start|^batch submit|^events put|create-(?:stack|function)|update-function|^functions |^run |^builds|user-data/,
    ['execute'],
  ],
  [
    /export|create-snapshot|copy-snapshot|modify-[\w-]*snapshot-attribute|modify-image-attribute|replicat|restore|snapshot.*share|logs put-subscription/,
    ['export'],
  ],
];

/** Options after which the values are secrets. */
export const SECRET_OPTIONS: readonly string[] = [
  '--with-decryption',
  '--show-secrets',
  '--include-credentials',
  '--query-secret',
  '--reveal',
];

/** Options that let others in. */
export const GRANT_OPTIONS: readonly string[] = [
  '--acl',
  '--grants',
  '--grant-full-control',
  '--grant-read',
  '--grant-write',
  '--allow-unauthenticated',
  '--publicly-accessible',
  '--launch-permission',
  '--public-access',
  '--assign-identity',
];

/** Options that bring other code, another configuration or another identity. */
export const CLOUD_RUNS: readonly string[] = [
  '--cli-input-json',
  '--cli-input-yaml',
  '--endpoint-url',
  '--no-verify-ssl',
  '--ca-bundle',
  '--flags-file',
  '--configuration',
  '--access-token-file',
  '--credential-file-override',
  '--impersonate-service-account',
];

/** Operations of AWS whose last word is a file that is written. */
export const WRITES_LAST: RegExp =
  /^(?:get-object|get-object-torrent|invoke|get-job-output|get-media|get-export|get-sdk|start-stream-transcription)$/;

/** Options of the three command lines before the service, and whether they take a value. */
export const CLOUD_VALUES =
  '--region --profile --output --query --color --cli-read-timeout --cli-connect-timeout --project --account --format --verbosity --zone --subscription --billing-project';
export const CLOUD_FLAGS =
  '--debug --no-paginate --no-cli-pager --no-sign-request --no-cli-auto-prompt --quiet -q --verbose --only-show-errors --no-user-output-enabled';

/** Words after `gcloud` that only say which release of a command is meant. */
export const RELEASES: ReadonlySet<string> = new Set(['alpha', 'beta', 'preview']);

/** Services of the AWS command line that work on objects. */
export const S3: Readonly<Record<string, readonly Effect[]>> = {
  ls: ['read'],
  cp: [],
  mv: ['delete'],
  sync: [],
  rm: ['delete'],
  mb: ['create'],
  rb: ['delete'],
  presign: ['grant', 'secret'],
  website: ['update', 'grant'],
};

/** Groups of commands of `gcloud` and `az`. A word before the verb that is not one of them may itself be the verb. */
export const GROUPS: ReadonlySet<string> = new Set(
  (
    'compute instances disks snapshots networks subnets firewall-rules addresses routers forwarding-rules zones regions ' +
    'machine-types container clusters node-pools images sql databases backups users storage buckets objects iam ' +
    'service-accounts keys roles projects organizations folders services secrets versions functions run jobs pubsub ' +
    'topics subscriptions logging logs sinks app builds artifacts repositories dns managed-zones record-sets kms keyrings ' +
    'spanner redis monitoring instance-groups managed instance-templates backend-services health-checks url-maps ' +
    'revisions operations vm vmss disk image group resource ad sp user role assignment definition network vnet subnet nsg ' +
    'rule public-ip lb nic zone account container blob share keyvault secret key certificate aks acr repository server db ' +
    'webapp functionapp appservice plan config appsettings cosmosdb monitor log-analytics metrics deployment policy ' +
    'identity lock servicebus queue topic eventhubs postgres mysql flexible-server containerapp extension provider feature'
  ).split(' '),
);
